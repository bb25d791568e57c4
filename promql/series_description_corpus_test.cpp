#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <map>
#include <string>

#include "base/model/float_histogram.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "promql/series_description.h"
#include "tests/support/corpus.h"

namespace tocsin::promql {
namespace {

namespace dom = simdjson::dom;

std::vector<double> Numbers(dom::element list) {
  std::vector<double> out;
  for (const dom::element item : list) {
    out.push_back(item.is_string() ? ParseGoFloat(std::string_view(item)).value : double(item));
  }
  return out;
}

std::vector<Span> Spans(dom::element list) {
  std::vector<Span> out;
  for (const dom::element item : list) {
    out.push_back({static_cast<int32_t>(int64_t(item["Offset"])), static_cast<uint32_t>(int64_t(item["Length"]))});
  }
  return out;
}

CounterResetHint Hint(std::string_view text) {
  if (text == "reset") {
    return CounterResetHint::kReset;
  }
  if (text == "not_reset") {
    return CounterResetHint::kNotReset;
  }
  return text == "gauge" ? CounterResetHint::kGauge : CounterResetHint::kUnknown;
}

FloatHistogram RecordedHistogram(dom::object object) {
  FloatHistogram h;
  for (const auto& [key, value] : object) {
    if (key == "Schema") {
      h.schema = static_cast<int32_t>(int64_t(value));
    } else if (key == "Sum") {
      h.sum = double(value);
    } else if (key == "Count") {
      h.count = double(value);
    } else if (key == "ZeroCount") {
      h.zero_count = double(value);
    } else if (key == "ZeroThreshold") {
      h.zero_threshold = double(value);
    } else if (key == "PositiveBuckets") {
      h.positive_buckets = Numbers(value);
    } else if (key == "NegativeBuckets") {
      h.negative_buckets = Numbers(value);
    } else if (key == "CustomValues") {
      h.custom_values = Numbers(value);
    } else if (key == "PositiveSpans") {
      h.positive_spans = Spans(value);
    } else if (key == "NegativeSpans") {
      h.negative_spans = Spans(value);
    } else if (key == "CounterResetHint") {
      h.counter_reset_hint = Hint(std::string_view(value));
    } else {
      ADD_FAILURE() << "unknown key " << key;
    }
  }
  return h;
}

void CheckValues(const SeriesDescription& series, dom::array expected) {
  ASSERT_EQ(series.values.size(), expected.size());
  size_t i = 0;
  for (const dom::element value : expected) {
    const SequenceValue& got = series.values[i++];
    EXPECT_EQ(got.omitted, value.is_null());
    if (value.is_string()) {
      EXPECT_EQ(std::string_view(value), IsStaleNaN(got.value) ? "stale" : GoFloat(got.value, 'g'));
    } else if (!value.is_null()) {
      EXPECT_DOUBLE_EQ(got.value, double(value));
    }
  }
}

void CheckHistograms(const SeriesDescription& series, dom::array expected) {
  ASSERT_EQ(series.values.size(), expected.size());
  size_t i = 0;
  for (const dom::element value : expected) {
    const SequenceValue& got = series.values[i++];
    const FloatHistogram want = RecordedHistogram(value);
    ASSERT_NE(got.histogram, nullptr);
    EXPECT_TRUE(AlmostEqualHistograms(*got.histogram, want, 1e-12)) << HistogramTestExpression(*got.histogram);
    EXPECT_EQ(got.histogram->counter_reset_hint, want.counter_reset_hint);
  }
}

void CheckFailure(const absl::Status& status, dom::element test) {
  EXPECT_FALSE(status.ok());
  std::string_view text;
  if (test["error"].get(text) == simdjson::SUCCESS) {
    EXPECT_EQ(Message(status), text);
  }
  if (test["error_contains"].get(text) == simdjson::SUCCESS) {
    EXPECT_NE(Message(status).find(text), std::string_view::npos) << status;
  }
}

void CheckCase(dom::element test) {
  dom::element histogram;
  if (test["histogram"].get(histogram) == simdjson::SUCCESS) {
    EXPECT_EQ(HistogramTestExpression(RecordedHistogram(histogram)), std::string_view(test["test_expression"]));
    return;
  }
  const auto series = ParseSeriesDescription(std::string_view(test["input"]));
  bool fail = false;
  if (test["fail"].get(fail) == simdjson::SUCCESS && fail) {
    return CheckFailure(series.status(), test);
  }
  ASSERT_TRUE(series.ok()) << series.status();
  dom::object labels;
  if (test["labels"].get(labels) == simdjson::SUCCESS) {
    EXPECT_EQ(series->labels.size(), labels.size());
    for (const auto& [name, value] : labels) {
      EXPECT_EQ(series->labels.Get(name), std::string_view(value));
    }
  }
  dom::array values;
  if (test["values"].get(values) == simdjson::SUCCESS) {
    CheckValues(*series, values);
  }
  if (test["histograms"].get(values) == simdjson::SUCCESS) {
    CheckHistograms(*series, values);
  }
}

TEST(SeriesDescriptionCorpus, Cases) {
  CORPUS_OR_SKIP(path, "parser/series_desc.json");
  dom::parser json;
  for (const dom::element test : dom::element(json.load(path))["cases"]) {
    SCOPED_TRACE(std::string_view(test["id"]));
    CheckCase(test);
  }
}

}  // namespace
}  // namespace tocsin::promql
