// check metrics, push metrics

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "api/main/commands.h"
#include "api/main/metric_lint.h"
#include "api/main/server_client.h"
#include "api/main/text_families.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/float_text.h"
#include "engine/remote/write_batch.h"
#include "engine/remote/write_transport.h"

namespace tocsin {
namespace {

constexpr int kLintProblemsExit = 3;

std::string ReadStandardInput() { return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()}; }

/// Lines that the family has in an exposition, as promtool counts them: by its first metric.
size_t CardinalityOf(const TextFamily& family) {
  const bool in_parts = family.type == FamilyType::kHistogram || family.type == FamilyType::kSummary;
  return family.metrics.size() * (in_parts ? 2 + family.metrics.front().parts.size() : 1);
}

/// Columns as wide as their widest text, with four blanks behind it.
void PrintTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size() + 4);
    }
  }
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      std::printf("%-*s", static_cast<int>(widths[i]), row[i].c_str());
    }
    std::printf("\n");
  }
}

void PrintCardinality(const std::map<std::string, TextFamily>& families) {
  std::vector<std::pair<std::string, size_t>> counts;
  size_t total = 0;
  for (const auto& [name, family] : families) {
    counts.emplace_back(name, CardinalityOf(family));
    total += counts.back().second;
  }
  std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::vector<std::string>> rows = {{"Metric", "Cardinality", "Percentage"}};
  for (const auto& [name, count] : counts) {
    const double percent = static_cast<double>(count) / static_cast<double>(total) * 100;
    rows.push_back({name, std::to_string(count), Cat(GoFloat(percent, 'f', 2), "%")});
  }
  rows.push_back({"Total", std::to_string(total), "100%"});
  PrintTable(rows);
}

// ---- push

using PushLabels = std::map<std::string, std::string>;

/// One family's samples under the names that its lines have.
class PushBatch {
 public:
  PushBatch(PushLabels extra, TimestampMs now) : extra_(std::move(extra)), now_(now) {}

  void Add(const TextFamily& family) {
    for (const TextMetric& metric : family.metrics) {
      const bool is_histogram = family.type == FamilyType::kHistogram;
      if (!is_histogram && family.type != FamilyType::kSummary) {
        Sample(family, metric, "", {}, metric.value);
        continue;
      }
      const std::string_view part_label = is_histogram ? "le" : "quantile";
      bool has_infinity = false;
      for (const auto& [bound, value] : metric.parts) {
        has_infinity = has_infinity || (std::isinf(bound) && bound > 0);
        Sample(family, metric, is_histogram ? "_bucket" : "", {part_label, GoFloat(bound, 'g')}, is_histogram ? std::trunc(value) : value);
      }
      if (is_histogram && !has_infinity) {
        Sample(family, metric, "_bucket", {part_label, "+Inf"}, std::trunc(metric.count));
      }
      Sample(family, metric, "_sum", {}, metric.sum);
      Sample(family, metric, "_count", {}, std::trunc(metric.count));
    }
  }

  const WriteBatch& batch() const { return batch_; }

 private:
  void Sample(const TextFamily& family, const TextMetric& metric, std::string_view suffix, std::pair<std::string_view, std::string> part,
              double value) {
    PushLabels labels = extra_;
    labels["__name__"] = Cat(family.name, suffix);
    for (const auto& [name, text] : metric.labels) {
      labels[name == "job" ? "exported_job" : name] = text;
    }
    if (!part.first.empty()) {
      labels[std::string(part.first)] = part.second;
    }
    auto series = std::make_shared<OutgoingSeries>();
    series->labels = Labels::FromPairs({labels.begin(), labels.end()});
    series->metadata = {.type = family.type == FamilyType::kUntyped ? "unknown" : std::string(ToString(*family.type)),
                        .help = family.help.value_or(""),
                        .unit = {}};
    OutgoingSample sample;
    sample.series = std::move(series);
    sample.t = metric.timestamp.value_or(0) == 0 ? now_ : *metric.timestamp;
    sample.value = value;
    batch_.samples.push_back(std::move(sample));
  }

  const PushLabels extra_;
  const TimestampMs now_;
  WriteBatch batch_;
};

bool PushFailed(std::string_view reason) {
  std::fprintf(stderr, "  FAILED: %s\n", std::string(reason).c_str());
  return false;
}

bool PushText(WriteTransport* transport, RemoteWriteMessage message, const PushLabels& labels, std::string_view text) {
  const absl::StatusOr<std::map<std::string, TextFamily>> families = ReadTextFamilies(text);
  if (!families.ok()) {
    return PushFailed(Message(families.status()));
  }
  PushBatch batch(labels, SystemClock().NowMs());
  for (const auto& [name, family] : *families) {
    batch.Add(family);
  }
  const WriteOutcome outcome = transport->Send(EncodeWriteBatch(batch.batch(), message), message, 0, StopToken());
  return outcome.kind == WriteOutcome::Kind::kDone || PushFailed(outcome.error);
}

absl::StatusOr<std::pair<std::string, std::string>> KeyAndValue(const std::string& text) {
  const size_t separator = text.find_first_of("=:");
  if (separator == std::string::npos) {
    return absl::InvalidArgumentError(Cat("expected KEY=VALUE got '", text, "'"));
  }
  return std::pair(text.substr(0, separator), text.substr(separator + 1));
}

/// Where to: the server's URL and the path of remote write, which the URL may already have.
std::string PushUrl(const CommandLine& line) {
  std::string url = line.arguments[0];
  const std::string path = line.Get("remote-write.path", "/api/v1/write");
  while (url.ends_with('/')) {
    url.pop_back();
  }
  return url.ends_with(path) ? url : Cat(url, path.starts_with('/') ? "" : "/", path);
}

absl::StatusOr<RemoteWriteConfig> PushConfig(const CommandLine& line) {
  RemoteWriteConfig config;
  config.url = PushUrl(line);
  ASSIGN_OR_RETURN(config.remote_timeout_ms, ParseDuration(line.Get("timeout", "30s")));
  ASSIGN_OR_RETURN(config.http, ToolHttpOptions(line));
  for (const std::string& header : line.All("header")) {
    ASSIGN_OR_RETURN(auto pair, KeyAndValue(header));
    config.headers.insert(std::move(pair));
  }
  return config;
}

}  // namespace

int CheckMetrics(const CommandLine& line) {
  const bool extended = line.Get("extended") == "true";
  const bool lint = line.Get("lint", "all") != "none";
  if (!extended && !lint) {
    std::fprintf(stderr,
                 "error: at least one of --extended or linting must be enabled\n"
                 "Use --extended for cardinality analysis, or remove --lint=none to enable linting\n");
    return 1;
  }
  const absl::StatusOr<std::map<std::string, TextFamily>> families = ReadTextFamilies(ReadStandardInput());
  if (!families.ok()) {
    std::fprintf(stderr, "%s: %s\n", lint ? "error while linting" : "error while parsing text to metric families",
                 std::string(Message(families.status())).c_str());
    return 1;
  }
  const std::vector<LintProblem> problems = lint ? LintFamilies(*families) : std::vector<LintProblem>();
  for (const LintProblem& problem : problems) {
    std::fprintf(stderr, "%s %s\n", problem.metric.c_str(), problem.text.c_str());
  }
  if (extended) {
    PrintCardinality(*families);
  }
  return problems.empty() ? 0 : kLintProblemsExit;
}

int PushMetrics(const CommandLine& line) {
  const std::string message_name = line.Get("protobuf_message", ToString(RemoteWriteMessage::kV1));
  const bool v2 = message_name == ToString(RemoteWriteMessage::kV2);
  if (!v2 && message_name != ToString(RemoteWriteMessage::kV1)) {
    PushFailed(Cat("invalid protobuf message \"", message_name, "\", must be prometheus.WriteRequest or io.prometheus.write.v2.Request"));
    return 1;
  }
  PushLabels labels;
  const std::vector<std::string> given = line.All("label");
  for (const std::string& label : given.empty() ? std::vector<std::string>{"job=promtool"} : given) {
    const auto pair = KeyAndValue(label);
    if (!pair.ok()) {
      return PushFailed(Message(pair.status())) ? 0 : 1;
    }
    labels.insert(*pair);
  }
  const absl::StatusOr<RemoteWriteConfig> config = PushConfig(line);
  if (!config.ok()) {
    std::fprintf(stderr, "%s\n", std::string(Message(config.status())).c_str());
    return 1;
  }
  const SystemClock clock;
  const std::unique_ptr<WriteTransport> transport = MakeHttpWriteTransport(*config, clock);
  const RemoteWriteMessage message = v2 ? RemoteWriteMessage::kV2 : RemoteWriteMessage::kV1;
  if (line.arguments.size() == 1) {
    std::printf("Parsing standard input\n");
    const bool pushed = PushText(transport.get(), message, labels, ReadStandardInput());
    std::printf("%s", pushed ? "  SUCCESS: metrics pushed to remote write.\n" : "");
    return pushed ? 0 : 1;
  }
  bool failed = false;
  for (size_t i = 1; i < line.arguments.size(); ++i) {
    const std::string& file = line.arguments[i];
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
      failed = !PushFailed(Cat("open ", file, ": no such file or directory"));
      continue;
    }
    std::printf("Parsing metrics file %s\n", file.c_str());
    std::fflush(stdout);
    const std::string text((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
    if (PushText(transport.get(), message, labels, text)) {
      std::printf("  SUCCESS: metrics file %s pushed to remote write.\n", file.c_str());
    } else {
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

}  // namespace tocsin
