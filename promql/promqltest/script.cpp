#include "promql/promqltest/script.h"

#include <cctype>
#include <cstdlib>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/promqltest/script_lines.h"
#include "promql/string_literal.h"

namespace tocsin::promql::promqltest {

namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

/// A bare number: an integer with an optional base prefix, or a float as Go writes it.
std::optional<double> ParseBareNumber(const std::string& text) {
  if (!text.empty() && text.find_first_of(" \t{") == std::string::npos) {
    char* end = nullptr;
    const long long integer = std::strtoll(text.c_str(), &end, 0);
    if (*end == '\0') {
      return static_cast<double>(integer);
    }
    const ParsedFloat parsed = ParseGoFloat(text);
    if (parsed.ok()) {
      return parsed.value;
    }
  }
  return std::nullopt;
}

/// Reads commands off the lines, one block at a time.
class ScriptParser {
 public:
  explicit ScriptParser(std::string_view text) : lines_(SplitLines(text)) {}

  absl::StatusOr<std::vector<Command>> Parse() {
    for (; next_ < lines_.size(); ++next_) {
      if (lines_[next_].empty()) {
        continue;
      }
      std::string_view rest = lines_[next_];
      const std::string word = Lower(TakeWord(&rest));
      if (word == "clear") {
        commands_.push_back(ClearCommand{line()});
      } else if (word.starts_with("load")) {
        RETURN_IF_ERROR(ParseLoad());
      } else if (word.starts_with("eval")) {
        RETURN_IF_ERROR(ParseEval());
      } else {
        return LineError(line(), Cat("invalid command ", "\"", lines_[next_], "\""));
      }
    }
    return std::move(commands_);
  }

 private:
  int line() const { return static_cast<int>(next_) + 1; }

  /// The next line of the block, or null at its end.
  const std::string* NextInBlock() {
    if (next_ + 1 >= lines_.size() || lines_[next_ + 1].empty()) {
      return nullptr;
    }
    return &lines_[++next_];
  }

  absl::Status ParseLoad() {
    const std::vector<std::string> groups = MatchGroups(lines_[next_], R"(load(?:_(with_nhcb))?\s+(.+?))");
    if (groups.empty()) {
      return LineError(line(), "invalid load command. (load[_with_nhcb] <step:duration>)");
    }
    LoadCommand load;
    load.line = line();
    load.with_nhcb = !groups[1].empty();
    ASSIGN_OR_RETURN(load.step, ParseScriptDuration(line(), "step", groups[2]));
    std::optional<SeriesDescription> starts;
    while (const std::string* text = NextInBlock()) {
      if (IsStartTimestampLine(*text)) {
        if (starts.has_value()) {
          return LineError(line(), "a start timestamp line must be followed by its series");
        }
        ASSIGN_OR_RETURN(starts, AtLine(ParseStartTimestampLine(*text)));
        continue;
      }
      LoadedSeries loaded;
      ASSIGN_OR_RETURN(loaded.series, AtLine(ParseSeriesDescription(*text)));
      if (starts.has_value()) {
        if (!(starts->labels == loaded.series.labels) || starts->values.size() != loaded.series.values.size()) {
          return LineError(line(), "start timestamps do not fit the series below them");
        }
        loaded.start_offsets = std::move(starts->values);
        starts.reset();
      }
      Replace(&load.series, std::move(loaded));
    }
    if (starts.has_value()) {
      return LineError(line(), "a start timestamp line must be followed by its series");
    }
    commands_.push_back(std::move(load));
    return absl::OkStatus();
  }

  template <typename T>
  absl::StatusOr<T> AtLine(absl::StatusOr<T> value) const {
    return value.ok() ? std::move(value) : LineError(line(), Message(value.status()));
  }

  /// The later one of two lines for the same series counts.
  static void Replace(std::vector<LoadedSeries>* all, LoadedSeries loaded) {
    for (LoadedSeries& other : *all) {
      if (other.series.labels == loaded.series.labels) {
        other = std::move(loaded);
        return;
      }
    }
    all->push_back(std::move(loaded));
  }

  absl::Status ParseEval() {
    EvalCommand eval;
    eval.line = line();
    RETURN_IF_ERROR(ParseEvalLine(&eval));
    while (const std::string* text = NextInBlock()) {
      ASSIGN_OR_RETURN(const bool more, ParseExpectation(*text, &eval));
      if (!more) {
        break;
      }
    }
    if ((!eval.warn.empty() && eval.no_warn) || (!eval.info.empty() && eval.no_info)) {
      return LineError(line(), "invalid expect lines, an annotation and its absence cannot be expected together");
    }
    commands_.push_back(std::move(eval));
    return absl::OkStatus();
  }

  absl::Status ParseEvalLine(EvalCommand* eval) {
    const std::string& text = lines_[next_];
    std::string modifier;
    if (const std::vector<std::string> groups =
            MatchGroups(text, R"(eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+))");
        !groups.empty()) {
      modifier = groups[1];
      ASSIGN_OR_RETURN(eval->start, ParseScriptDuration(line(), "timestamp", groups[2]));
      eval->end = eval->start;
      eval->expression = groups[3];
    } else {
      const std::vector<std::string> range =
          MatchGroups(text, R"(eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+))");
      if (range.empty()) {
        return LineError(line(), "invalid evaluation command");
      }
      modifier = range[1];
      eval->is_range = true;
      ASSIGN_OR_RETURN(eval->start, ParseScriptDuration(line(), "start timestamp", range[2]));
      ASSIGN_OR_RETURN(eval->end, ParseScriptDuration(line(), "end timestamp", range[3]));
      ASSIGN_OR_RETURN(eval->step, ParseScriptDuration(line(), "step", range[4]));
      if (eval->end < eval->start) {
        return LineError(line(), "invalid test definition, end timestamp is before start timestamp");
      }
      eval->expression = range[5];
    }
    eval->fail = modifier == "fail";
    eval->ordered = modifier == "ordered";
    deprecated_fail_ = eval->fail;
    if (modifier == "warn") {
      eval->warn.push_back({.any = true});
    } else if (modifier == "info") {
      eval->info.push_back({.any = true});
    }
    return absl::OkStatus();
  }

  /// One line of an eval block; false when it ends the block.
  absl::StatusOr<bool> ParseExpectation(const std::string& text, EvalCommand* eval) {
    std::string_view rest = text;
    const std::string_view word = TakeWord(&rest);
    if (deprecated_fail_ && (word == "expected_fail_message" || word == "expected_fail_regexp")) {
      eval->fail_texts.push_back({.text = std::string(rest), .is_regex = word == "expected_fail_regexp"});
      return false;
    }
    if (word == "expect" && rest.starts_with("range vector")) {
      RETURN_IF_ERROR(ParseRangeVector(text, eval));
      return true;
    }
    if (word == "expect" && rest.starts_with("string")) {
      RETURN_IF_ERROR(ParseString(TrimBlanks(rest.substr(6)), eval));
      return true;
    }
    if (word == "expect") {
      RETURN_IF_ERROR(ParseExpect(text, eval));
      return true;
    }
    if (const std::optional<double> number = ParseBareNumber(text); number.has_value()) {
      eval->scalar = number;
      return false;
    }
    ASSIGN_OR_RETURN(SeriesDescription series, AtLine(ParseSeriesDescription(text)));
    if (!eval->is_range && !eval->range_vector && series.values.size() > 1) {
      return LineError(line(),
                       "expecting multiple values in instant evaluation not allowed. consider using 'expect range vector' directive");
    }
    eval->series.push_back(std::move(series));
    return true;
  }

  absl::Status ParseRangeVector(const std::string& text, EvalCommand* eval) {
    const std::vector<std::string> groups = MatchGroups(text, R"(expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+))");
    if (groups.empty()) {
      return LineError(line(), Cat("invalid range vector definition \"", text, "\""));
    }
    eval->range_vector = true;
    ASSIGN_OR_RETURN(eval->range_start, ParseScriptDuration(line(), "start timestamp", groups[1]));
    ASSIGN_OR_RETURN(eval->range_end, ParseScriptDuration(line(), "end timestamp", groups[2]));
    ASSIGN_OR_RETURN(eval->range_step, ParseScriptDuration(line(), "step", groups[3]));
    if (eval->range_end < eval->range_start) {
      return LineError(line(), "invalid test definition, end timestamp is before start timestamp");
    }
    eval->start = eval->end = eval->range_end;
    return absl::OkStatus();
  }

  absl::Status ParseString(std::string_view text, EvalCommand* eval) {
    if (text.size() < 2 || (text.front() != '"' && text.front() != '`') || text.back() != text.front()) {
      return LineError(line(), "expected string literal not valid - a quoted string literal is required");
    }
    eval->string = UnquoteString(text);
    return absl::OkStatus();
  }

  absl::Status ParseExpect(const std::string& text, EvalCommand* eval) {
    const std::vector<std::string> groups =
        MatchGroups(text, R"(expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?)");
    if (groups.empty()) {
      return LineError(line(), Cat("invalid expect statement \"", text, "\""));
    }
    TextExpectation expectation{.text = std::string(TrimBlanks(groups[3])), .any = groups[2].empty(), .is_regex = groups[2] == "regex"};
    if (expectation.is_regex && !FoundIn("", expectation.text).ok()) {
      return LineError(line(), Cat("invalid regex ", expectation.text));
    }
    const std::string& kind = groups[1];
    if (kind == "ordered") {
      eval->ordered = true;
    } else if (kind == "fail") {
      if (eval->fail) {
        return LineError(line(), "invalid expect lines, multiple expect fail lines are not allowed");
      }
      eval->fail = true;
      eval->fail_texts.push_back(std::move(expectation));
    } else if (kind == "warn") {
      eval->warn.push_back(std::move(expectation));
    } else if (kind == "info") {
      eval->info.push_back(std::move(expectation));
    } else {
      (kind == "no_warn" ? eval->no_warn : eval->no_info) = true;
    }
    return absl::OkStatus();
  }

  std::vector<std::string> lines_;
  size_t next_ = 0;
  bool deprecated_fail_ = false;
  std::vector<Command> commands_;
};

}  // namespace

absl::StatusOr<std::vector<Command>> ParseScript(std::string_view text) { return ScriptParser(text).Parse(); }

int CountEvaluations(std::string_view text) {
  int count = 0;
  for (const std::string& line : SplitLines(text)) {
    std::string_view rest = line;
    count += Lower(TakeWord(&rest)).starts_with("eval") ? 1 : 0;
  }
  return count;
}

}  // namespace tocsin::promql::promqltest
