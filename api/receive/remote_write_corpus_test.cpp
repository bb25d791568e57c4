#include <prometheus/registry.h>

#include <cmath>
#include <optional>

#include "api/receive/remote_write_receiver.h"
#include "base/model/sample.h"
#include "base/text/float_text.h"
#include "base/wire/remote_write.h"
#include "gtest/gtest.h"
#include "simdjson.h"
#include "tests/support/corpus.h"
#include "tests/support/recording_store.h"
#include "tests/support/write_request_builder.h"

namespace tocsin {
namespace {

using simdjson::dom::element;

constexpr TimestampMs kCorpusNow = 1'700'000'000'000;

test::LabelPairs LabelsOf(element object) {
  test::LabelPairs labels;
  for (const auto field : object.get_object()) {
    labels.emplace_back(std::string(field.key), std::string(std::string_view(field.value)));
  }
  return labels;
}

double NumberOf(element value) {
  if (value.is_string()) {
    const std::string_view text = value;
    return text == "StaleNaN" ? kStaleNaN : ParseGoFloat(text).value;
  }
  return double(value);
}

int64_t IntegerOr(element object, const char* key, int64_t otherwise) {
  int64_t value = 0;
  return object[key].get(value) == simdjson::SUCCESS ? value : otherwise;
}

/// "-1h" and the like, or milliseconds.
TimestampMs OffsetOf(element entry) {
  element offset;
  if (entry["offset"].get(offset) != simdjson::SUCCESS) {
    return 0;
  }
  if (offset.is_number()) {
    return static_cast<TimestampMs>(double(offset));
  }
  const std::string_view text = offset;
  const double number = ParseGoFloat(text.substr(0, text.size() - 1)).value;
  return static_cast<TimestampMs>(number * (text.back() == 'h' ? kHour : text.back() == 'm' ? kMinute : kSecond));
}

void ReadSide(element histogram, const char* name, std::vector<Span>* spans, std::vector<int64_t>* deltas) {
  element side;
  if (histogram[name].get(side) != simdjson::SUCCESS) {
    return;
  }
  for (const element span : side["spans"].get_array()) {
    spans->push_back({static_cast<int32_t>(int64_t(span.at(0))), static_cast<uint32_t>(int64_t(span.at(1)))});
  }
  for (const element delta : side["deltas"].get_array()) {
    deltas->push_back(int64_t(delta));
  }
}

std::string HistogramMessage(element histogram, TimestampMs t) {
  std::vector<Span> positive_spans;
  std::vector<Span> negative_spans;
  std::vector<int64_t> positive;
  std::vector<int64_t> negative;
  ReadSide(histogram, "positive", &positive_spans, &positive);
  ReadSide(histogram, "negative", &negative_spans, &negative);
  std::vector<double> bounds;
  element custom;
  if (histogram["custom_values"].get(custom) == simdjson::SUCCESS) {
    for (const element bound : custom.get_array()) {
      bounds.push_back(double(bound));
    }
  }
  const int64_t zero_count = IntegerOr(histogram, "zero_count", 0);
  std::string message;
  wire::ProtoWriter writer(&message);
  const auto write_side = [&writer](uint32_t spans_field, const std::vector<Span>& spans, const std::vector<int64_t>& deltas) {
    for (const Span& span : spans) {
      writer.Message(spans_field, [&span](wire::ProtoWriter& inner) {
        inner.SInt64(1, span.offset);
        inner.Varint(2, span.length);
      });
    }
    std::vector<uint64_t> encoded;
    for (const int64_t delta : deltas) {
      encoded.push_back(wire::EncodeZigZag(delta));
    }
    writer.PackedVarints(spans_field + 1, encoded);
  };
  writer.VarintAlways(1, uint64_t(int64_t(histogram["count"])));
  writer.Double(3, NumberOf(histogram["sum"]));
  writer.SInt64(4, int64_t(histogram["schema"]));
  writer.VarintAlways(6, static_cast<uint64_t>(zero_count));
  write_side(8, negative_spans, negative);
  write_side(11, positive_spans, positive);
  writer.Int64(15, t);
  writer.PackedDoubles(16, bounds);
  return message;
}

/// Entries of one kind, or an empty list.
std::vector<element> Entries(element test_case, const char* kind) {
  std::vector<element> entries;
  simdjson::dom::array array;
  if (test_case[kind].get(array) == simdjson::SUCCESS) {
    for (const element entry : array) {
      entries.push_back(entry);
    }
  }
  return entries;
}

/// Each sample and histogram is a series of its own; exemplars and metadata go to the series with the same labels.
std::vector<test::SeriesToSend> SeriesOf(element test_case) {
  std::vector<test::SeriesToSend> all;
  for (const element entry : Entries(test_case, "samples")) {
    test::SeriesToSend& series = all.emplace_back();
    series.labels = LabelsOf(entry["labels"]);
    series.samples = {{NumberOf(entry["value"]), kCorpusNow + OffsetOf(entry)}};
  }
  for (const element entry : Entries(test_case, "histograms")) {
    test::SeriesToSend& series = all.emplace_back();
    series.labels = LabelsOf(entry["labels"]);
    series.histograms = {HistogramMessage(entry["histogram"], kCorpusNow + OffsetOf(entry))};
  }
  const auto free_series = [&all](const test::LabelPairs& labels, const auto& is_free) -> test::SeriesToSend& {
    for (test::SeriesToSend& series : all) {
      if (series.labels == labels && is_free(series)) {
        return series;
      }
    }
    all.emplace_back().labels = labels;
    return all.back();
  };
  for (const element entry : Entries(test_case, "exemplars")) {
    test::SeriesToSend& series = free_series(LabelsOf(entry["labels"]), [](const auto& s) { return s.exemplars.empty(); });
    element labels;
    series.exemplars.push_back({entry["exemplar_labels"].get(labels) == simdjson::SUCCESS ? LabelsOf(labels) : test::LabelPairs(),
                                NumberOf(entry["value"]), kCorpusNow + OffsetOf(entry)});
  }
  for (const element entry : Entries(test_case, "metadata")) {
    test::SeriesToSend& series = free_series(LabelsOf(entry["labels"]), [](const auto& s) { return !s.has_metadata; });
    series.has_metadata = true;
    series.type = wire::MetricTypeNumber(std::string_view(entry["type"]));
    series.help = std::string(std::string_view(entry["help"]));
    series.unit = std::string(std::string_view(entry["unit"]));
  }
  return all;
}

http::Request RequestOf(element test_case, bool v1) {
  const std::vector<test::SeriesToSend> series = SeriesOf(test_case);
  http::Request request;
  request.method = "POST";
  request.body = test::Snappy(v1 ? test::EncodeV1(series) : test::EncodeV2(series));
  std::string_view corrupt;  // a character, or "\\xff" spelled out
  if (test_case["corrupt_first_byte"].get(corrupt) == simdjson::SUCCESS) {
    request.body[0] = corrupt.size() == 1 ? corrupt[0] : '\xff';
  }
  request.headers = {{"Content-Encoding", "snappy"},
                     {"Content-Type", v1 ? "application/x-protobuf" : "application/x-protobuf;proto=io.prometheus.write.v2.Request"}};
  simdjson::dom::object headers;
  if (test_case["headers"].get(headers) == simdjson::SUCCESS) {
    for (const auto field : headers) {
      for (auto& [name, value] : request.headers) {
        if (name == field.key) {
          value = std::string(std::string_view(field.value));
        }
      }
    }
  }
  return request;
}

uint64_t CountHeader(const http::Response& response, const char* kind) {
  return strtoull(std::string(FindHeader(response.headers, std::string("X-Prometheus-Remote-Write-") + kind + "-Written")).c_str(), nullptr,
                  10);
}

TEST(RemoteWriteCorpusTest, Receiver) {
  CORPUS_OR_SKIP(path, "remote-write/receiver.json");
  simdjson::dom::parser parser;
  const element corpus = parser.parse(simdjson::padded_string(test::ReadFileOrFail(path)));
  for (const element test_case : corpus["cases"].get_array()) {
    SCOPED_TRACE(std::string(std::string_view(test_case["test"])));
    std::string_view protocol;
    const bool v1 = test_case["protocol"].get(protocol) == simdjson::SUCCESS;
    test::RecordingStore store;
    ManualClock clock(kCorpusNow);
    prometheus::Registry metrics;
    RemoteWriteReceiver receiver({}, store, clock, metrics);
    const http::Response response = receiver.Handle(RequestOf(test_case, v1));
    const element expect = test_case["expect"];
    const int64_t status = IntegerOr(expect, "status", 204);
    EXPECT_EQ(response.status, status) << response.body;
    for (const auto& [key, header] :
         {std::pair("samples", "Samples"), std::pair("histograms", "Histograms"), std::pair("exemplars", "Exemplars")}) {
      int64_t count = 0;
      if (expect[key].get(count) == simdjson::SUCCESS && !v1) {
        EXPECT_EQ(CountHeader(response, header), static_cast<uint64_t>(count));
      }
    }
    size_t stored = 0;
    for (const auto& [labels, series] : store.series) {
      stored += series.samples.size() + series.histograms.size();
    }
    if (!v1) {
      EXPECT_EQ(stored, CountHeader(response, "Samples") + CountHeader(response, "Histograms"));
    }
  }
}

}  // namespace
}  // namespace tocsin
