#include "base/model/convert_nhcb.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/model/float_histogram.h"
#include "base/status.h"
#include "base/text/float_text.h"

namespace tocsin {
namespace {

constexpr double kInfBound = std::numeric_limits<double>::infinity();

/// Integer histograms keep up to two empty buckets inside a span, float ones none; so Prometheus chose.
constexpr uint32_t kMaxEmptyBucketsOfIntegers = 2;

bool IsWhole(double value, double limit) { return std::abs(value) < limit && value == std::round(value); }

}  // namespace

void NhcbBuilder::Reset() {
  buckets_.clear();
  count_ = 0;
  sum_ = 0;
  has_count_ = false;
  has_sum_ = false;
  error_ = absl::OkStatus();
}

absl::Status NhcbBuilder::Fail(std::string text) {
  error_ = absl::InvalidArgumentError(text);
  return error_;
}

absl::Status NhcbBuilder::SetBucket(double upper_bound, double cumulative_count) {
  RETURN_IF_ERROR(error_);
  if (std::isnan(upper_bound)) {
    return Fail("bucket boundary must not be NaN");
  }
  if (cumulative_count < 0) {
    return Fail(Cat("bucket count must be non-negative: le=", GoFloat(upper_bound, 'g'), ", count=", GoFloat(cumulative_count, 'g')));
  }
  const auto next =
      buckets_.empty() || buckets_.back().bound < upper_bound
          ? buckets_.end()
          : std::lower_bound(
                buckets_.begin(), buckets_.end(), upper_bound, [](const Bucket& bucket, double bound) { return bucket.bound < bound; });
  if (next != buckets_.end() && next->bound == upper_bound) {
    return absl::OkStatus();
  }
  if (next != buckets_.begin() && cumulative_count < std::prev(next)->count) {
    return Fail(Cat("count is not cumulative: ", GoFloat(cumulative_count, 'g'), " < ", GoFloat(std::prev(next)->count, 'g')));
  }
  if (next != buckets_.end() && cumulative_count > next->count) {
    return Fail(Cat("count is not cumulative: ", GoFloat(cumulative_count, 'g'), " > ", GoFloat(next->count, 'g')));
  }
  buckets_.insert(next, {upper_bound, cumulative_count});
  return absl::OkStatus();
}

absl::Status NhcbBuilder::SetCount(double count) {
  RETURN_IF_ERROR(error_);
  if (count < 0) {
    return Fail(Cat("count must be non-negative: count=", GoFloat(count, 'g')));
  }
  count_ = count;
  has_count_ = true;
  return absl::OkStatus();
}

absl::Status NhcbBuilder::SetSum(double sum) {
  RETURN_IF_ERROR(error_);
  sum_ = sum;
  has_sum_ = true;
  return absl::OkStatus();
}

absl::StatusOr<NhcbBuilder::Result> NhcbBuilder::Build() {
  RETURN_IF_ERROR(error_);
  if (!has_count_ && !buckets_.empty()) {
    count_ = buckets_.back().count;
    has_count_ = true;
  }
  if (buckets_.empty() || buckets_.back().bound != kInfBound) {
    buckets_.push_back({kInfBound, count_});
  }
  Result result;
  result.integers = IsWhole(count_, 0x1p64) &&
                    std::all_of(buckets_.begin(), buckets_.end(), [](const Bucket& bucket) { return IsWhole(bucket.count, 0x1p63); });
  if (count_ != buckets_.back().count) {
    return Fail(Cat("count mismatch: count=", GoFloat(count_, result.integers ? 'f' : 'g'), " != le=", GoFloat(buckets_.back().bound, 'g'),
                    " count=", GoFloat(buckets_.back().count, 'g')));
  }
  FloatHistogram& h = result.histogram;
  h.schema = kCustomBucketsSchema;
  h.count = count_;
  h.sum = sum_;
  h.positive_spans = {{0, static_cast<uint32_t>(buckets_.size())}};
  h.positive_buckets.reserve(buckets_.size());
  double before = 0;
  for (const Bucket& bucket : buckets_) {
    h.positive_buckets.push_back(bucket.count - before);
    before = bucket.count;
    if (bucket.bound != kInfBound) {
      h.custom_values.push_back(bucket.bound);
    }
  }
  CompactHistogram(&h, result.integers ? kMaxEmptyBucketsOfIntegers : 0);
  return result;
}

ClassicName SplitClassicName(std::string_view name) {
  constexpr std::pair<std::string_view, ClassicSuffix> kSuffixes[] = {
      {"_bucket", ClassicSuffix::kBucket}, {"_sum", ClassicSuffix::kSum}, {"_count", ClassicSuffix::kCount}};
  for (const auto& [text, suffix] : kSuffixes) {
    if (name.ends_with(text)) {
      return {suffix, name.substr(0, name.size() - text.size())};
    }
  }
  return {ClassicSuffix::kNone, name};
}

std::string OpenMetricsFloat(double value) {
  std::string text = GoFloat(value, 'g');
  if (std::isfinite(value) && text.find_first_of("e.") == std::string::npos) {
    text += ".0";
  }
  return text;
}

absl::Status NhcbToClassic(const FloatHistogram& h, const Labels& labels, const std::function<void(const Labels&, double)>& emit) {
  const std::string name(labels.metric_name());
  if (name.empty()) {
    return absl::InvalidArgumentError("metric name label '__name__' is missing");
  }
  if (!h.uses_custom_buckets()) {
    return absl::InvalidArgumentError("unsupported histogram schema, not a NHCB");
  }
  RETURN_IF_ERROR(ValidateHistogram(h));
  std::vector<double> counts(h.custom_values.size() + 1);
  size_t index = 0;
  size_t position = 0;
  for (const Span& span : h.positive_spans) {
    index += span.offset;
    for (uint32_t i = 0; i < span.length; ++i) {
      counts[index++] = h.positive_buckets[position++];
    }
  }
  LabelsBuilder builder(labels);
  builder.Set(kMetricName, name + "_bucket");
  double cumulative = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    builder.Set(kBucketLabel, OpenMetricsFloat(i < h.custom_values.size() ? h.custom_values[i] : kInfBound));
    emit(builder.Build(), cumulative);
  }
  builder.Reset(labels);
  builder.Set(kMetricName, name + "_count");
  emit(builder.Build(), h.count);
  builder.Set(kMetricName, name + "_sum");
  emit(builder.Build(), h.sum);
  return absl::OkStatus();
}

}  // namespace tocsin
