#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "base/types.h"
#include "promql/series_description.h"

/// Scripts that test a PromQL engine, in the language of upstream's promql/promqltest: data is loaded, queries are evaluated, and results,
/// errors and annotations are compared with what the script expects.
namespace tocsin::promql::promqltest {

/// A text that has to be met: as a whole, or by a regular expression that is found anywhere in it. Without a text everything meets it.
struct TextExpectation {
  std::string text;
  bool any = false;
  bool is_regex = false;
};

struct LoadedSeries {
  SeriesDescription series;
  std::vector<SequenceValue> start_offsets;  // one a value where start timestamps were given, else empty
};

struct LoadCommand {
  int line = 0;
  DurationMs step = 0;
  bool with_nhcb = false;
  std::vector<LoadedSeries> series;
};

struct ClearCommand {
  int line = 0;
};

struct EvalCommand {
  int line = 0;
  std::string expression;
  bool is_range = false;
  TimestampMs start = 0;  // the time of an instant query
  TimestampMs end = 0;
  DurationMs step = 0;

  bool ordered = false;
  bool fail = false;
  std::vector<TextExpectation> fail_texts;
  bool no_warn = false;
  bool no_info = false;
  std::vector<TextExpectation> warn;
  std::vector<TextExpectation> info;

  std::optional<double> scalar;
  std::optional<std::string> string;
  std::vector<SeriesDescription> series;
  /// `expect range vector from ... to ... step ...`: the times of the values.
  bool range_vector = false;
  TimestampMs range_start = 0;
  TimestampMs range_end = 0;
  DurationMs range_step = 0;
};

using Command = std::variant<LoadCommand, ClearCommand, EvalCommand>;

/// Errors: "line 12: ...". The expressions are not parsed here.
absl::StatusOr<std::vector<Command>> ParseScript(std::string_view text);

/// The number of lines that begin an evaluation: what a script that cannot be parsed would have evaluated.
int CountEvaluations(std::string_view text);

}  // namespace tocsin::promql::promqltest
