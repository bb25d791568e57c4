#pragma once

#include "absl/container/flat_hash_map.h"
#include "promql/operators/element_binary.h"
#include "promql/operators/join.h"

namespace tocsin::promql {

/// Arithmetic, comparison and trim of two vectors with one-to-one, many-to-one or one-to-many matching and fill values.
/// Signatures and output labels are computed once for the series; the values are then worked through pair by pair, all steps of a pair
/// together.
class VectorBinaryOperator : public WholeOperator {
 public:
  VectorBinaryOperator(QueryContext& context, const StepRange& steps, const OperatorSite& site, const BinaryExpr& expr, OperatorPtr left,
                       OperatorPtr right);

  std::string Describe() const override;
  std::vector<const Operator*> children() const override { return {left_.get(), right_.get()}; }

 protected:
  absl::Status DoOpen() override;

 private:
  /// The "many" side is the left one, but for group_right.
  struct Side {
    std::vector<SeriesHead> heads;
    Columns storage;
    const Columns* values = nullptr;
    std::vector<uint32_t> signatures;
  };
  /// A partner in an operation: a row of a side, or a fill value (no `values`).
  struct Operand {
    const Columns* values = nullptr;
    size_t row = 0;
    double fill = 0;

    bool has_histograms() const { return values != nullptr && values->has_histograms(); }
    double value(size_t step) const { return values == nullptr ? fill : values->row(row)[step]; }
    HistogramPtr histogram(size_t step) const { return !has_histograms() ? nullptr : values->histogram_ptr(row, step); }
  };

  absl::Status OpenSides(Side* many, Side* one);
  absl::Status CheckOneSide(const Side& many, const Side& one) const;
  absl::Status DuplicateError(const Side& one, size_t step) const;
  absl::Status MatchAll(const Side& many, const Side& one);

  /// Works through the steps in `mask`.
  absl::Status Match(const Operand& many, const Labels& many_labels, const Operand& one, const Labels& one_labels, size_t signature,
                     size_t order, const std::vector<uint64_t>& mask);
  /// The same where neither side has histograms, which lets all steps be checked at once.
  absl::Status MatchFloats(const Operand& many, const Labels& many_labels, const Operand& one, const Labels& one_labels, size_t signature,
                           const std::vector<uint64_t>& mask);
  absl::StatusOr<size_t> OutputRow(const Labels& many, const Labels& one);
  Labels OutputLabels(const Labels& many, const Labels& one) const;
  absl::Status Claim(size_t output, size_t signature, size_t step);
  void Emit(size_t output, size_t step, const ElementResult& result, double left);
  void NoteProblem(size_t step, size_t order, ElementProblem problem);

  BinaryOp op_;
  VectorMatching matching_;
  bool return_bool_;
  bool swapped_;  // the many side is the right one
  OperatorPtr left_;
  OperatorPtr right_;

  absl::flat_hash_map<std::string, size_t> output_rows_;  // by encoded labels
  std::vector<std::vector<double>> values_;
  std::vector<std::vector<HistogramPtr>> histograms_;        // empty inner vectors while there are none
  std::vector<std::vector<uint64_t>> present_;               // samples of an output row
  std::vector<std::vector<uint64_t>> claimed_;               // steps at which an output row was matched, also where a comparison dropped it
  std::vector<uint32_t> claimed_by_;                         // the signature that claimed an output row last
  std::vector<std::vector<uint64_t>> matched_;               // steps at which a signature was matched
  std::vector<std::pair<size_t, ElementProblem>> problems_;  // the last one of each step
};

}  // namespace tocsin::promql
