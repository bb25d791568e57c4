// tsdb analyze, dump, dump-openmetrics, list; and why not the others

#include <cstdio>
#include <limits>

#include "api/main/commands.h"
#include "api/v1/parameters.h"
#include "base/env.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"
#include "promql/parser.h"
#include "storage/head.h"
#include "storage/store_dump.h"

namespace tocsin {
namespace {

constexpr std::string_view kDefaultFolder = "data/";
constexpr size_t kDefaultAnalyzeLimit = 20;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "%s\n", std::string(Message(status)).c_str());
  return 1;
}

/// The store of a stopped server.
absl::StatusOr<std::unique_ptr<Head>> OpenStopped(const CommandLine& line, const Clock& clock) {
  SetLogging(LogLevel::kWarn, LogFormat::kLogfmt);
  return Head::OpenToLook(line.arguments.empty() ? std::string(kDefaultFolder) : line.arguments[0], clock, SystemEnv());
}

absl::StatusOr<int64_t> IntegerFlag(const CommandLine& line, std::string_view flag, int64_t fallback) {
  const std::string text = line.Get(flag);
  return text.empty() ? absl::StatusOr<int64_t>(fallback) : api::ParseInteger(text);
}

absl::Status Dump(const CommandLine& line, DumpFormat format) {
  ASSIGN_OR_RETURN(const int64_t min_t, IntegerFlag(line, "min-time", kMinTimestamp));
  ASSIGN_OR_RETURN(const int64_t max_t, IntegerFlag(line, "max-time", kMaxTimestamp));
  std::vector<std::vector<Matcher>> selectors;
  for (const std::string& match : line.All("match")) {
    ASSIGN_OR_RETURN(std::vector<Matcher> matchers, promql::ParseMetricSelector(match));
    selectors.push_back(std::move(matchers));
  }
  const SystemClock clock;
  ASSIGN_OR_RETURN(const std::unique_ptr<Head> head, OpenStopped(line, clock));
  return DumpStore(*head, format, selectors, min_t, max_t, [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); });
}

}  // namespace

int TsdbAnalyze(const CommandLine& line) {
  const absl::StatusOr<int64_t> limit = IntegerFlag(line, "limit", kDefaultAnalyzeLimit);
  if (!limit.ok()) {
    return Fail(limit.status());
  }
  std::vector<Matcher> matchers;
  if (const std::string match = line.Get("match"); !match.empty()) {
    absl::StatusOr<std::vector<Matcher>> parsed = promql::ParseMetricSelector(match);
    if (!parsed.ok()) {
      return Fail(parsed.status());
    }
    matchers = *std::move(parsed);
  }
  const SystemClock clock;
  const absl::StatusOr<std::unique_ptr<Head>> head = OpenStopped(line, clock);
  if (!head.ok()) {
    return Fail(head.status());
  }
  std::printf("%s", AnalyzeStore(**head, matchers, static_cast<size_t>(std::max<int64_t>(*limit, 0))).c_str());
  return 0;
}

int TsdbDump(const CommandLine& line) {
  const std::string format = line.Get("format", "prom");
  if (format != "prom" && format != "seriesjson") {
    return Fail(absl::InvalidArgumentError(Cat("enum value must be one of prom,seriesjson, got '", format, "'")));
  }
  const absl::Status status = Dump(line, format == "prom" ? DumpFormat::kSamples : DumpFormat::kSeriesJson);
  return status.ok() ? 0 : Fail(status);
}

int TsdbDumpOpenMetrics(const CommandLine& line) {
  const absl::Status status = Dump(line, DumpFormat::kOpenMetrics);
  return status.ok() ? 0 : Fail(status);
}

int TsdbList(const CommandLine& line) {
  // The store has no blocks; its one span of time stands for them.
  const SystemClock clock;
  const absl::StatusOr<std::unique_ptr<Head>> head = OpenStopped(line, clock);
  if (!head.ok()) {
    return Fail(head.status());
  }
  std::printf("BLOCK ULID  MIN TIME       MAX TIME       NUM SERIES\n");
  if ((*head)->series_count() > 0) {
    std::printf("head        %-14lld %-14lld %zu\n", static_cast<long long>((*head)->min_time()),
                static_cast<long long>((*head)->max_time()), (*head)->series_count());
  }
  return 0;
}

int TsdbBlocksOnly(const CommandLine& line) {
  return Fail(absl::UnimplementedError(
      Cat("tsdb ", line.command.substr(line.command.find(' ') + 1),
          ": the store is a log of what memory holds and has no blocks; send old samples by remote write (push metrics) while "
          "storage.tsdb.out_of_order_time_window covers them, and measure the store with build/bench/storage_bench")));
}

}  // namespace tocsin
