#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>

#include "absl/strings/escaping.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "engine/scrape/exposition/content_type.h"
#include "engine/scrape/exposition/parser.h"
#include "tests/support/corpus.h"

namespace tocsin {
namespace {

using simdjson::dom::element;

std::string StringAt(const element& object, const char* key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

bool FlagAt(const element& object, const char* key) {
  bool flag = false;
  return object["options"][key].get(flag) == simdjson::SUCCESS && flag;
}

std::string LabelsText(LabelPairs pairs) { return Labels::FromPairs(std::move(pairs)).ToString(); }

std::string ExpectedLabels(const element& labels) {
  LabelPairs pairs;
  for (const auto& [name, value] : labels.get_object()) {
    pairs.emplace_back(std::string(name), std::string(std::string_view(value)));
  }
  return LabelsText(std::move(pairs));
}

std::string ExemplarText(const std::string& labels, double value, bool has_timestamp, int64_t timestamp) {
  return Cat(" exemplar ", labels, " ", GoFloat(value, 'g'), has_timestamp ? Cat(" @", timestamp) : "");
}

std::string HistogramText(const FloatHistogram& h) {
  std::string text = Cat(" schema ", h.schema, " count ", GoFloat(h.count, 'g'), " sum ", GoFloat(h.sum, 'g'), " zero ",
                         GoFloat(h.zero_threshold, 'g'), "/", GoFloat(h.zero_count, 'g'), " hint ", static_cast<int>(h.counter_reset_hint));
  for (const auto* spans : {&h.positive_spans, &h.negative_spans}) {
    text += " spans";
    for (const Span& span : *spans) {
      Append(&text, " ", span.offset, ":", span.length);
    }
  }
  for (const auto* values : {&h.positive_buckets, &h.negative_buckets, &h.custom_values}) {
    text += " values";
    for (const double value : *values) {
      Append(&text, " ", GoFloat(value, 'g'));
    }
  }
  return text;
}

double NumberOr(const element& object, const char* key, double otherwise) {
  double number = otherwise;
  std::string_view text;
  if (object[key].get(number) == simdjson::SUCCESS) {
    return number;
  }
  return object[key].get(text) == simdjson::SUCCESS ? ParseGoFloat(text).value : otherwise;
}

/// The buckets of an integer histogram are deltas in the corpus.
std::vector<double> BucketsOf(const element& histogram, const char* key, bool deltas) {
  std::vector<double> out;
  simdjson::dom::array list;
  if (histogram[key].get(list) == simdjson::SUCCESS) {
    for (const element value : list) {
      out.push_back(double(value) + (deltas && !out.empty() ? out.back() : 0));
    }
  }
  return out;
}

std::vector<Span> SpansOf(const element& histogram, const char* key) {
  std::vector<Span> spans;
  simdjson::dom::array list;
  if (histogram[key].get(list) == simdjson::SUCCESS) {
    for (const element span : list) {
      spans.push_back({static_cast<int32_t>(NumberOr(span, "Offset", 0)), static_cast<uint32_t>(NumberOr(span, "Length", 0))});
    }
  }
  return spans;
}

std::string ExpectedHistogram(const element& entry, const char* key, bool integers) {
  const element histogram = entry[key];
  FloatHistogram h;
  h.schema = static_cast<int32_t>(NumberOr(histogram, "Schema", 0));
  h.count = NumberOr(histogram, "Count", 0);
  h.sum = NumberOr(histogram, "Sum", 0);
  h.zero_threshold = NumberOr(histogram, "ZeroThreshold", 0);
  h.zero_count = NumberOr(histogram, "ZeroCount", 0);
  h.counter_reset_hint = static_cast<CounterResetHint>(NumberOr(histogram, "CounterResetHint", 0));
  h.positive_spans = SpansOf(histogram, "PositiveSpans");
  h.negative_spans = SpansOf(histogram, "NegativeSpans");
  h.positive_buckets = BucketsOf(histogram, "PositiveBuckets", integers);
  h.negative_buckets = BucketsOf(histogram, "NegativeBuckets", integers);
  h.custom_values = BucketsOf(histogram, "CustomValues", false);
  return HistogramText(h);
}

std::string ExpectedText(const element& entry, bool only_names) {
  const std::string kind = StringAt(entry, "kind");
  if (kind == "comment") {
    return Cat("comment ", StringAt(entry, "comment"));
  }
  if (kind == "help" || kind == "type" || kind == "unit") {
    return Cat(kind, " ", StringAt(entry, "metric"), " ", StringAt(entry, kind.c_str()));
  }
  std::string text = Cat(kind, " ", StringAt(entry, "raw"));
  element labels;
  if (!only_names && entry["labels"].get(labels) == simdjson::SUCCESS) {
    Append(&text, " ", ExpectedLabels(labels));
  }
  if (!only_names && kind == "series") {
    Append(&text, " ", GoFloat(NumberOr(entry, "value", 0), 'g'));
  }
  element histogram;
  if (entry["histogram"].get(histogram) == simdjson::SUCCESS) {
    text += ExpectedHistogram(entry, "histogram", true);
  } else if (entry["float_histogram"].get(histogram) == simdjson::SUCCESS) {
    text += ExpectedHistogram(entry, "float_histogram", false);
  }
  double number = 0;
  if (entry["timestamp_ms"].get(number) == simdjson::SUCCESS) {
    Append(&text, " @", int64_t(number));
  }
  if (entry["start_timestamp_ms"].get(number) == simdjson::SUCCESS) {
    Append(&text, " start ", int64_t(number));
  }
  simdjson::dom::array exemplars;
  if (entry["exemplars"].get(exemplars) == simdjson::SUCCESS) {
    for (const element exemplar : exemplars) {
      const bool has = exemplar["timestamp_ms"].get(number) == simdjson::SUCCESS;
      text += ExemplarText(ExpectedLabels(exemplar["labels"]), NumberOr(exemplar, "value", 0), has, int64_t(number));
    }
  }
  return text;
}

std::string SampleText(EntryKind kind, ExpositionParser* parser, bool only_names, bool with_start) {
  const ExpositionEntry& entry = parser->entry();
  std::string text = Cat(kind == EntryKind::kSeries ? "series " : "histogram ", entry.raw);
  LabelPairs labels;
  parser->ReadLabels(&labels);
  if (!only_names) {
    Append(&text, " ", LabelsText(std::move(labels)));
  }
  if (!only_names && kind == EntryKind::kSeries) {
    Append(&text, " ", GoFloat(entry.value, 'g'));
  }
  if (kind == EntryKind::kHistogram) {
    text += HistogramText(entry.histogram);
  }
  if (entry.has_timestamp) {
    Append(&text, " @", entry.timestamp);
  }
  if (const TimestampMs start = with_start ? parser->StartTimestamp() : 0; start != 0) {
    Append(&text, " start ", start);
  }
  Exemplar exemplar;
  while (!only_names && parser->NextExemplar(&exemplar)) {
    text += ExemplarText(exemplar.labels.ToString(), exemplar.value, exemplar.has_timestamp, exemplar.t);
  }
  return text;
}

std::string EntryText(EntryKind kind, ExpositionParser* parser, bool only_names, bool with_start) {
  const ExpositionEntry& entry = parser->entry();
  switch (kind) {
    case EntryKind::kComment:
      return Cat("comment ", entry.text);
    case EntryKind::kHelp:
      return Cat("help ", entry.family, " ", entry.text);
    case EntryKind::kType:
      return Cat("type ", entry.family, " ", ToString(entry.type));
    case EntryKind::kUnit:
      return Cat("unit ", entry.family, " ", entry.text);
    default:
      return SampleText(kind, parser, only_names, with_start);
  }
}

class TextparseEntries : public testing::TestWithParam<const char*> {};

TEST_P(TextparseEntries, AsRecorded) {
  CORPUS_OR_SKIP(path, Cat("textparse/", GetParam(), ".expected.json"));
  CORPUS_OR_SKIP(input_path, Cat("textparse/", GetParam(), ".input.txt"));
  simdjson::dom::parser json;
  const element root = json.load(path);
  ExpositionOptions options;
  options.type_and_unit_labels = FlagAt(root, "type_and_unit_labels");
  options.convert_classic_histograms_to_nhcb = FlagAt(root, "convert_classic_histograms_to_nhcb");
  options.created_timestamps = FlagAt(root, "st_series_skipped");
  const bool only_names = !StringAt(root["options"], "compare").empty();
  std::string body = test::ReadFileOrFail(input_path);
  std::string warning;
  const auto parser = MakeExpositionParser(&body, StringAt(root, "content_type"), std::nullopt, options, &warning);
  ASSERT_TRUE(parser.ok()) << parser.status();
  for (const element expected : root["entries"].get_array()) {
    const EntryKind kind = (*parser)->Next();
    ASSERT_TRUE(kind != EntryKind::kEnd && kind != EntryKind::kError)
        << (*parser)->error() << " instead of " << ExpectedText(expected, only_names);
    EXPECT_EQ(EntryText(kind, parser->get(), only_names, options.created_timestamps), ExpectedText(expected, only_names));
  }
  EXPECT_EQ((*parser)->Next(), EntryKind::kEnd) << (*parser)->error();
}

INSTANTIATE_TEST_SUITE_P(All, TextparseEntries,
                         testing::Values("prom_text", "openmetrics", "openmetrics_utf8", "openmetrics_st_0", "openmetrics_nhcb"),
                         [](const auto& param) { return std::string(param.param); });

/// The first error of a whole body, "" when there is none; `*samples` counts series.
std::string FirstError(std::string body, std::string_view content_type, int* samples) {
  std::string warning;
  const auto parser = MakeExpositionParser(&body, content_type, std::nullopt, {}, &warning);
  if (!parser.ok()) {
    return std::string(tocsin::Message(parser.status()));
  }
  while (true) {
    const EntryKind kind = (*parser)->Next();
    if (kind == EntryKind::kEnd) {
      return "";
    }
    if (kind == EntryKind::kError) {
      return (*parser)->error();
    }
    *samples += kind == EntryKind::kSeries ? 1 : 0;
  }
}

TEST(TextparseErrors, AsRecorded) {
  CORPUS_OR_SKIP(path, "textparse/errors.json");
  simdjson::dom::parser json;
  for (const element test_case : json.load(path)["cases"].get_array()) {
    const std::string hex = StringAt(test_case, "input_hex");
    const std::string input = hex.empty() ? StringAt(test_case, "input") : absl::HexStringToBytes(hex);
    int samples = 0;
    EXPECT_EQ(FirstError(input, StringAt(test_case, "content_type"), &samples), StringAt(test_case, "error")) << StringAt(test_case, "id");
  }
}

TEST(OpenMetricsCorpus, AcceptsWhatPrometheusAccepts) {
  CORPUS_OR_SKIP(path, "expositions/openmetrics-parsers.json");
  simdjson::dom::parser json;
  int checked = 0;
  for (const element test_case : json.load(path)["cases"].get_array()) {
    const element recorded = test_case["prometheus_3_5"];
    int samples = 0;
    const std::string error =
        FirstError(StringAt(test_case, "input"), "application/openmetrics-text; version=1.0.0; charset=utf-8", &samples);
    const std::string expected = StringAt(recorded, "error");
    if (expected.find("invalid sample") != std::string::npos || StringAt(test_case, "input").empty()) {
      continue;  // refused by the store, and an empty page that is never parsed
    }
    EXPECT_EQ(error.empty(), bool(recorded["accepts"])) << StringAt(test_case, "id") << ": " << error;
    if (!expected.empty()) {
      EXPECT_EQ(error, expected) << StringAt(test_case, "id");
    }
    ++checked;
  }
  EXPECT_GT(checked, 50);
}

TEST(ExpositionCorpus, EveryPageParsesWhole) {
  CORPUS_OR_SKIP(path, "expositions/index.json");
  simdjson::dom::parser json;
  for (const element file : json.load(path)["files"].get_array()) {
    CORPUS_OR_SKIP(page, "expositions/" + StringAt(file, "file"));
    int samples = 0;
    EXPECT_EQ(FirstError(test::ReadFileOrFail(page), StringAt(file, "content_type"), &samples), "") << page;
    EXPECT_EQ(samples, int64_t(file["sample_lines"])) << page;
  }
}

TEST(ExpositionCorpus, FragmentsParse) {
  CORPUS_OR_SKIP(path, "expositions/kube-state-metrics/fragments.json");
  simdjson::dom::parser json;
  for (const element fragment : json.load(path)["cases"].get_array()) {
    int samples = 0;
    EXPECT_EQ(FirstError(StringAt(fragment, "exposition"), "text/plain", &samples), "") << StringAt(fragment, "id");
    EXPECT_GT(samples, 0) << StringAt(fragment, "id");
  }
}

TEST(ContentTypeCorpus, SelectsTheParser) {
  CORPUS_OR_SKIP(path, "textparse/content_type.json");
  simdjson::dom::parser json;
  for (const element test_case : json.load(path)["cases"].get_array()) {
    std::optional<ScrapeProtocol> fallback;
    if (const std::string name = StringAt(test_case, "fallback_scrape_protocol"); !name.empty()) {
      ASSERT_EQ(name, "OpenMetricsText0_0_1");
      fallback = ScrapeProtocol::kOpenMetricsText0_0_1;
    }
    std::string warning;
    const auto format = FormatOf(StringAt(test_case, "content_type"), fallback, &warning);
    const std::string name = !format.ok()                                    ? ""
                             : *format == ExpositionFormat::kOpenMetricsText ? "openmetrics"
                             : *format == ExpositionFormat::kProtobuf        ? "protobuf"
                                                                             : "prometheus";
    EXPECT_EQ(name, StringAt(test_case, "parser")) << StringAt(test_case, "id");
    const std::string error = format.ok() ? warning : std::string(tocsin::Message(format.status()));
    EXPECT_NE(error.find(StringAt(test_case, "error_contains")), std::string::npos) << StringAt(test_case, "id") << ": " << error;
  }
}

}  // namespace
}  // namespace tocsin
