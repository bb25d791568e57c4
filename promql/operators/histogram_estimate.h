#pragma once

#include <span>
#include <string>
#include <vector>

#include "promql/exec/operator.h"

namespace tocsin::promql {

/// histogram_quantile, histogram_quantiles and histogram_fraction, of classic histograms (series that differ only in `le`) and native ones.
/// Which series make up a classic histogram is found once; at each step the buckets that are there are taken together.
class HistogramEstimateOperator : public WholeOperator {
 public:
  enum class Kind { kQuantile, kQuantiles, kFraction };
  struct Arguments {
    Kind kind = Kind::kQuantile;
    PositionRange vector_pos;
    std::string quantile_label;        // of histogram_quantiles
    std::vector<OperatorPtr> scalars;  // the quantiles; for kFraction lower and upper bound
    std::vector<PositionRange> scalar_pos;
  };

  HistogramEstimateOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, Arguments arguments, OperatorPtr child)
      : WholeOperator(context, steps, site), arguments_(std::move(arguments)), child_(std::move(child)) {}

  std::string Describe() const override;
  std::vector<const Operator*> children() const override;

 protected:
  absl::Status DoOpen() override;

 private:
  struct Bucket {
    double upper_bound = 0;
    size_t row = 0;
  };
  struct Classic {
    Labels labels;
    std::vector<Bucket> buckets;  // by rising bound
    size_t native_row = kNoRow;   // a native histogram of the same labels
  };
  static constexpr size_t kNoRow = ~size_t{0};

  void FindHistograms(const std::vector<SeriesHead>& heads, const Columns& input);
  void WarnBadBucket(const Labels& labels) const;
  void CheckQuantiles() const;
  /// Output rows of one histogram, one a quantile.
  void AddOutput(const Labels& labels);
  void EstimateClassic(const Classic& classic, size_t output, const Columns& input);
  void EstimateNative(size_t row, const Labels& labels, size_t output, const Columns& input);
  std::string VisibleName(const Labels& labels) const;

  Arguments arguments_;
  OperatorPtr child_;
  std::vector<Columns> scalar_storage_;
  std::vector<std::span<const double>> scalars_;
  std::vector<Classic> classics_;
  std::vector<size_t> natives_;  // rows that have histograms
};

}  // namespace tocsin::promql
