#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_split.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/quote.h"
#include "promql/number_literal.h"
#include "promql/series_description.h"

namespace tocsin::promql {
namespace {

constexpr std::string_view kBlankCharacters = " \t";
constexpr std::string_view kStartTimestampSuffix = "@st";

std::string_view TrimBlanks(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlankCharacters);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlankCharacters) - first + 1);
}

bool IsUnitLetter(char c) { return ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) && c != 'x'; }

// -90s, +1m, 5ms at the start of `rest`; taken off it. One number and one unit.
absl::StatusOr<DurationMs> TakeOffset(std::string_view* rest) {
  if (rest->empty()) {
    return absl::InvalidArgumentError("empty duration");
  }
  const bool negative = rest->front() == '-';
  const std::string_view unsigned_text = rest->substr(negative || rest->front() == '+' ? 1 : 0);
  size_t end = unsigned_text.find_first_not_of("0123456789");
  end = end == std::string_view::npos ? unsigned_text.size() : end;
  if (end == 0) {
    return absl::InvalidArgumentError(Cat("expected digits in duration ", GoQuoted(*rest)));
  }
  while (end < unsigned_text.size() && IsUnitLetter(unsigned_text[end])) {
    ++end;
  }
  const absl::StatusOr<DurationMs> duration = ParseDuration(unsigned_text.substr(0, end));
  if (!duration.ok()) {
    return absl::InvalidArgumentError(Cat("invalid duration ", GoQuoted(unsigned_text.substr(0, end)), ": ", Message(duration.status())));
  }
  *rest = unsigned_text.substr(end);
  return negative ? -*duration : *duration;
}

absl::StatusOr<uint64_t> RepeatCount(std::string_view text) {
  const absl::StatusOr<uint64_t> count = ParseGoUint(text);
  if (!count.ok() || *count >= kMaxSeriesValues) {
    return absl::InvalidArgumentError("invalid repeat count");
  }
  return *count;
}

absl::Status AppendItem(std::string_view item, std::vector<SequenceValue>* values) {
  SequenceValue blank;
  blank.omitted = true;
  if (item == "_") {
    values->push_back(blank);
    return absl::OkStatus();
  }
  if (item.substr(0, 2) == "_x") {
    ASSIGN_OR_RETURN(const uint64_t count, RepeatCount(item.substr(2)));
    if (count == 0) {
      return absl::InvalidArgumentError("invalid repeat count");
    }
    values->insert(values->end(), count, blank);
    return absl::OkStatus();
  }
  std::string_view rest = item;
  ASSIGN_OR_RETURN(DurationMs offset, TakeOffset(&rest));
  DurationMs step = 0;
  if (!rest.empty() && rest[0] != 'x') {
    if (rest[0] != '+' && rest[0] != '-') {
      return absl::InvalidArgumentError(Cat("unexpected character ", GoQuotedRune(static_cast<unsigned char>(rest[0])), " after duration"));
    }
    absl::StatusOr<DurationMs> parsed_step = TakeOffset(&rest);
    if (!parsed_step.ok()) {
      return absl::InvalidArgumentError(Cat("invalid step duration: ", Message(parsed_step.status())));
    }
    step = *parsed_step;
    if (rest.empty() || rest[0] != 'x') {
      return absl::InvalidArgumentError("expected 'x<count>' after step duration");
    }
  }
  uint64_t times = 0;
  if (!rest.empty()) {
    ASSIGN_OR_RETURN(times, RepeatCount(rest.substr(1)));
  }
  for (uint64_t i = 0; i <= times; ++i) {
    values->push_back({static_cast<double>(offset + static_cast<DurationMs>(i) * step), nullptr});
  }
  return absl::OkStatus();
}

}  // namespace

bool IsStartTimestampLine(std::string_view line) {
  line = TrimBlanks(line);
  const size_t blank = line.find_first_of(kBlankCharacters);
  return blank != std::string_view::npos && line.substr(0, blank).ends_with(kStartTimestampSuffix);
}

absl::StatusOr<SeriesDescription> ParseStartTimestampLine(std::string_view line) {
  line = TrimBlanks(line);
  const size_t blank = line.find_first_of(kBlankCharacters);
  if (blank == std::string_view::npos) {
    return absl::InvalidArgumentError("invalid @st line: missing value sequence");
  }
  const std::string_view metric = line.substr(0, blank - kStartTimestampSuffix.size());
  absl::StatusOr<SeriesDescription> series = ParseSeriesDescription(Cat(metric, " _"));
  if (!series.ok()) {
    return absl::InvalidArgumentError(Cat("invalid @st line metric ", GoQuoted(metric), ": ", Message(series.status())));
  }
  series->values.clear();
  for (const absl::string_view item : absl::StrSplit(av(line.substr(blank)), absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
    if (const absl::Status status = AppendItem(sv(item), &series->values); !status.ok()) {
      return absl::InvalidArgumentError(Cat("invalid @st sequence: invalid ST item ", GoQuoted(sv(item)), ": ", Message(status)));
    }
  }
  return series;
}

}  // namespace tocsin::promql
