#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/main/text_families.h"

namespace tocsin {

struct LintProblem {
  std::string metric;
  std::string text;

  auto operator<=>(const LintProblem&) const = default;
};

/// What does not follow the rules for metric and label names (https://prometheus.io/docs/practices/naming/), with the checks and words of
/// client_golang's promlint; sorted.
std::vector<LintProblem> LintFamilies(const std::map<std::string, TextFamily>& families);

}  // namespace tocsin
