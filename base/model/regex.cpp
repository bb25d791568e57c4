#include "base/model/regex.h"

#include <re2/re2.h>

#include <vector>

#include "base/model/labels.h"
#include "base/strings.h"

namespace tocsin {
namespace {

// RE2's error texts where they differ from those of Go's regexp/syntax.
std::string_view GoErrorText(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

// To Go's regexp a byte that is no UTF-8 is one character, U+FFFD; RE2 matches it with nothing.
std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t length = 1;
    while (length < 4 && i + length < text.size() && (static_cast<unsigned char>(text[i + length]) & 0xc0) == 0x80) {
      ++length;
    }
    while (length > 0 && !IsValidUtf8(text.substr(i, length))) {
      --length;
    }
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++i;
    } else {
      out += text.substr(i, length);
      i += length;
    }
  }
  return out;
}

re2::RE2::Options Quiet() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

// One reference of a replacement template, the text behind its '$'. Returns the bytes it takes, 0 when it is none.
size_t TakeReference(std::string_view rest, std::string_view* name) {
  const bool braces = !rest.empty() && rest[0] == '{';
  size_t end = braces ? 1 : 0;
  const size_t start = end;
  while (end < rest.size() && (isalnum(static_cast<unsigned char>(rest[end])) != 0 || rest[end] == '_')) {
    ++end;
  }
  if (end == start || (braces && (end >= rest.size() || rest[end] != '}'))) {
    return 0;
  }
  *name = rest.substr(start, end - start);
  return braces ? end + 1 : end;
}

}  // namespace

AnchoredRegex::AnchoredRegex(std::string pattern, std::unique_ptr<re2::RE2> compiled)
    : pattern_(std::move(pattern)), shape_(AnalyseRegex(pattern_)), re2_(std::move(compiled)) {}

AnchoredRegex::~AnchoredRegex() = default;

absl::StatusOr<std::shared_ptr<const AnchoredRegex>> AnchoredRegex::Create(std::string_view pattern) {
  // Parsed alone first: "a)(b" must not become valid by the group that is put around it.
  const re2::RE2 alone(pattern, Quiet());
  if (!alone.ok()) {
    return absl::InvalidArgumentError(Cat("error parsing regexp: ", GoErrorText(alone.error_code()), ": `", alone.error_arg(), "`"));
  }
  auto compiled = std::make_unique<re2::RE2>(Cat("^(?s:", pattern, ")$"), Quiet());
  if (!compiled->ok()) {
    return absl::InvalidArgumentError(
        Cat("error parsing regexp: ", GoErrorText(compiled->error_code()), ": `", compiled->error_arg(), "`"));
  }
  return std::shared_ptr<const AnchoredRegex>(new AnchoredRegex(std::string(pattern), std::move(compiled)));
}

bool AnchoredRegex::Matches(std::string_view text) const {
  if (shape_.kind != RegexShape::Kind::kOther) {
    return shape_.Matches(text);
  }
  if (!text.starts_with(shape_.prefix)) {
    return false;
  }
  return IsValidUtf8(text) ? re2::RE2::FullMatch(text, *re2_) : re2::RE2::FullMatch(ReplaceInvalidUtf8(text), *re2_);
}

bool AnchoredRegex::Expand(std::string_view text, std::string_view replacement, std::string* out) const {
  std::vector<re2::StringPiece> groups(static_cast<size_t>(re2_->NumberOfCapturingGroups()) + 1);
  if (!re2_->Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) {
    return false;
  }
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '$') {
      out->push_back(replacement[i]);
      continue;
    }
    const std::string_view rest = replacement.substr(i + 1);
    if (!rest.empty() && rest[0] == '$') {
      out->push_back('$');
      ++i;
      continue;
    }
    std::string_view name;
    const size_t taken = TakeReference(rest, &name);
    if (taken == 0) {
      out->push_back('$');
      continue;
    }
    i += taken;
    size_t group = groups.size();
    if (isdigit(static_cast<unsigned char>(name[0])) != 0) {
      group = 0;
      for (const char c : name) {
        group = isdigit(static_cast<unsigned char>(c)) != 0 && group < groups.size() ? group * 10 + static_cast<size_t>(c - '0')
                                                                                     : groups.size();
      }
    } else if (const auto it = re2_->NamedCapturingGroups().find(std::string(name)); it != re2_->NamedCapturingGroups().end()) {
      group = static_cast<size_t>(it->second);
    }
    if (group < groups.size()) {
      out->append(groups[group].data(), groups[group].size());
    }
  }
  return true;
}

}  // namespace tocsin
