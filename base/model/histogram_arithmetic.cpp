#include <cmath>
#include <utility>

#include "base/kahan.h"
#include "base/model/float_histogram.h"
#include "base/model/histogram_layout.h"
#include "base/status.h"

namespace tocsin {
namespace {

/// What is added: one side of the other histogram, in the schema of the receiver.
struct Addend {
  std::vector<Span> reduced_spans;
  std::vector<double> reduced_counts;
  std::span<const Span> spans;
  std::span<const double> counts;
};

void TakeSide(const FloatHistogram& h, HistogramSide side, int32_t target_schema, Addend* addend) {
  const bool positive = side == HistogramSide::kPositive;
  const std::vector<Span>& spans = positive ? h.positive_spans : h.negative_spans;
  const std::vector<double>& counts = positive ? h.positive_buckets : h.negative_buckets;
  if (h.schema <= target_schema) {
    addend->spans = spans;
    addend->counts = counts;
    return;
  }
  addend->reduced_spans = spans;
  addend->reduced_counts = counts;
  ReduceSide({&addend->reduced_spans, &addend->reduced_counts, nullptr}, h.schema, target_schema);
  addend->spans = addend->reduced_spans;
  addend->counts = addend->reduced_counts;
}

bool SameSpans(std::span<const Span> a, std::span<const Span> b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

/// Adds sign * addend. Of the addend the first buckets are left out as long as their outer bound is within the zero threshold: these
/// observations are in the zero count already.
void MergeSides(MutableSide side, const Addend& addend, double sign, int32_t schema, double zero_threshold) {
  SideCursor theirs(addend.spans, addend.counts);
  bool more_theirs = theirs.Next();
  const bool exponential = schema != kCustomBucketsSchema;
  while (more_theirs && exponential && BucketBound(theirs.index(), schema, {}) <= zero_threshold) {
    more_theirs = theirs.Next();
  }
  if (!more_theirs) {
    return;
  }
  if (theirs.position() == 0 && SameSpans(*side.spans, addend.spans) && side.counts->size() == addend.counts.size()) {
    for (size_t i = 0; i < addend.counts.size(); ++i) {
      AddCount(sign * addend.counts[i], &(*side.counts)[i], side.lows == nullptr ? nullptr : &(*side.lows)[i]);
    }
    return;
  }
  SideBuilder builder(side.lows != nullptr);
  SideCursor ours(*side.spans, *side.counts);
  bool more_ours = ours.Next();
  while (more_ours || more_theirs) {
    if (!more_theirs || (more_ours && ours.index() < theirs.index())) {
      builder.Add(ours.index(), ours.count(), side.low(ours.position()));
      more_ours = ours.Next();
    } else if (!more_ours || theirs.index() < ours.index()) {
      builder.Add(theirs.index(), sign * theirs.count(), 0);
      more_theirs = theirs.Next();
    } else {
      double count = ours.count();
      double low = side.low(ours.position());
      AddCount(sign * theirs.count(), &count, side.lows == nullptr ? nullptr : &low);
      builder.Add(ours.index(), count, low);
      more_ours = ours.Next();
      more_theirs = theirs.Next();
    }
  }
  builder.MoveTo(side.spans, side.counts, side.lows);
}

std::vector<double> CommonBounds(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> common;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i] == b[j]) {
      common.push_back(a[i]);
      ++i;
      ++j;
    } else if (a[i] < b[j]) {
      ++i;
    } else {
      ++j;
    }
  }
  return common;
}

/// Counts by common bound; the last one is that of +Inf.
struct RegroupedCounts {
  std::vector<double> counts;
  std::vector<double> lows;
};

void Regroup(const FloatHistogram& h, const std::vector<double>* h_lows, double sign, const std::vector<double>& common,
             RegroupedCounts* out) {
  size_t target = 0;
  for (SideCursor cursor(h.positive_spans, h.positive_buckets); cursor.Next();) {
    const double bound = BucketBound(cursor.index(), kCustomBucketsSchema, h.custom_values);
    while (target < common.size() && common[target] < bound) {
      ++target;
    }
    KahanAdd(sign * cursor.count(), &out->counts[target], &out->lows[target]);
    if (h_lows != nullptr) {
      KahanAdd((*h_lows)[cursor.position()], &out->counts[target], &out->lows[target]);
    }
  }
}

/// Addition of histograms whose custom bounds differ: both are regrouped by the bounds that both have.
void MergeByCommonBounds(FloatHistogram* h, FloatHistogram* compensation, const FloatHistogram& other, double sign) {
  std::vector<double> common = CommonBounds(h->custom_values, other.custom_values);
  RegroupedCounts grouped{std::vector<double>(common.size() + 1), std::vector<double>(common.size() + 1)};
  Regroup(*h, compensation == nullptr ? nullptr : &compensation->positive_buckets, 1, common, &grouped);
  Regroup(other, nullptr, sign, common, &grouped);
  SideBuilder builder(compensation != nullptr);
  for (size_t i = 0; i < grouped.counts.size(); ++i) {
    if (grouped.counts[i] != 0 || grouped.lows[i] != 0) {
      builder.Add(static_cast<int32_t>(i), grouped.counts[i], grouped.lows[i]);
    }
  }
  const MutableSide side = MutableSideOf(h, compensation, HistogramSide::kPositive);
  builder.MoveTo(side.spans, side.counts, side.lows);
  h->custom_values = std::move(common);
}

/// The hint of the sum; true when one operand says reset and the other not.
bool MergeHints(FloatHistogram* h, const FloatHistogram& other) {
  const CounterResetHint theirs = other.counter_reset_hint;
  CounterResetHint& ours = h->counter_reset_hint;
  if (theirs == ours || ours == CounterResetHint::kGauge) {
    return false;
  }
  if (theirs == CounterResetHint::kGauge) {
    ours = CounterResetHint::kGauge;
    return false;
  }
  const bool collision = ours != CounterResetHint::kUnknown && theirs != CounterResetHint::kUnknown;
  ours = CounterResetHint::kUnknown;
  return collision;
}

void SyncCompensationLayout(const FloatHistogram& h, FloatHistogram* compensation) {
  compensation->schema = h.schema;
  compensation->zero_threshold = h.zero_threshold;
  compensation->positive_spans = h.positive_spans;
  compensation->negative_spans = h.negative_spans;
  compensation->custom_values = h.custom_values;
}

absl::StatusOr<HistogramMerge> Merge(FloatHistogram* h, FloatHistogram* compensation, const FloatHistogram& other, double sign) {
  if (h->uses_custom_buckets() != other.uses_custom_buckets()) {
    return absl::InvalidArgumentError(av(HistogramsIncompatibleText()));
  }
  HistogramMerge merge;
  merge.counter_reset_collision = MergeHints(h, other);
  const bool custom = h->uses_custom_buckets();
  if (!custom) {
    const double zero_count = ReconcileZeroBuckets(h, compensation, other);
    AddCount(sign * zero_count, &h->zero_count, compensation == nullptr ? nullptr : &compensation->zero_count);
  }
  AddCount(sign * other.count, &h->count, compensation == nullptr ? nullptr : &compensation->count);
  AddCount(sign * other.sum, &h->sum, compensation == nullptr ? nullptr : &compensation->sum);

  if (custom && h->custom_values != other.custom_values) {
    merge.bounds_reconciled = true;
    MergeByCommonBounds(h, compensation, other, sign);
  } else {
    for (const HistogramSide side : {HistogramSide::kPositive, HistogramSide::kNegative}) {
      const MutableSide ours = MutableSideOf(h, compensation, side);
      if (other.schema < h->schema) {
        ReduceSide(ours, h->schema, other.schema);
      }
      Addend addend;
      TakeSide(other, side, h->schema, &addend);
      MergeSides(ours, addend, sign, std::min(h->schema, other.schema), h->zero_threshold);
    }
    h->schema = std::min(h->schema, other.schema);
  }
  if (compensation != nullptr) {
    SyncCompensationLayout(*h, compensation);
  }
  return merge;
}

}  // namespace

std::string_view HistogramsIncompatibleText() {
  return "cannot apply this operation on histograms with a mix of exponential and custom bucket schemas";
}

absl::StatusOr<HistogramMerge> AddHistogram(FloatHistogram* h, const FloatHistogram& other) { return Merge(h, nullptr, other, 1); }
absl::StatusOr<HistogramMerge> SubHistogram(FloatHistogram* h, const FloatHistogram& other) { return Merge(h, nullptr, other, -1); }

absl::StatusOr<HistogramMerge> KahanAddHistogram(FloatHistogram* h, FloatHistogram* c, const FloatHistogram& other) {
  return Merge(h, c, other, 1);
}

FloatHistogram NewCompensation(const FloatHistogram& h) {
  FloatHistogram c;
  SyncCompensationLayout(h, &c);
  c.counter_reset_hint = h.counter_reset_hint;
  c.positive_buckets.resize(h.positive_buckets.size());
  c.negative_buckets.resize(h.negative_buckets.size());
  return c;
}

void ApplyCompensation(FloatHistogram* h, const FloatHistogram& c) {
  h->count += c.count;
  h->sum += c.sum;
  h->zero_count += c.zero_count;
  for (size_t i = 0; i < c.positive_buckets.size(); ++i) {
    h->positive_buckets[i] += c.positive_buckets[i];
  }
  for (size_t i = 0; i < c.negative_buckets.size(); ++i) {
    h->negative_buckets[i] += c.negative_buckets[i];
  }
}

void MulHistogram(FloatHistogram* h, double factor) {
  h->zero_count *= factor;
  h->count *= factor;
  h->sum *= factor;
  for (double& count : h->positive_buckets) {
    count *= factor;
  }
  for (double& count : h->negative_buckets) {
    count *= factor;
  }
  if (factor < 0) {
    h->counter_reset_hint = CounterResetHint::kGauge;
  }
}

void DivHistogram(FloatHistogram* h, double divisor) {
  h->zero_count /= divisor;
  h->count /= divisor;
  h->sum /= divisor;
  if (divisor == 0) {
    h->positive_spans.clear();
    h->negative_spans.clear();
    h->positive_buckets.clear();
    h->negative_buckets.clear();
    return;
  }
  for (double& count : h->positive_buckets) {
    count /= divisor;
  }
  for (double& count : h->negative_buckets) {
    count /= divisor;
  }
  if (divisor < 0) {
    h->counter_reset_hint = CounterResetHint::kGauge;
  }
}

}  // namespace tocsin
