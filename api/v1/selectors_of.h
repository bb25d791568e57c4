#pragma once

#include "api/v1/parameters.h"
#include "promql/ast.h"

namespace tocsin::api {

/// The matchers of each vector selector of the tree, in the order of the text.
MatcherSets SelectorsOf(const promql::Expr& expr);

}  // namespace tocsin::api
