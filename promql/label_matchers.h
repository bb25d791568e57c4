#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "promql/engine.h"

namespace tocsin::promql {

/// Edits every selector of a query and gives it back prettified: what `promtool promql label-matchers` prints.

/// Gives matchers of the label this type ("=", "!=", "=~", "!~") and value; selectors that have none get one.
absl::StatusOr<std::string> SetLabelMatcher(std::string_view query, const LanguageFeatures& features, std::string_view type,
                                            const std::string& name, const std::string& value);

absl::StatusOr<std::string> DeleteLabelMatcher(std::string_view query, const LanguageFeatures& features, std::string_view name);

}  // namespace tocsin::promql
