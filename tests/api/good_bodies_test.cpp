// What senders of all protocols post when all is well, and what they and readers get for it, byte by byte.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/compress/compress.h"
#include "base/strings.h"
#include "base/wire/remote_read.h"
#include "tests/api/api_server.h"
#include "tests/support/write_request_builder.h"

namespace tocsin::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class GoodBodiesTest : public testing::Test {
 protected:
  GoodBodiesTest()
      : server_({"--web.enable-otlp-receiver", "--enable-feature=exemplar-storage",
                 "--web.remote-write-receiver.accepted-protobuf-messages=prometheus.WriteRequest",
                 "--web.remote-write-receiver.accepted-protobuf-messages=io.prometheus.write.v2.Request"}) {}

  std::string Send(std::string_view path, std::string_view headers, std::string_view body) const {
    return server_.Raw(
        Cat("POST ", path, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", headers, "Content-Length: ", body.size(), "\r\n\r\n", body));
  }
  std::string Instant(std::string_view query) const { return server_.Get(Cat("/api/v1/query?query=", query, "&time=", server_.newest())); }
  TimestampMs newest_ms() const { return server_.newest() * 1000; }

  SeriesToSend Series(const char* name) const {
    SeriesToSend series;
    series.labels = {{"__name__", name}, {"job", "sender"}};
    series.samples = {{1.5, newest_ms() - 15'000}, {2.5, newest_ms()}};
    series.exemplars = {{{{"trace_id", "abc"}}, 0.25, newest_ms() - 1000}};
    return series;
  }
  std::string Answer(const char* name, const char* value) const {
    return Cat(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":")", name,
               R"(","job":"sender"},"value":[)", server_.newest(), ",\"", value, "\"]}]}}");
  }

  const ApiServer server_;
};

TEST_F(GoodBodiesTest, RemoteWriteOfBothVersions) {
  const std::string first = Send("/api/v1/write",
                                 "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
                                 "X-Prometheus-Remote-Write-Version: 0.1.0\r\n",
                                 Snappy(EncodeV1({Series("first_total")})));
  EXPECT_THAT(first, AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"), Not(HasSubstr("-Written"))));
  const std::string second =
      Send("/api/v1/write",
           "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request\r\nContent-Encoding: snappy\r\n"
           "X-Prometheus-Remote-Write-Version: 2.0.0\r\n",
           Snappy(EncodeV2({Series("second_total")})));
  EXPECT_THAT(second, AllOf(StartsWith("HTTP/1.1 204 No Content\r\n"), HasSubstr("X-Prometheus-Remote-Write-Samples-Written: 2\r\n"),
                            HasSubstr("X-Prometheus-Remote-Write-Histograms-Written: 0\r\n"),
                            HasSubstr("X-Prometheus-Remote-Write-Exemplars-Written: 1\r\n")));
  EXPECT_EQ(Instant("first_total"), Answer("first_total", "2.5"));
  EXPECT_EQ(Instant("second_total"), Answer("second_total", "2.5"));
  EXPECT_EQ(server_.Get(Cat("/api/v1/query_exemplars?query=first_total&start=", server_.oldest(), "&end=", server_.newest())),
            Cat(R"({"status":"success","data":[{"seriesLabels":{"__name__":"first_total","job":"sender"},"exemplars":[)"
                R"({"labels":{"trace_id":"abc"},"value":"0.25","timestamp":)",
                server_.newest() - 1, "}]}]}"));
}

TEST_F(GoodBodiesTest, RemoteReadAnswersSamplesAndChunks) {
  wire::ReadRequest request;
  request.queries.push_back(
      {.start = newest_ms() - 20'000, .end = newest_ms(), .matchers = {*Matcher::Create(MatchType::kEqual, "__name__", "temperature")}});
  const std::string headers =
      "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\nX-Prometheus-Remote-Read-Version: 0.1.0\r\n";
  const std::string answer = Send("/api/v1/read", headers, Snappy(wire::EncodeReadRequest(request)));
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: application/x-protobuf\r\n"),
                            HasSubstr("Content-Encoding: snappy\r\n")));
  std::string plain;
  ASSERT_TRUE(SnappyDecode(BodyOf(answer), 1 << 20, &plain).ok());
  const auto results = wire::DecodeReadResponse(plain);
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 1U);
  ASSERT_EQ(results->front().size(), 1U);
  EXPECT_EQ(results->front().front().labels, Labels::Of({{"__name__", "temperature"}, {"job", "pushed"}, {"room", "a"}}));
  EXPECT_THAT(results->front().front().samples.timestamps, testing::ElementsAre(newest_ms() - 15'000, newest_ms()));
  EXPECT_THAT(results->front().front().samples.values, testing::ElementsAre(59, 60));

  request.accepted_types = {static_cast<uint64_t>(wire::ReadResponseType::kStreamedXorChunks)};
  RawClient client(server_.address());
  const std::string body = Snappy(wire::EncodeReadRequest(request));
  client.Send(Cat("POST /api/v1/read HTTP/1.0\r\nHost: x\r\n", headers, "Content-Length: ", body.size(), "\r\n\r\n", body));
  const std::string streamed = client.ReadToEnd();
  EXPECT_THAT(streamed, HasSubstr("Content-Type: application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse\r\n"));
  std::string_view frames = BodyOf(streamed);
  std::string_view message;
  const absl::StatusOr<bool> taken = wire::TakeFrame(&frames, 1 << 20, &message);
  ASSERT_TRUE(taken.ok() && *taken) << taken.status();
  const auto frame = wire::DecodeChunkedRead(message);
  ASSERT_TRUE(frame.ok()) << frame.status();
  ASSERT_EQ(frame->series.size(), 1U);
  EXPECT_EQ(frame->series.front().labels, Labels::Of({{"__name__", "temperature"}, {"job", "pushed"}, {"room", "a"}}));
  EXPECT_FALSE(frame->series.front().chunks.empty());
  EXPECT_TRUE(frames.empty());
}

TEST_F(GoodBodiesTest, OtlpAsJson) {
  const std::string body = Cat(
      R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"sender"}},)"
      R"({"key":"cloud.region","value":{"stringValue":"eu"}}]},"scopeMetrics":[{"metrics":[)"
      R"({"name":"disk.used","unit":"By","gauge":{"dataPoints":[{"timeUnixNano":")",
      newest_ms(), R"(000000","asDouble":3.5}]}},{"name":"requests","sum":{"isMonotonic":true,"aggregationTemporality":2,"dataPoints":[)",
      R"({"timeUnixNano":")", newest_ms(), R"(000000","asInt":"7"}]}}]}]}]})");
  const std::string answer = Send("/api/v1/otlp/v1/metrics", "Content-Type: application/json\r\n", body);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(Instant("disk_used_bytes"), Answer("disk_used_bytes", "3.5"));
  EXPECT_EQ(Instant("requests_total"), Answer("requests_total", "7"));
  EXPECT_THAT(Instant("target_info"), HasSubstr(R"("cloud_region":"eu","job":"sender")"));
  std::string packed;
  GzipEncode(body, &packed);
  EXPECT_THAT(Send("/api/v1/otlp/v1/metrics", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", packed),
              StartsWith("HTTP/1.1 200 OK\r\n"));
}

}  // namespace
}  // namespace tocsin::test
