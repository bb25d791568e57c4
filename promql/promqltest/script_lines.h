#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/types.h"

namespace tocsin::promql::promqltest {

/// The lines of a script, trimmed; comments are empty.
std::vector<std::string> SplitLines(std::string_view text);

/// Takes the first word off `*text` and the blanks behind it.
std::string_view TakeWord(std::string_view* text);
std::string_view TrimBlanks(std::string_view text);

/// "line 12: text"
absl::Status LineError(int line, std::string_view text);

/// A duration, for instance as a time after the Unix epoch.
absl::StatusOr<DurationMs> ParseScriptDuration(int line, std::string_view what, std::string_view text);

/// Whether `pattern` is found in `text`; an error for a bad pattern.
absl::StatusOr<bool> FoundIn(std::string_view text, const std::string& pattern);

/// FullMatch of `pattern` with its groups; empty when it does not match. A group that took no part is empty.
std::vector<std::string> MatchGroups(std::string_view text, const char* pattern);

}  // namespace tocsin::promql::promqltest
