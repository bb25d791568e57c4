#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/regex_shape.h"

namespace re2 {
class RE2;
}

namespace tocsin {

/// A regular expression in RE2's syntax, anchored at both ends, in which a dot matches a newline too: ^(?s:...)$,
/// as Prometheus 3 compiles matchers and relabelling rules.
/// Threads: const methods are safe.
class AnchoredRegex {
 public:
  /// The error text is Go's: "error parsing regexp: missing closing ): `(a`".
  static absl::StatusOr<std::shared_ptr<const AnchoredRegex>> Create(std::string_view pattern);
  ~AnchoredRegex();

  const std::string& pattern() const { return pattern_; }
  bool Matches(std::string_view text) const;

  /// The only texts that match, sorted; null when they cannot be told.
  const std::vector<std::string>* literals() const { return shape_.kind == RegexShape::Kind::kLiterals ? &shape_.literals : nullptr; }

  /// All texts that match begin with it.
  const std::string& prefix() const { return shape_.prefix; }

  /// Matches and, if so, expands `replacement` as Go's Regexp.Expand does ($1, ${1}, $name, ${name}, $$) and appends it to `out`.
  bool Expand(std::string_view text, std::string_view replacement, std::string* out) const;

  const re2::RE2& re2() const { return *re2_; }

 private:
  AnchoredRegex(std::string pattern, std::unique_ptr<re2::RE2> compiled);

  std::string pattern_;
  RegexShape shape_;
  std::unique_ptr<re2::RE2> re2_;
};

}  // namespace tocsin
