#include "promql/promqltest/script_lines.h"

#include <re2/re2.h>

#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/quote.h"

namespace tocsin::promql::promqltest {

namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

re2::StringPiece Piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && IsBlank(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

std::vector<std::string> SplitLines(std::string_view text) {
  std::vector<std::string> lines;
  while (true) {
    const size_t end = text.find('\n');
    const std::string_view line = TrimBlanks(text.substr(0, end));
    lines.emplace_back(line.starts_with('#') ? std::string_view() : line);
    if (end == std::string_view::npos) {
      return lines;
    }
    text.remove_prefix(end + 1);
  }
}

std::string_view TakeWord(std::string_view* text) {
  size_t end = 0;
  while (end < text->size() && !IsBlank((*text)[end])) {
    ++end;
  }
  const std::string_view word = text->substr(0, end);
  *text = TrimBlanks(text->substr(end));
  return word;
}

absl::Status LineError(int line, std::string_view text) { return absl::InvalidArgumentError(Cat("line ", line, ": ", text)); }

absl::StatusOr<DurationMs> ParseScriptDuration(int line, std::string_view what, std::string_view text) {
  const absl::StatusOr<DurationMs> duration = ParseDuration(text);
  if (!duration.ok()) {
    return LineError(line, Cat("invalid ", what, " definition ", GoQuoted(text), ": ", Message(duration.status())));
  }
  return *duration;
}

absl::StatusOr<bool> FoundIn(std::string_view text, const std::string& pattern) {
  const re2::RE2 regex(pattern, re2::RE2::Quiet);
  if (!regex.ok()) {
    return absl::InvalidArgumentError(Cat("invalid regular expression ", GoQuoted(pattern), ": ", regex.error()));
  }
  return re2::RE2::PartialMatch(Piece(text), regex);
}

std::vector<std::string> MatchGroups(std::string_view text, const char* pattern) {
  const re2::RE2 regex(pattern);
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  std::vector<std::string> out;
  if (regex.Match(Piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, groups.data(), static_cast<int>(groups.size()))) {
    for (const re2::StringPiece& group : groups) {
      out.emplace_back(group.data() == nullptr ? std::string() : std::string(group.data(), group.size()));
    }
  }
  return out;
}

}  // namespace tocsin::promql::promqltest
