// query instant, range, series, labels

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "api/main/commands.h"
#include "api/main/query_print.h"
#include "api/main/server_client.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "base/text/time_text.h"

namespace tocsin {
namespace {

constexpr DurationMs kSeriesWindowMs = 9999 * kHour;

TimestampMs Now() { return SystemClock().NowMs(); }

std::string SecondsText(TimestampMs t) { return GoFloat(static_cast<double>(t) / 1000, 'f'); }

/// The time of a flag, or `fallback`; false, with a line on standard error, when it cannot be read.
bool TimeFlag(const CommandLine& line, std::string_view flag, std::string_view what, TimestampMs fallback, TimestampMs* out) {
  const std::string text = line.Get(flag);
  if (text.empty()) {
    *out = fallback;
    return true;
  }
  const absl::StatusOr<TimestampMs> time = ParseApiTime(text);
  if (!time.ok()) {
    std::fprintf(stderr, "error parsing %s time: %s\n", std::string(what).c_str(), std::string(Message(time.status())).c_str());
    return false;
  }
  *out = *time;
  return true;
}

bool WantsJson(const CommandLine& line) { return line.Get("format", "promql") == "json"; }

/// Asks and prints: `text` makes what is printed without --format=json of the answer's data; `part` takes what is printed with it.
template <typename Text, typename Part>
int Ask(const CommandLine& line, const std::string& path, const QueryParameters& parameters, Text text, Part part) {
  const absl::StatusOr<std::unique_ptr<ServerClient>> client = ServerClient::Create(line.arguments[0], line);
  if (!client.ok()) {
    std::fprintf(stderr, "error creating API client: %s\n", std::string(Message(client.status())).c_str());
    return 1;
  }
  std::vector<std::string> warnings;
  const absl::StatusOr<JsonValue> data = (*client)->Query(path, parameters, &warnings);
  if (!data.ok()) {
    return PrintQueryError(data.status());
  }
  const std::string printed = WantsJson(line) ? JsonText(part(*data)) + "\n" : text(*data);
  std::fwrite(printed.data(), 1, printed.size(), stdout);
  return 0;
}

std::string Lines(const JsonValue& list, bool label_sets) {
  std::string out;
  for (const JsonValue& item : list.items()) {
    Append(&out, label_sets ? LabelSetText(item) : std::string(item.text()), "\n");
  }
  return out;
}

JsonValue ResultOf(const JsonValue& data) { return data["result"]; }
JsonValue Itself(const JsonValue& data) { return data; }

}  // namespace

int QueryInstant(const CommandLine& line) {
  TimestampMs time = 0;
  if (!TimeFlag(line, "time", "evaluation", Now(), &time)) {
    return 1;
  }
  return Ask(
      line, "/query", {{"query", line.arguments[1]}, {"time", SecondsText(time)}},
      [](const JsonValue& data) { return QueryValueText(data) + "\n"; }, ResultOf);
}

int QueryRange(const CommandLine& line) {
  TimestampMs end = 0;
  TimestampMs start = 0;
  if (!TimeFlag(line, "end", "end", Now(), &end) || !TimeFlag(line, "start", "start", end - 5 * kMinute, &start)) {
    return 1;
  }
  if (start >= end) {
    std::fprintf(stderr, "start time is not before end time\n");
    return 1;
  }
  const absl::StatusOr<DurationMs> given = ParseDuration(line.Get("step", "0s"));
  if (!given.ok()) {
    std::fprintf(stderr, "error parsing step: %s\n", std::string(Message(given.status())).c_str());
    return 1;
  }
  const DurationMs step = *given > 0 ? *given : std::max<DurationMs>((end - start) / 250 / 1000, 1) * 1000;
  return Ask(
      line, "/query_range",
      {{"query", line.arguments[1]}, {"start", SecondsText(start)}, {"end", SecondsText(end)}, {"step", SecondsText(step)}},
      [](const JsonValue& data) { return QueryValueText(data) + "\n"; }, ResultOf);
}

namespace {

/// --start, --end and --match.
bool SeriesParameters(const CommandLine& line, QueryParameters* parameters) {
  TimestampMs start = 0;
  TimestampMs end = 0;
  if (!TimeFlag(line, "start", "start", Now() - kSeriesWindowMs, &start) || !TimeFlag(line, "end", "end", Now() + kSeriesWindowMs, &end)) {
    return false;
  }
  *parameters = {{"start", SecondsText(start)}, {"end", SecondsText(end)}};
  for (const std::string& match : line.All("match")) {
    parameters->emplace_back("match[]", match);
  }
  return true;
}

}  // namespace

int QuerySeries(const CommandLine& line) {
  QueryParameters parameters;
  if (!SeriesParameters(line, &parameters)) {
    return 1;
  }
  return Ask(line, "/series", parameters, [](const JsonValue& data) { return Lines(data, true); }, Itself);
}

int QueryLabels(const CommandLine& line) {
  QueryParameters parameters;
  if (!SeriesParameters(line, &parameters)) {
    return 1;
  }
  return Ask(
      line, Cat("/label/", line.arguments[1], "/values"), parameters, [](const JsonValue& data) { return Lines(data, false); }, Itself);
}

}  // namespace tocsin
