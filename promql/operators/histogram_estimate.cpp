#include "promql/operators/histogram_estimate.h"

#include <algorithm>
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "base/model/convert_nhcb.h"
#include "base/model/histogram_quantile.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/exec/duplicates.h"
#include "promql/operators/range_function.h"

namespace tocsin::promql {

namespace {

bool RowHasFloats(const Columns& columns, size_t row) {
  bool found = false;
  columns.ForEach(row, [&](size_t step) { found |= columns.histogram(row, step) == nullptr; });
  return found;
}

bool RowHasHistograms(const Columns& columns, size_t row) {
  bool found = false;
  columns.ForEach(row, [&](size_t step) { found |= columns.histogram(row, step) != nullptr; });
  return found;
}

}  // namespace

std::string HistogramEstimateOperator::Describe() const {
  switch (arguments_.kind) {
    case Kind::kQuantile:
      return Cat("histogram_quantile of ", classics_.size(), " classic histograms");
    case Kind::kQuantiles:
      return Cat("histogram_quantiles of ", classics_.size(), " classic histograms");
    case Kind::kFraction:
      break;
  }
  return Cat("histogram_fraction of ", classics_.size(), " classic histograms");
}

std::vector<const Operator*> HistogramEstimateOperator::children() const {
  std::vector<const Operator*> all = {child_.get()};
  for (const OperatorPtr& scalar : arguments_.scalars) {
    all.push_back(scalar.get());
  }
  return all;
}

std::string HistogramEstimateOperator::VisibleName(const Labels& labels) const {
  return delayed_names() ? std::string(labels.metric_name()) : std::string();
}

void HistogramEstimateOperator::WarnBadBucket(const Labels& labels) const {
  annotator().Add(BadBucketLabel(VisibleName(labels), labels.Get(kBucketLabel), arguments_.vector_pos));
}

void HistogramEstimateOperator::FindHistograms(const std::vector<SeriesHead>& heads, const Columns& input) {
  absl::flat_hash_map<std::string, size_t, StringHash, StringEq> by_labels;
  std::string key;
  for (size_t row = 0; row < heads.size(); ++row) {
    if (!RowHasFloats(input, row)) {
      continue;
    }
    const Labels& labels = heads[row].labels;
    const ParsedFloat bound = ParseGoFloat(labels.Get(kBucketLabel));
    if (!bound.ok()) {
      WarnBadBucket(labels);
      continue;
    }
    key.clear();
    for (const Label& label : labels) {
      if (label.name != kBucketLabel) {
        AppendEncodedLabel(label.name, label.value, &key);
      }
    }
    auto it = by_labels.find(std::string_view(key));
    if (it == by_labels.end()) {
      it = by_labels.emplace(key, classics_.size()).first;
      classics_.emplace_back().labels = Labels::FromEncoded(key);
    }
    classics_[it->second].buckets.push_back({bound.value, row});
  }
  for (Classic& classic : classics_) {
    std::stable_sort(classic.buckets.begin(), classic.buckets.end(),
                     [](const Bucket& a, const Bucket& b) { return a.upper_bound < b.upper_bound; });
  }
  if (!input.has_histograms()) {
    return;
  }
  for (size_t row = 0; row < heads.size(); ++row) {
    if (RowHasHistograms(input, row)) {
      natives_.push_back(row);
      if (const auto it = by_labels.find(heads[row].labels.encoded()); it != by_labels.end()) {
        classics_[it->second].native_row = row;
      }
    }
  }
}

void HistogramEstimateOperator::CheckQuantiles() const {
  if (arguments_.kind == Kind::kFraction) {
    return;
  }
  for (size_t i = 0; i < scalars_.size(); ++i) {
    for (const double q : scalars_[i]) {
      if (std::isnan(q) || q < 0 || q > 1) {
        annotator().Add(InvalidQuantile(q, arguments_.scalar_pos[i]));
      }
    }
  }
}

absl::Status HistogramEstimateOperator::DoOpen() {
  const int64_t held_before = context().held();
  scalar_storage_.resize(arguments_.scalars.size());
  for (size_t i = 0; i < arguments_.scalars.size(); ++i) {
    ASSIGN_OR_RETURN(const std::span<const double> values, ReadScalar(context(), *arguments_.scalars[i], &scalar_storage_[i]));
    scalars_.push_back(values);
  }
  RETURN_IF_ERROR(child_->Open());
  Columns storage;
  ASSIGN_OR_RETURN(const Columns* input, ReadAll(context(), *child_, &storage));
  std::vector<SeriesHead> input_heads = child_->TakeHeads();
  RETURN_IF_ERROR(RemoveNames(context(), &input_heads));
  CheckQuantiles();
  FindHistograms(input_heads, *input);
  for (const size_t row : natives_) {
    AddOutput(input_heads[row].labels);
  }
  for (const Classic& classic : classics_) {
    AddOutput(classic.labels);
  }
  RETURN_IF_ERROR(context().MakeRoom(heads_.size(), steps().count()));
  result_.Reset(heads_.size(), steps().count());
  const size_t outputs_each = arguments_.kind == Kind::kQuantiles ? scalars_.size() : 1;
  size_t output = 0;
  // Classic histograms first: they tell where a native one stands in their way.
  size_t classic_output = natives_.size() * outputs_each;
  for (const Classic& classic : classics_) {
    RETURN_IF_ERROR(context().Check());
    EstimateClassic(classic, classic_output, *input);
    classic_output += outputs_each;
  }
  for (const size_t row : natives_) {
    EstimateNative(row, input_heads[row].labels, output, *input);
    output += outputs_each;
  }
  RETURN_IF_ERROR(RemoveNames(context(), &heads_));
  const bool distinct = natives_.empty() && arguments_.kind != Kind::kQuantiles;  // each classic one has labels of its own
  return distinct ? FinishDistinct(held_before) : Finish(held_before);
}

void HistogramEstimateOperator::AddOutput(const Labels& labels) {
  if (arguments_.kind != Kind::kQuantiles) {
    heads_.push_back({labels, true});
    return;
  }
  for (const std::span<const double>& q : scalars_) {
    LabelsBuilder builder(labels);
    builder.Set(arguments_.quantile_label, OpenMetricsFloat(q[0]));
    heads_.push_back({builder.Build(), true});
  }
}

void HistogramEstimateOperator::EstimateClassic(const Classic& classic, size_t output, const Columns& input) {
  std::vector<ClassicBucket> buckets;
  std::vector<ClassicBucket> work;
  for (size_t step = 0; step < steps().count(); ++step) {
    buckets.clear();
    for (const Bucket& bucket : classic.buckets) {
      if (input.has(bucket.row, step) && input.histogram(bucket.row, step) == nullptr) {
        buckets.push_back({bucket.upper_bound, input.row(bucket.row)[step]});
      }
    }
    if (buckets.empty()) {
      continue;
    }
    if (classic.native_row != kNoRow && input.has(classic.native_row, step) && input.histogram(classic.native_row, step) != nullptr) {
      annotator().Add(MixedClassicNativeHistograms(VisibleName(classic.labels), arguments_.vector_pos));
      continue;
    }
    if (arguments_.kind == Kind::kFraction) {
      result_.Set(output, step, FractionOfBuckets(scalars_[0][step], scalars_[1][step], &buckets));
      continue;
    }
    for (size_t i = 0; i < scalars_.size(); ++i) {
      work = buckets;
      const ClassicQuantile quantile = QuantileOfBuckets(scalars_[i][step], &work);
      if (quantile.fix.forced) {
        annotator().Add(ForcedMonotonicity(VisibleName(classic.labels), steps().at(step), quantile.fix.min_bound, quantile.fix.max_bound,
                                           quantile.fix.max_difference, arguments_.vector_pos));
      }
      result_.Set(output + i, step, quantile.value);
    }
  }
}

void HistogramEstimateOperator::EstimateNative(size_t row, const Labels& labels, size_t output, const Columns& input) {
  const Classic* classic = nullptr;
  for (const Classic& candidate : classics_) {
    classic = candidate.native_row == row ? &candidate : classic;
  }
  const auto stands_in_the_way = [&](size_t step) {
    return classic != nullptr && std::any_of(classic->buckets.begin(), classic->buckets.end(), [&](const Bucket& bucket) {
             return input.has(bucket.row, step) && input.histogram(bucket.row, step) == nullptr;
           });
  };
  input.ForEach(row, [&](size_t step) {
    const FloatHistogram* h = input.histogram(row, step);
    if (h == nullptr || stands_in_the_way(step)) {
      return;
    }
    if (arguments_.kind == Kind::kFraction) {
      const NativeFraction fraction = FractionOfHistogram(scalars_[0][step], scalars_[1][step], *h);
      if (fraction.nan_observations) {
        annotator().Add(FractionNaNs(VisibleName(labels), arguments_.vector_pos));
      }
      result_.Set(output, step, fraction.value);
      return;
    }
    for (size_t i = 0; i < scalars_.size(); ++i) {
      const NativeQuantile quantile = QuantileOfHistogram(scalars_[i][step], *h);
      if (quantile.nan_result) {
        annotator().Add(QuantileNaNResult(VisibleName(labels), arguments_.vector_pos));
      }
      if (quantile.nan_skew) {
        annotator().Add(QuantileNaNSkew(VisibleName(labels), arguments_.vector_pos));
      }
      result_.Set(output + i, step, quantile.value);
    }
  });
}

}  // namespace tocsin::promql
