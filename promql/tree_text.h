#pragma once

#include <string>

#include "promql/ast.h"

namespace tocsin::promql {

/// The tree with all its fields, for tests and for comparing trees: BinaryExpr{LHS=NumberLiteral{Val=1,pos=[0,1]},Op=+,...}. Nodes and
/// fields have upstream's names and stand in the order of their names; fields with their zero value are left out. Without positions,
/// trees of texts that differ in layout only are equal.
std::string TreeText(const Expr& expr, bool with_positions);

}  // namespace tocsin::promql
