#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/model/regex.h"

namespace tocsin {

enum class MatchType { kEqual, kNotEqual, kRegexp, kNotRegexp };

/// "=", "!=", "=~", "!~"
std::string_view MatchTypeText(MatchType type);

/// One condition on a label's value; an absent label counts as the empty value. A copy is cheap (the regular expression is shared).
class Matcher {
 public:
  static absl::StatusOr<Matcher> Create(MatchType type, std::string name, std::string value);
  static Matcher Equal(std::string name, std::string value) {
    return Matcher(MatchType::kEqual, std::move(name), std::move(value), nullptr);
  }

  MatchType type() const { return type_; }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }
  const AnchoredRegex* regex() const { return regex_.get(); }

  bool Matches(std::string_view value) const;

  /// a="b", with quoted names where they need it.
  std::string ToString() const;

  bool operator==(const Matcher& other) const { return type_ == other.type_ && name_ == other.name_ && value_ == other.value_; }

 private:
  Matcher(MatchType type, std::string name, std::string value, std::shared_ptr<const AnchoredRegex> regex)
      : type_(type), name_(std::move(name)), value_(std::move(value)), regex_(std::move(regex)) {}

  MatchType type_;
  std::string name_;
  std::string value_;
  std::shared_ptr<const AnchoredRegex> regex_;
};

}  // namespace tocsin
