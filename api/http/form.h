#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tocsin::http {

/// Parameters that are read from one URL or body; more is an error.
inline constexpr size_t kFormParametersMax = 10'000;

/// Decoded parameters in the order they came.
class Form {
 public:
  void Add(std::string name, std::string value) { pairs_.emplace_back(std::move(name), std::move(value)); }
  void AppendAll(const Form& other) { pairs_.insert(pairs_.end(), other.pairs_.begin(), other.pairs_.end()); }

  /// The first value of that name, or "".
  std::string_view Get(std::string_view name) const;
  std::vector<std::string_view> All(std::string_view name) const;
  bool Has(std::string_view name) const;

  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

/// Adds the parameters of "a=1&b=%20" to `form` as Go's url.ParseQuery does: broken pairs are left out, and the first one's error is
/// the result ("" when there is none): `invalid URL escape "%zz"`, `invalid semicolon separator in query`.
std::string ParseForm(std::string_view text, Form* form);

/// Appends `text` with %XX decoded, and '+' to a blank when `plus_is_blank`. Returns the broken escape, as in "%zz", or "" when all is
/// well.
std::string PercentDecode(std::string_view text, bool plus_is_blank, std::string* out);

/// For a query parameter: all but letters, digits and -_.~ as %XX, a blank as '+' (Go's url.QueryEscape).
std::string QueryEscape(std::string_view text);

}  // namespace tocsin::http
