#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/model/histogram.h"
#include "base/model/labels.h"

namespace tocsin {

/// Gathers the series of one classic histogram at one time (cumulative buckets, count, sum) and makes a native histogram with custom
/// buckets (schema -53) of them. Reusable: Reset() keeps the memory.
class NhcbBuilder {
 public:
  void Reset();

  /// Any order; a bound given twice is ignored. Errors: NaN bounds, negative counts, counts that do not rise with the bounds.
  /// After an error all calls return it until Reset().
  absl::Status SetBucket(double upper_bound, double cumulative_count);
  absl::Status SetCount(double count);
  absl::Status SetSum(double sum);

  bool empty() const { return buckets_.empty() && !has_count_ && !has_sum_; }

  struct Result {
    FloatHistogram histogram;
    bool integers = false;  ///< all counts are whole numbers
  };

  /// Without a count the highest bucket counts, without a +Inf bucket the count does. Error: the +Inf bucket and the count differ.
  absl::StatusOr<Result> Build();

 private:
  struct Bucket {
    double bound;
    double count;
  };

  absl::Status Fail(std::string text);

  std::vector<Bucket> buckets_;
  double count_ = 0;
  double sum_ = 0;
  bool has_count_ = false;
  bool has_sum_ = false;
  absl::Status error_;
};

/// Which part of a classic histogram a series name is, and the name without that suffix.
enum class ClassicSuffix { kNone, kBucket, kSum, kCount };
struct ClassicName {
  ClassicSuffix suffix = ClassicSuffix::kNone;
  std::string_view base;
};
ClassicName SplitClassicName(std::string_view name);

/// The other way: calls `emit` with the labels and value of each classic series (name_bucket with le, name_count, name_sum) of a valid
/// histogram with custom buckets.
absl::Status NhcbToClassic(const FloatHistogram& h, const Labels& labels, const std::function<void(const Labels&, double)>& emit);

/// A bound or quantile as label value: as Go prints it, but with ".0" behind whole numbers ("1.0", "+Inf", "1e+06").
std::string OpenMetricsFloat(double value);

}  // namespace tocsin
