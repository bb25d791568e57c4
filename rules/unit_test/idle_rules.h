#pragma once

#include <memory>
#include <vector>

#include "base/model/labels.h"
#include "rules/group.h"

namespace tocsin::rules {

/// Lets groups skip the rules that cannot give a result or an error with this input: none of their selectors matches an input series or
/// what other rules may write, and nothing in their expressions (absent, vector, time, ...) makes a value of nothing. Most rules of a
/// file are idle in most of its tests.
void SkipIdleRules(const std::vector<std::unique_ptr<Group>>& groups, const std::vector<Labels>& input);

/// Whether an expression may have a value although all its selectors match nothing.
bool MayGiveFromNothing(const promql::Expr& expr);

}  // namespace tocsin::rules
