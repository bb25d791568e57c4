#include "rules/unit_test/test_file.h"

#include <glob.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/status.h"
#include "base/text/duration.h"
#include "base/text/time_text.h"
#include "base/yaml/decode.h"

namespace tocsin::rules {

std::string GoTypeName(const InputSeries*) { return "main.series"; }
std::string GoTypeName(const ExpectedAlert*) { return "main.alert"; }
std::string GoTypeName(const AlertTest*) { return "main.alertTestCase"; }
std::string GoTypeName(const ExpectedSample*) { return "main.sample"; }
std::string GoTypeName(const ExprTest*) { return "main.promqlTestCase"; }
std::string GoTypeName(const TestGroup*) { return "main.testGroup"; }

namespace {

/// A duration that decodes from text.
struct TestDuration {
  DurationMs ms = 0;
};

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TestDuration* out) {
  std::string text;
  yaml::Read(decoder, node, &text);
  const auto parsed = ParseDuration(text);
  if (decoder.Check(node, parsed.status())) {
    out->ms = *parsed;
  }
}

/// A start time: Unix seconds or RFC 3339.
struct TestTime {
  TimestampMs t = 0;
};

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TestTime* out) {
  std::string text;
  yaml::Read(decoder, node, &text);
  const auto parsed = ParseApiTime(text);
  if (decoder.Check(node, parsed.status())) {
    out->t = *parsed;
  }
}

}  // namespace

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, InputSeries* out) {
  yaml::StructReader(decoder, node, "main.series").Field("series", &out->series).Field("values", &out->values).Finish();
}

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, ExpectedAlert* out) {
  yaml::StructReader(decoder, node, "main.alert").Field("exp_labels", &out->labels).Field("exp_annotations", &out->annotations).Finish();
}

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, AlertTest* out) {
  TestDuration eval_time;
  yaml::StructReader reader(decoder, node, "main.alertTestCase");
  reader.Field("eval_time", &eval_time).Field("alertname", &out->alertname).Field("exp_alerts", &out->expected).Finish();
  out->eval_time_ms = eval_time.ms;
}

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, ExpectedSample* out) {
  yaml::StructReader reader(decoder, node, "main.sample");
  reader.Field("labels", &out->labels).Field("value", &out->value).Field("histogram", &out->histogram).Finish();
}

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, ExprTest* out) {
  TestDuration eval_time;
  yaml::StructReader reader(decoder, node, "main.promqlTestCase");
  reader.Field("expr", &out->expr).Field("eval_time", &eval_time).Field("exp_samples", &out->expected).Finish();
  out->eval_time_ms = eval_time.ms;
}

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TestGroup* out) {
  TestDuration interval;
  TestTime start;
  TextMap external_labels;
  yaml::StructReader reader(decoder, node, "main.testGroup");
  reader.Field("interval", &interval).Field("input_series", &out->input).Field("alert_rule_test", &out->alert_tests);
  reader.Field("promql_expr_test", &out->expr_tests).Field("external_labels", &external_labels).Field("external_url", &out->external_url);
  reader.Field("name", &out->name).Field("start_timestamp", &start).Finish();
  out->interval_ms = interval.ms;
  out->start = start.t;
  out->external_labels = Labels::FromPairs({external_labels.begin(), external_labels.end()});
}

namespace {

constexpr std::string_view kExtrasMark = "# tocsin:";

TestFileExtras ReadExtras(std::string_view text, std::vector<std::string>* warnings) {
  TestFileExtras extras;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(kExtrasMark)) {
      continue;
    }
    line.remove_prefix(kExtrasMark.size());
    while (!line.empty()) {
      const size_t start = std::min(line.find_first_not_of(" ,\r\t"), line.size());
      line.remove_prefix(start);
      const std::string_view word = line.substr(0, line.find_first_of(" ,\r\t"));
      line.remove_prefix(word.size());
      if (word == "partial-annotations") {
        extras.partial_annotations = true;
      } else if (word == "honor-group-intervals") {
        extras.honor_group_intervals = true;
      } else if (word == "require-alertnames") {
        extras.require_alertnames = true;
      } else if (!word.empty()) {
        warnings->push_back(Cat("  WARNING: unknown option in \"", kExtrasMark, "\": ", word));
      }
    }
  }
  return extras;
}

/// filepath.Glob: sorted matches, none when nothing is there.
std::vector<std::string> GlobFiles(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  return files;
}

std::vector<std::string> ResolveRuleFiles(const std::vector<std::string>& patterns, const std::string& path,
                                          std::vector<std::string>* warnings) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::vector<std::string> files;
  std::set<std::string> seen;
  for (const std::string& pattern : patterns) {
    const std::filesystem::path joined = pattern.empty() ? std::filesystem::path() : (folder / pattern).lexically_normal();
    const std::vector<std::string> matches = GlobFiles(joined.string());
    if (matches.empty()) {
      warnings->push_back(Cat("  WARNING: no file match pattern ", joined.string()));
    }
    for (const std::string& match : matches) {
      if (seen.insert(match).second) {
        files.push_back(match);
      }
    }
  }
  return files;
}

/// go-yaml's text of what is wrong.
absl::Status DecodeStatus(const yaml::Decoder& decoder) {
  if (decoder.failed()) {
    return absl::InvalidArgumentError(decoder.failure()->text);
  }
  if (decoder.ok()) {
    return absl::OkStatus();
  }
  std::string text = "yaml: unmarshal errors:";
  for (const yaml::Problem& problem : decoder.problems()) {
    Append(&text, "\n  line ", problem.position.line, ": ", problem.text);
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace

absl::StatusOr<TestFile> ParseTestFile(std::string_view text, const std::string& path) {
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text));
  TestFile out;
  TestDuration evaluation_interval;
  std::vector<std::string> patterns;
  yaml::Decoder decoder(yaml::Dialect::kV2);
  if (document.root() != nullptr && !document.root()->IsNull()) {
    yaml::StructReader reader(decoder, *document.root(), "main.unitTestFile");
    reader.Field("rule_files", &patterns).Field("evaluation_interval", &evaluation_interval);
    reader.Field("group_eval_order", &out.group_eval_order).Field("tests", &out.tests).Field("fuzzy_compare", &out.fuzzy_compare);
    reader.Finish();
  }
  RETURN_IF_ERROR(DecodeStatus(decoder));
  out.rule_files = ResolveRuleFiles(patterns, path, &out.warnings);
  out.extras = ReadExtras(text, &out.warnings);
  if (evaluation_interval.ms != 0) {
    out.evaluation_interval_ms = evaluation_interval.ms;
  }
  std::set<std::string> seen;
  for (const std::string& name : out.group_eval_order) {
    if (!seen.insert(name).second) {
      return absl::InvalidArgumentError(Cat("group name repeated in evaluation order: ", name));
    }
  }
  for (TestGroup& test : out.tests) {
    if (test.interval_ms == 0) {
      test.interval_ms = out.evaluation_interval_ms;
    }
  }
  return out;
}

}  // namespace tocsin::rules
