#include "base/model/histogram_layout.h"

#include <limits>

#include "base/model/float_histogram.h"
#include "base/strings.h"

namespace tocsin {
namespace {

bool IsCompactSide(const MutableSide& side, uint32_t max_empty) {
  for (size_t i = 0; i < side.counts->size(); ++i) {
    if ((*side.counts)[i] == 0 && side.low(i) == 0) {
      return false;
    }
  }
  for (size_t i = 0; i < side.spans->size(); ++i) {
    const Span& span = (*side.spans)[i];
    if (span.length == 0 || (i > 0 && static_cast<int64_t>(span.offset) <= max_empty)) {
      return false;
    }
  }
  return true;
}

/// The part of the buckets of one side that a zero bucket up to *threshold swallows. False when *threshold had to be moved up.
bool SwallowSide(const FloatHistogram& h, const std::vector<double>* lows, HistogramSide side, WiderZeroBucket* zero, double* low) {
  for (SideCursor cursor = CursorOf(h, side); cursor.Next();) {
    if (BucketBound(AddBucketIndex(cursor.index(), -1), h.schema, h.custom_values) >= zero->threshold) {
      return true;
    }
    AddCount(cursor.count(), &zero->count, low);
    if (lows != nullptr) {
      AddCount((*lows)[cursor.position()], &zero->count, low);
    }
    const double outer_bound = BucketBound(cursor.index(), h.schema, h.custom_values);
    if (outer_bound > zero->threshold) {
      if (cursor.count() != 0) {
        zero->threshold = outer_bound;
        return false;
      }
      return true;
    }
  }
  return true;
}

void EmptySideInsideZeroBucket(FloatHistogram* h, FloatHistogram* compensation, HistogramSide side) {
  const MutableSide counts = MutableSideOf(h, compensation, side);
  for (SideCursor cursor = CursorOf(*h, side); cursor.Next();) {
    if (BucketBound(AddBucketIndex(cursor.index(), -1), h->schema, h->custom_values) >= h->zero_threshold) {
      break;
    }
    (*counts.counts)[cursor.position()] = 0;
    if (counts.lows != nullptr) {
      (*counts.lows)[cursor.position()] = 0;
    }
  }
  CompactSide(counts, 0);
}

absl::Status CheckSpansForReduction(const std::vector<Span>& spans, size_t buckets) {
  uint64_t wanted = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    if (i > 0 && spans[i].offset < 0) {
      return absl::InvalidArgumentError(
          Cat("span number ", i + 1, " with offset ", spans[i].offset, ": histogram has a span whose offset is negative"));
    }
    wanted += spans[i].length;
    if (wanted > buckets) {
      return absl::InvalidArgumentError(
          Cat("have ", buckets, " buckets but spans need more: histogram spans specify different number of buckets than provided"));
    }
  }
  if (wanted != buckets) {
    return absl::InvalidArgumentError(Cat("spans need ", wanted, " buckets, have ", buckets,
                                          " buckets: histogram spans specify different number of buckets than provided"));
  }
  return absl::OkStatus();
}

}  // namespace

MutableSide MutableSideOf(FloatHistogram* h, FloatHistogram* compensation, HistogramSide side) {
  if (side == HistogramSide::kPositive) {
    return {&h->positive_spans, &h->positive_buckets, compensation == nullptr ? nullptr : &compensation->positive_buckets};
  }
  return {&h->negative_spans, &h->negative_buckets, compensation == nullptr ? nullptr : &compensation->negative_buckets};
}

void ReduceSide(MutableSide side, int32_t from, int32_t to) {
  SideBuilder builder(side.lows != nullptr);
  for (SideCursor cursor(*side.spans, *side.counts); cursor.Next();) {
    builder.Add(BucketIndexInSchema(cursor.index(), from, to), cursor.count(), side.low(cursor.position()));
  }
  builder.MoveTo(side.spans, side.counts, side.lows);
}

void CompactSide(MutableSide side, uint32_t max_empty) {
  if (IsCompactSide(side, max_empty)) {
    return;
  }
  SideBuilder builder(side.lows != nullptr);
  bool first = true;
  int32_t last = 0;
  for (SideCursor cursor(*side.spans, *side.counts); cursor.Next();) {
    const double low = side.low(cursor.position());
    if (cursor.count() == 0 && low == 0) {
      continue;
    }
    const int64_t gap = static_cast<int64_t>(cursor.index()) - last - 1;
    if (!first && gap > 0 && gap <= max_empty) {
      for (int64_t i = 1; i <= gap; ++i) {
        builder.Add(static_cast<int32_t>(last + i), 0, 0);
      }
    }
    builder.Add(cursor.index(), cursor.count(), low);
    last = cursor.index();
    first = false;
  }
  builder.MoveTo(side.spans, side.counts, side.lows);
}

WiderZeroBucket WidenZeroBucket(const FloatHistogram& h, const FloatHistogram* compensation, double threshold) {
  const bool compensated = compensation != nullptr;
  WiderZeroBucket zero{h.zero_count, compensated ? compensation->zero_count : 0, threshold};
  if (!(threshold > h.zero_threshold)) {
    return zero;
  }
  while (true) {
    zero.count = h.zero_count;
    zero.low = compensated ? compensation->zero_count : 0;
    double* low = compensated ? &zero.low : nullptr;
    // A positive bucket that moves the threshold ends the positive pass rightly: that bucket is swallowed whole, and none behind it.
    SwallowSide(h, compensated ? &compensation->positive_buckets : nullptr, HistogramSide::kPositive, &zero, low);
    if (SwallowSide(h, compensated ? &compensation->negative_buckets : nullptr, HistogramSide::kNegative, &zero, low)) {
      return zero;
    }
  }
}

double ReconcileZeroBuckets(FloatHistogram* h, FloatHistogram* compensation, const FloatHistogram& other) {
  double other_count = other.zero_count;
  double other_threshold = other.zero_threshold;
  while (h->zero_threshold > other_threshold || other_threshold > h->zero_threshold) {
    if (h->zero_threshold > other_threshold) {
      const WiderZeroBucket wider = WidenZeroBucket(other, nullptr, h->zero_threshold);
      other_count = wider.count;
      other_threshold = wider.threshold;
    }
    if (other_threshold > h->zero_threshold) {
      const WiderZeroBucket wider = WidenZeroBucket(*h, compensation, other_threshold);
      h->zero_count = wider.count;
      h->zero_threshold = wider.threshold;
      if (compensation != nullptr) {
        compensation->zero_count = wider.low;
      }
      EmptySideInsideZeroBucket(h, compensation, HistogramSide::kPositive);
      EmptySideInsideZeroBucket(h, compensation, HistogramSide::kNegative);
    }
  }
  return other_count;
}

void CompactHistogram(FloatHistogram* h, uint32_t max_empty) {
  CompactSide(MutableSideOf(h, nullptr, HistogramSide::kPositive), max_empty);
  CompactSide(MutableSideOf(h, nullptr, HistogramSide::kNegative), max_empty);
}

absl::Status ReduceHistogramResolution(FloatHistogram* h, int32_t target) {
  if (h->uses_custom_buckets()) {
    return absl::InvalidArgumentError("cannot reduce resolution when there are custom buckets");
  }
  if (target == kCustomBucketsSchema) {
    return absl::InvalidArgumentError("cannot reduce resolution to custom buckets schema");
  }
  if (target >= h->schema) {
    return absl::InvalidArgumentError(Cat("cannot reduce resolution from schema ", h->schema, " to ", target));
  }
  for (const absl::Status& status : {CheckSpansForReduction(h->positive_spans, h->positive_buckets.size()),
                                     CheckSpansForReduction(h->negative_spans, h->negative_buckets.size())}) {
    if (!status.ok()) {
      return status;
    }
  }
  ReduceSide(MutableSideOf(h, nullptr, HistogramSide::kPositive), h->schema, target);
  ReduceSide(MutableSideOf(h, nullptr, HistogramSide::kNegative), h->schema, target);
  h->schema = target;
  return absl::OkStatus();
}

}  // namespace tocsin
