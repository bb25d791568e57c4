// Bodies that are made to hurt: each gets a clear answer, stores nothing, and takes no more memory than its limit.

#include <prometheus/registry.h>
#include <sys/resource.h>

#include "api/receive/otlp_receiver.h"
#include "api/receive/remote_read_handler.h"
#include "api/receive/remote_write_receiver.h"
#include "base/strings.h"
#include "base/wire/remote_read.h"
#include "base/wire/remote_write.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/head.h"
#include "tests/support/recording_store.h"
#include "tests/support/write_request_builder.h"

namespace tocsin {
namespace {

using testing::HasSubstr;

constexpr TimestampMs kHostileNow = 1'700'000'000'000;
/// Of the process, above what it took before: bodies here would take gigabytes. Sanitizers take several times what is asked for.
constexpr int64_t kGrowthMax = int64_t{1} << 30;
/// Sixteen megabytes of zeros in one member of gzip; members may follow each other.
constexpr size_t kMemberBytes = 16 << 20;

int64_t PeakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

class HostileBodyTest : public testing::Test {
 protected:
  HostileBodyTest() : peak_before_(PeakBytes()) {}
  ~HostileBodyTest() override {
    EXPECT_LT(PeakBytes() - peak_before_, kGrowthMax);
    EXPECT_TRUE(store_.series.empty());
  }

  http::Response Write(std::string body, bool v2 = false) {
    return write_.Handle(RequestOf(std::move(body), v2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request" : "", "snappy"));
  }
  http::Response Read(std::string body) { return read_.Handle(RequestOf(std::move(body), "application/x-protobuf", "snappy")); }
  http::Response Otlp(std::string body, bool json = false, std::string encoding = "") {
    return otlp_.Handle(RequestOf(std::move(body), json ? "application/json" : "application/x-protobuf", std::move(encoding)));
  }

  static http::Request RequestOf(std::string body, std::string type, std::string encoding) {
    http::Request request;
    request.method = "POST";
    request.headers = {{"Content-Type", std::move(type)}, {"Content-Encoding", std::move(encoding)}};
    request.body = std::move(body);
    return request;
  }

  const int64_t peak_before_;
  test::RecordingStore store_;
  ManualClock clock_{kHostileNow};
  std::unique_ptr<Head> head_ = Head::OpenMemoryOnly({}, clock_);
  prometheus::Registry metrics_;
  OtlpConfig config_;
  RemoteWriteReceiver write_{{}, store_, clock_, metrics_};
  RemoteReadHandler read_{{}, *head_, [] { return RemoteReadHandler::ExternalLabels(); }, metrics_};
  OtlpReceiver otlp_{{}, [this] { return config_; }, store_, clock_, metrics_};
};

std::string DeclaredLength(uint64_t bytes) {
  std::string body;
  wire::AppendVarint(bytes, &body);
  return body +
         "\x04"
         "ab";
}

TEST_F(HostileBodyTest, SnappyThatPromisesMore) {
  const std::string four_gib = DeclaredLength(UINT32_MAX);
  EXPECT_EQ(Write(four_gib).status, 413);
  EXPECT_THAT(Read(four_gib).body, HasSubstr("exceeds limit"));
  // Within the limit of a request, but more than these bytes can hold.
  EXPECT_EQ(Write(DeclaredLength(kWriteDecodedBytesMax)).status, 400);
  EXPECT_EQ(Write(DeclaredLength(3)).body, "snappy: corrupt input\n");
  EXPECT_EQ(Write("").status, 400) << "not even a length";
  EXPECT_EQ(Write("\xff\xff\xff\xff\xff\xff").status, 400) << "a length that does not end";
}

TEST_F(HostileBodyTest, SnappyThatIsCutShort) {
  test::SeriesToSend series;
  series.labels = {{"__name__", "up"}, {"instance", "a"}};
  series.samples = {{1, kHostileNow}};
  const std::string v1 = test::EncodeV1({series});
  const std::string v2 = test::EncodeV2({series});
  for (size_t size = 1; size < v1.size(); ++size) {
    EXPECT_EQ(Write(test::Snappy(std::string_view(v1).substr(0, size))).status, 400) << size;
  }
  const std::string packed = test::Snappy(v2);
  for (size_t size = 0; size < packed.size(); ++size) {
    EXPECT_EQ(Write(packed.substr(0, size), true).status, 400) << size;
  }
}

TEST_F(HostileBodyTest, SamplesThatTakeNoBytes) {
  // Thirty megabytes of empty samples, histograms and exemplars in one series would be sixteen million of each.
  for (const char tag : {'\x12', '\x1a', '\x22'}) {
    std::string series;
    wire::ProtoWriter writer(&series);
    writer.Message(1, [](wire::ProtoWriter& label) {
      label.Bytes(1, "__name__");
      label.Bytes(2, "up");
    });
    for (int i = 0; i < 15'000'000; ++i) {
      series.push_back(tag);
      series.push_back('\0');
    }
    std::string body;
    wire::ProtoWriter(&body).BytesAlways(1, series);
    const http::Response response = Write(test::Snappy(body));
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.body, "more than 1000000 samples in one request\n");
  }
}

TEST_F(HostileBodyTest, LabelsWithoutEnd) {
  test::SeriesToSend series;
  series.labels.assign(wire::kSeriesLabelsMax + 1, {"a", "b"});
  series.samples = {{1, kHostileNow}};
  EXPECT_EQ(Write(test::Snappy(test::EncodeV1({series}))).status, 400);
  EXPECT_EQ(Write(test::Snappy(test::EncodeV2({series})), true).status, 400);
  std::string symbols;
  for (size_t i = 0; i <= wire::kSymbolsMax; ++i) {
    symbols.append("\x22\x00", 2);
  }
  EXPECT_THAT(Write(test::Snappy(symbols), true).body, HasSubstr("more than 1000000 symbols"));
}

TEST_F(HostileBodyTest, GzipThatUnpacksToGigabytes) {
  std::string member;
  GzipEncode(std::string(kMemberBytes, '\0'), &member);
  std::string bomb;
  for (int i = 0; i < 256; ++i) {
    bomb += member;
  }
  EXPECT_EQ(Otlp(bomb, false, "gzip").status, 413);
  EXPECT_EQ(Otlp(bomb, true, "gzip").status, 413);
  EXPECT_EQ(Otlp(bomb.substr(0, member.size() / 2), false, "gzip").status, 400);
}

TEST_F(HostileBodyTest, OtlpElementsThatTakeNoBytes) {
  std::string points;
  for (int i = 0; i < 4'000'000; ++i) {
    points.append("\x0a\x00", 2);
  }
  const auto nested = [](std::initializer_list<uint32_t> fields, std::string_view inner) {
    std::string message(inner);
    for (const uint32_t field : fields) {
      std::string outer;
      wire::ProtoWriter(&outer).BytesAlways(field, message);
      message = std::move(outer);
    }
    return message;
  };
  // Of a gauge, a histogram, and of a resource: attributes.
  for (const std::string& body : {nested({5, 2, 2, 1}, points), nested({9, 2, 2, 1}, points), nested({1, 1}, points)}) {
    const http::Response response = Otlp(body);
    EXPECT_EQ(response.status, 413);
    EXPECT_THAT(response.body, HasSubstr("more than 500000 data points"));
  }
  std::string json = R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{})";
  for (int i = 0; i < 1'000'000; ++i) {
    json += ",{}";
  }
  EXPECT_EQ(Otlp(json + "]}}]}]}]}", true).status, 413);
}

TEST_F(HostileBodyTest, ValuesWithinValues) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += R"({"arrayValue":{"values":[)";
  }
  const std::string begin = R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"a","value":)";
  EXPECT_EQ(Otlp(begin + text, true).status, 400);
  std::string groups;
  for (int i = 0; i < 100'000; ++i) {
    groups.push_back('\x0b');
  }
  EXPECT_EQ(Otlp(groups).status, 400);
  EXPECT_EQ(Write(test::Snappy(groups)).status, 400);
  EXPECT_EQ(Read(test::Snappy(groups)).status, 400);
}

TEST_F(HostileBodyTest, ReadQueriesWithoutEnd) {
  std::string body;
  for (size_t i = 0; i <= wire::kReadQueriesMax; ++i) {
    body.append("\x0a\x00", 2);
  }
  EXPECT_EQ(Read(test::Snappy(body)).status, 400);
  std::string query;
  for (size_t i = 0; i <= wire::kReadMatchersMax; ++i) {
    query.append("\x1a\x00", 2);
  }
  body.clear();
  wire::ProtoWriter(&body).BytesAlways(1, query);
  EXPECT_EQ(Read(test::Snappy(body)).status, 400);
}

}  // namespace
}  // namespace tocsin
