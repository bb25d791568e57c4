#pragma once

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "promql/ast.h"

namespace tocsin::promql {

/// Writes expressions on one line, as upstream's Expr.String() does.
class ExprPrinter {
 public:
  /// With `sizes`, the printed length of each node is left there.
  explicit ExprPrinter(std::string* out, absl::flat_hash_map<const Expr*, size_t>* sizes = nullptr) : out_(out), sizes_(sizes) {}

  void Print(const Expr& expr);

  // The parts that the prettifier puts on lines of their own.
  void PrintAggregateHead(const AggregateExpr& node);  // "sum by (job) "
  void PrintOperator(const BinaryExpr& node);          // "+ on (job) group_left ()"
  void PrintSubquerySuffix(const SubqueryExpr& node);  // "[5m:1m] @ 10.000 offset 1m"

 private:
  void PrintNode(const Expr& expr);
  void PrintAggregate(const AggregateExpr& node);
  void PrintNumber(const NumberLiteral& node);
  void PrintDurationExpr(const DurationExpr& node);
  void PrintVectorSelector(const VectorSelector& node);
  void PrintMatrixSelector(const MatrixSelector& node);
  void PrintNameAndMatchers(const VectorSelector& node);
  void PrintExtension(const VectorSelector& node);
  void PrintRange(DurationMs range_ms, const ExprPtr& range_expr);
  void PrintMatching(const VectorMatching& matching);
  void PrintFill(const VectorMatching& matching);
  void PrintLabels(const std::vector<std::string>& labels);
  void PrintList(const std::vector<ExprPtr>& list);

  template <typename Selector>
  void PrintAt(const Selector& node);
  template <typename Selector>
  void PrintOffset(const Selector& node);

  std::string* out_;
  absl::flat_hash_map<const Expr*, size_t>* sizes_;
};

}  // namespace tocsin::promql
