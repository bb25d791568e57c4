#include "rules/rule_status.h"

#include <algorithm>

namespace tocsin::rules {

std::string_view AlertStateText(AlertState state) {
  switch (state) {
    case AlertState::kUnknown:
      return "unknown";
    case AlertState::kInactive:
      return "inactive";
    case AlertState::kPending:
      return "pending";
    case AlertState::kFiring:
      return "firing";
  }
  return "";
}

bool HasNoInput(const std::vector<SelectorStatus>& selectors) {
  return !selectors.empty() &&
         std::all_of(selectors.begin(), selectors.end(), [](const SelectorStatus& s) { return s.matched_series == 0; });
}

std::string_view RuleHealthText(RuleHealth health) {
  switch (health) {
    case RuleHealth::kUnknown:
      return "unknown";
    case RuleHealth::kOk:
      return "ok";
    case RuleHealth::kErr:
      return "err";
  }
  return "";
}

}  // namespace tocsin::rules
