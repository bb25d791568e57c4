#include "base/wire/remote_write.h"

#include <random>

#include "base/model/float_histogram.h"
#include "base/strings.h"
#include "base/wire/library/proto_library.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/write_request_builder.h"

namespace tocsin::wire {
namespace {

using test::SeriesToSend;

/// What was decoded, as text; histograms as their test expression.
std::string Describe(const WriteSeries& series, const std::vector<std::string_view>* symbols) {
  std::string text;
  for (const Label& label : series.labels) {
    Append(&text, label.name, "=", label.value, " ");
  }
  for (const WriteSample& sample : series.samples) {
    Append(&text, "| ", sample.value, " @", sample.t, " ", sample.start_t);
  }
  for (const std::string_view message : series.histograms) {
    WireHistogram histogram;
    FloatHistogram usable;
    EXPECT_TRUE(DecodeHistogram(message, &histogram));
    EXPECT_TRUE(UsableHistogram(histogram, &usable).ok());
    Append(&text, "| ", HistogramTestExpression(usable), histogram.is_float ? " f @" : " i @", histogram.t, " ", histogram.start_t);
  }
  for (const WriteExemplar& exemplar : series.exemplars) {
    std::vector<Label> labels;
    EXPECT_TRUE(ExemplarLabels(exemplar, symbols, &labels).ok());
    Append(&text, "| # ", exemplar.value, " @", exemplar.t);
    for (const Label& label : labels) {
      Append(&text, " ", label.name, "=", label.value);
    }
  }
  if (series.metadata.present) {
    Append(&text, "| ", MetricTypeWord(series.metadata.type), " ", (*symbols)[series.metadata.help_ref], " ",
           (*symbols)[series.metadata.unit_ref]);
  }
  return text + "\n";
}

std::string DescribeV1(std::string_view body) {
  std::string text;
  EXPECT_TRUE(DecodeWriteRequest(
                  body,
                  [&text](WriteSeries& series) {
                    EXPECT_TRUE(DecodeLabels(&series));
                    text += Describe(series, nullptr);
                    return absl::OkStatus();
                  },
                  nullptr)
                  .ok());
  return text;
}

std::string DescribeV2(std::string_view body) {
  std::string text;
  std::vector<std::string_view> symbols;
  EXPECT_TRUE(DecodeWriteRequestV2(body, &symbols, [&](WriteSeries& series) -> absl::Status {
                EXPECT_TRUE(ResolveLabels(series.label_refs, symbols, &series.labels).ok());
                text += Describe(series, &symbols);
                return absl::OkStatus();
              }).ok());
  return text;
}

class RandomRequests {
 public:
  std::vector<SeriesToSend> Next() {
    std::vector<SeriesToSend> all(random_() % 4);
    for (SeriesToSend& series : all) {
      series.labels = RandomLabels();
      series.samples.resize(random_() % 3);
      for (SeriesToSend::Sample& sample : series.samples) {
        sample = {static_cast<double>(random_() % 1000) / 8, Time(), Time()};
      }
      for (size_t i = random_() % 3; i > 0; --i) {
        series.histograms.push_back(RandomHistogram());
      }
      for (size_t i = random_() % 2; i > 0; --i) {
        series.exemplars.push_back({RandomLabels(), static_cast<double>(random_() % 7), Time()});
      }
      series.has_metadata = random_() % 2 == 0;
      series.type = random_() % 8;
      series.help = "help" + std::to_string(random_() % 3);
    }
    return all;
  }

 private:
  test::LabelPairs RandomLabels() {
    test::LabelPairs labels(random_() % 4);
    for (size_t i = 0; i < labels.size(); ++i) {
      labels[i] = {"l" + std::to_string(i), std::string(random_() % 150, 'v')};
    }
    return labels;
  }

  TimestampMs Time() { return static_cast<TimestampMs>(random_() % 5 == 0 ? 0 : random_() % 2'000'000'000'000) - 1'000'000; }

  std::string RandomHistogram() {
    FloatHistogram h;
    h.schema = static_cast<int32_t>(random_() % 13) - 4;
    h.zero_count = static_cast<double>(random_() % 3);
    h.zero_threshold = 0.001;
    h.sum = 1.5;
    h.positive_spans = {{static_cast<int32_t>(random_() % 9) - 4, 2}, {1, 1}};
    h.positive_buckets = {1, 0, static_cast<double>(random_() % 300)};
    h.count = h.zero_count + 1 + h.positive_buckets[2];
    const bool integers = random_() % 2 == 0;
    if (!integers) {
      h.positive_buckets[1] = 0.5;
    }
    std::string message;
    ProtoWriter writer(&message);
    EncodeHistogram(h, integers, Time(), 0, &writer);
    return message;
  }

  std::mt19937_64 random_{11};
};

TEST(RemoteWriteWireTest, TheLibraryReadsAndWritesTheSame) {
  RandomRequests requests;
  ProtoLibrary library;
  for (int i = 0; i < 300; ++i) {
    std::vector<SeriesToSend> series = requests.Next();
    const std::string v2 = test::EncodeV2(series);
    std::string rewritten;
    ASSERT_TRUE(library.Rewrite("io.prometheus.write.v2.Request", v2, &rewritten));
    EXPECT_EQ(DescribeV2(v2), DescribeV2(rewritten));
    for (SeriesToSend& one : series) {
      one.has_metadata = false;
      for (SeriesToSend::Sample& sample : one.samples) {
        sample.start_t = 0;
      }
    }
    const std::string v1 = test::EncodeV1(series);
    ASSERT_TRUE(library.Rewrite("prometheus.WriteRequest", v1, &rewritten));
    EXPECT_EQ(DescribeV1(v1), DescribeV1(rewritten));
    EXPECT_EQ(DescribeV1(v1), DescribeV2(test::EncodeV2(series)));
  }
}

TEST(RemoteWriteWireTest, LabelsPartOfTheSameSeriesIsTheSame) {
  SeriesToSend series;
  series.labels = {{"__name__", "up"}, {"a", "b"}};
  std::vector<std::string> parts;
  for (const double value : {1.0, 2.0}) {
    series.samples = {{value, 5}};
    const std::string body = test::EncodeV1({series});
    ASSERT_TRUE(
        DecodeWriteRequest(body, [&parts](WriteSeries& s) { return parts.emplace_back(s.labels_part), absl::OkStatus(); }, nullptr).ok());
  }
  EXPECT_FALSE(parts[0].empty());
  EXPECT_EQ(parts[0], parts[1]);
}

TEST(RemoteWriteWireTest, LabelsThatAreNotAllInFrontHaveNoPart) {
  std::string message;
  ProtoWriter writer(&message);
  const auto label = [](ProtoWriter& pair) { pair.Bytes(1, "a"); };
  writer.Message(1, label);
  writer.Message(2, [](ProtoWriter& sample) { sample.Double(1, 1); });
  WriteSeries series;
  ASSERT_TRUE(DecodeSeries(message, &series));
  EXPECT_FALSE(series.labels_part.empty());
  writer.Message(1, label);
  ASSERT_TRUE(DecodeSeries(message, &series));
  EXPECT_TRUE(series.labels_part.empty());
  ASSERT_TRUE(DecodeLabels(&series));
  EXPECT_EQ(series.labels.size(), 2u);
  writer.BytesAlways(1, "\x0a");
  ASSERT_TRUE(DecodeSeries(message, &series));
  EXPECT_FALSE(DecodeLabels(&series)) << "a label that is cut short";
}

TEST(RemoteWriteWireTest, MetadataOfV1) {
  std::string body;
  ProtoWriter writer(&body);
  writer.Message(3, [](ProtoWriter& m) {
    m.Varint(1, 2);
    m.Bytes(2, "up");
    m.Bytes(4, "Help.");
  });
  std::string text;
  ASSERT_TRUE(DecodeWriteRequest(
                  body, [](WriteSeries&) { return absl::OkStatus(); },
                  [&text](const FamilyMetadata& m) {
                    text = Cat(m.name, " ", MetricTypeWord(m.type), " ", m.help);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(text, "up gauge Help.");
}

TEST(RemoteWriteWireTest, LimitsHold) {
  SeriesToSend series;
  series.labels.assign(kSeriesLabelsMax, {"a", "b"});
  const auto decode = [](const std::string& body) {
    const auto labels = [](WriteSeries& one) { return DecodeLabels(&one) ? absl::OkStatus() : absl::InvalidArgumentError("labels"); };
    return DecodeWriteRequest(body, labels, nullptr);
  };
  EXPECT_TRUE(decode(test::EncodeV1({series})).ok());
  series.labels.push_back({"a", "b"});
  EXPECT_FALSE(decode(test::EncodeV1({series})).ok());

  std::string body;
  for (size_t i = 0; i < kSymbolsMax; ++i) {
    body.append("\x22\x00", 2);
  }
  std::vector<std::string_view> symbols;
  const auto ignore = [](WriteSeries&) { return absl::OkStatus(); };
  EXPECT_TRUE(DecodeWriteRequestV2(body, &symbols, ignore).ok());
  body.append("\x22\x00", 2);
  EXPECT_FALSE(DecodeWriteRequestV2(body, &symbols, ignore).ok());

  std::string histogram;
  ProtoWriter writer(&histogram);
  writer.BytesAlways(12, std::string(kHistogramBucketsMax, '\x02'));
  WireHistogram decoded;
  EXPECT_TRUE(DecodeHistogram(histogram, &decoded));
  writer.VarintAlways(12, 2);
  EXPECT_FALSE(DecodeHistogram(histogram, &decoded));
}

}  // namespace
}  // namespace tocsin::wire
