#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace tocsin {

/// Text that must never be shown: it prints as `<secret>` wherever a program prints things (upstream's text), and gives the real text
/// only to Reveal(), so that one search finds every place that uses it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

  /// "<secret>", or "" when it is empty (as upstream prints it).
  std::string_view ToString() const { return value_.empty() ? "" : "<secret>"; }

  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret& secret) { return out << secret.ToString(); }

/// `url` with the password of its user information replaced by "xxxxx", as Go's URL.Redacted does; for logs and error texts.
std::string RedactUrl(std::string_view url);

}  // namespace tocsin
