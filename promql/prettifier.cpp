#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"
#include "promql/parser.h"
#include "promql/printer.h"

namespace tocsin::promql {
namespace {

/// Lays an expression out over lines: a node that is longer than a line as a whole is split at its operands, each one level deeper.
class Prettifier {
 public:
  explicit Prettifier(size_t line_length) : line_length_(line_length) {}

  std::string Run(const Expr& expr) {
    std::string line;
    ExprPrinter(&line, &sizes_).Print(expr);
    Write(expr, 0);
    return std::move(out_);
  }

 private:
  void Indent(int level) { out_.append(static_cast<size_t>(level) * 2, ' '); }
  bool FitsLine(const Expr& expr) const { return sizes_.at(&expr) <= line_length_; }
  void WriteOnLine(const Expr& expr) { ExprPrinter(&out_).Print(expr); }

  void Write(const Expr& expr, int level) {
    switch (expr.kind) {
      case NodeKind::kStepInvariant:
        return Write(*static_cast<const StepInvariantExpr&>(expr).expr, level);
      case NodeKind::kSubquery:
        return WriteSubquery(static_cast<const SubqueryExpr&>(expr), level);
      case NodeKind::kUnary:
        return WriteUnary(static_cast<const UnaryExpr&>(expr), level);
      case NodeKind::kAggregate:
      case NodeKind::kBinary:
      case NodeKind::kCall:
      case NodeKind::kParen:
        if (!FitsLine(expr)) {
          return WriteSplit(expr, level);
        }
        break;
      default:
        break;
    }
    Indent(level);
    WriteOnLine(expr);
  }

  void WriteSplit(const Expr& expr, int level) {
    switch (expr.kind) {
      case NodeKind::kAggregate: {
        const auto& node = static_cast<const AggregateExpr&>(expr);
        Indent(level);
        ExprPrinter(&out_).PrintAggregateHead(node);
        return WriteInParens({node.param.get(), node.expr.get()}, level);
      }
      case NodeKind::kBinary: {
        const auto& node = static_cast<const BinaryExpr&>(expr);
        Write(*node.lhs, level + 1);
        out_.push_back('\n');
        Indent(level);
        ExprPrinter(&out_).PrintOperator(node);
        out_.push_back('\n');
        return Write(*node.rhs, level + 1);
      }
      case NodeKind::kCall: {
        const auto& node = static_cast<const Call&>(expr);
        Indent(level);
        out_.append(node.function->name);
        std::vector<const Expr*> args;
        for (const ExprPtr& arg : node.args) {
          args.push_back(arg.get());
        }
        return WriteInParens(args, level);
      }
      default:
        Indent(level);
        return WriteInParens({static_cast<const ParenExpr&>(expr).expr.get()}, level);
    }
  }

  void WriteInParens(const std::vector<const Expr*>& list, int level) {
    std::string_view before = "(\n";
    for (const Expr* expr : list) {
      if (expr != nullptr) {
        out_.append(before);
        Write(*expr, level + 1);
        before = ",\n";
      }
    }
    out_.push_back('\n');
    Indent(level);
    out_.push_back(')');
  }

  // Upstream does not indent a subquery that fits its line.
  void WriteSubquery(const SubqueryExpr& node, int level) {
    if (FitsLine(node)) {
      return WriteOnLine(node);
    }
    Write(*node.expr, level);
    ExprPrinter(&out_).PrintSubquerySuffix(node);
  }

  void WriteUnary(const UnaryExpr& node, int level) {
    Indent(level);
    out_.push_back(node.minus ? '-' : '+');
    const size_t start = out_.size();
    Write(*node.expr, level);
    out_.erase(start, out_.find_first_not_of(" \t\n", start) - start);
  }

  const size_t line_length_;
  absl::flat_hash_map<const Expr*, size_t> sizes_;
  std::string out_;
};

}  // namespace

std::string Prettify(const Expr& expr, size_t line_length) { return Prettifier(line_length).Run(expr); }

}  // namespace tocsin::promql
