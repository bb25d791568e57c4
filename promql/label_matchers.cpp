#include "promql/label_matchers.h"

#include "base/status.h"
#include "base/strings.h"
#include "promql/parser.h"

namespace tocsin::promql {
namespace {

absl::StatusOr<MatchType> ParseMatchType(std::string_view text) {
  for (const MatchType type : {MatchType::kEqual, MatchType::kNotEqual, MatchType::kRegexp, MatchType::kNotRegexp}) {
    if (MatchTypeText(type) == text) {
      return type;
    }
  }
  return absl::InvalidArgumentError(Cat("invalid label match type: ", text));
}

}  // namespace

absl::StatusOr<std::string> SetLabelMatcher(std::string_view query, const LanguageFeatures& features, std::string_view type,
                                            const std::string& name, const std::string& value) {
  ASSIGN_OR_RETURN(const ExprPtr expr, ParseExpr(query, features));
  ASSIGN_OR_RETURN(const MatchType match_type, ParseMatchType(type));
  ASSIGN_OR_RETURN(const Matcher matcher, Matcher::Create(match_type, name, value));
  ForEachSelector(*expr, [&](VectorSelector& selector) {
    bool found = false;
    for (Matcher& existing : selector.matchers) {
      if (existing.name() == name) {
        existing = matcher;
        found = true;
      }
    }
    if (!found) {
      selector.matchers.push_back(matcher);
    }
  });
  return Prettify(*expr);
}

absl::StatusOr<std::string> DeleteLabelMatcher(std::string_view query, const LanguageFeatures& features, std::string_view name) {
  ASSIGN_OR_RETURN(const ExprPtr expr, ParseExpr(query, features));
  ForEachSelector(*expr, [name](VectorSelector& selector) {
    std::erase_if(selector.matchers, [name](const Matcher& matcher) { return matcher.name() == name; });
  });
  return Prettify(*expr);
}

}  // namespace tocsin::promql
