#include "base/model/matcher.h"

#include "base/model/labels.h"
#include "base/status.h"
#include "base/text/quote.h"

namespace tocsin {

std::string_view MatchTypeText(MatchType type) {
  switch (type) {
    case MatchType::kEqual:
      return "=";
    case MatchType::kNotEqual:
      return "!=";
    case MatchType::kRegexp:
      return "=~";
    case MatchType::kNotRegexp:
      break;
  }
  return "!~";
}

absl::StatusOr<Matcher> Matcher::Create(MatchType type, std::string name, std::string value) {
  std::shared_ptr<const AnchoredRegex> regex;
  if (type == MatchType::kRegexp || type == MatchType::kNotRegexp) {
    ASSIGN_OR_RETURN(regex, AnchoredRegex::Create(value));
  }
  return Matcher(type, std::move(name), std::move(value), std::move(regex));
}

bool Matcher::Matches(std::string_view value) const {
  switch (type_) {
    case MatchType::kEqual:
      return value == value_;
    case MatchType::kNotEqual:
      return value != value_;
    case MatchType::kRegexp:
      return regex_->Matches(value);
    case MatchType::kNotRegexp:
      break;
  }
  return !regex_->Matches(value);
}

std::string Matcher::ToString() const {
  std::string out = IsLegacyLabelName(name_) ? name_ : GoQuoted(name_);
  out.append(MatchTypeText(type_));
  AppendGoQuoted(value_, &out);
  return out;
}

}  // namespace tocsin
