#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tocsin {

/// What a regular expression comes down to, where it has one of the forms that label matchers mostly have. Matching by it gives what the
/// expression itself gives.
struct RegexShape {
  enum class Kind {
    kOther,     ///< only `prefix` is known
    kLiterals,  ///< exactly one of `literals`
    kGap,       ///< `prefix`, then anything of at least `gap_min` bytes, then `suffix`: "a.*b", ".+", "a.*"
    kContains,  ///< `literals[0]` somewhere: ".*a.*"
  };

  Kind kind = Kind::kOther;
  std::vector<std::string> literals;
  std::string prefix;
  std::string suffix;
  size_t gap_min = 0;

  /// For all kinds but kOther.
  bool Matches(std::string_view text) const;
};

/// `pattern` is valid in RE2's syntax and meant as ^(?s:pattern)$. At most kRegexLiteralsMax alternatives are taken apart.
RegexShape AnalyseRegex(std::string_view pattern);

inline constexpr size_t kRegexLiteralsMax = 1024;

}  // namespace tocsin
