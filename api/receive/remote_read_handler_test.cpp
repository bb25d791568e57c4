#include "api/receive/remote_read_handler.h"

#include <prometheus/registry.h>

#include "api/receive/chunk_stream.h"
#include "base/compress/compress.h"
#include "base/model/float_histogram.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/appender.h"
#include "storage/chunk/chunk.h"
#include "storage/head.h"

namespace tocsin {
namespace {

constexpr TimestampMs kStart = 1'700'000'000'000;
constexpr int kSamples = 300;

FloatHistogram HistogramAt(int i, bool whole) {
  FloatHistogram h;
  h.positive_spans = {{0, 2}};
  h.positive_buckets = {1.0 + i, whole ? 2.0 : 2.5};
  h.count = h.positive_buckets[0] + h.positive_buckets[1];
  h.sum = i;
  return h;
}

class RemoteReadTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::unique_ptr<Appender> appender = head_->OpenAppender();
    AppendResult result;
    for (const char* instance : {"a", "b"}) {
      const SeriesRef ref = appender->GetOrCreate(Labels::Of({{"__name__", "up"}, {"instance", instance}}), &result);
      for (int i = 0; i < kSamples; ++i) {
        ASSERT_EQ(appender->Append(ref, kStart + i * 1000, i), AppendResult::kOk);
      }
    }
    const SeriesRef ref = appender->GetOrCreate(Labels::Of({{"__name__", "h"}}), &result);
    for (int i = 0; i < 5; ++i) {
      ASSERT_EQ(appender->AppendHistogram(ref, kStart + i * 1000, HistogramAt(i, true), true), AppendResult::kOk);
    }
    ASSERT_TRUE(appender->Commit().ok());
  }

  http::Response Read(std::vector<Matcher> matchers, std::vector<uint64_t> types) {
    wire::ReadRequest request;
    request.queries = {{kStart, kStart + 3'600'000, std::move(matchers)}};
    request.accepted_types = std::move(types);
    http::Request http_request;
    SnappyEncode(wire::EncodeReadRequest(request), &http_request.body);
    return handler_.Handle(http_request);
  }

  ManualClock clock_{kStart + 3'600'000};
  std::unique_ptr<Head> head_ = Head::OpenMemoryOnly({}, clock_);
  prometheus::Registry metrics_;
  RemoteReadOptions options_{.sample_limit = 700, .max_bytes_in_frame = 500};
  RemoteReadHandler handler_{options_, *head_, [] { return RemoteReadHandler::ExternalLabels{{"cluster", "c"}, {"instance", "x"}}; },
                             metrics_};
};

TEST_F(RemoteReadTest, Samples) {
  const http::Response response = Read({Matcher::Equal("__name__", "up")}, {});
  ASSERT_EQ(response.status, 200) << response.body;
  std::string body;
  ASSERT_TRUE(SnappyDecode(response.body, 1 << 20, &body).ok());
  const auto results = wire::DecodeReadResponse(body);
  ASSERT_TRUE(results.ok());
  ASSERT_EQ(results->size(), 1u);
  ASSERT_EQ((*results)[0].size(), 2u);
  EXPECT_EQ((*results)[0][1].labels.ToString(), "{__name__=\"up\", cluster=\"c\", instance=\"b\"}");
  EXPECT_EQ((*results)[0][1].samples.size(), static_cast<size_t>(kSamples));
  EXPECT_EQ((*results)[0][1].samples.values[7], 7);
}

TEST_F(RemoteReadTest, HistogramsAndExternalMatchers) {
  const http::Response response = Read({Matcher::Equal("__name__", "h"), Matcher::Equal("cluster", "c")}, {7, 0});
  std::string body;
  ASSERT_TRUE(SnappyDecode(response.body, 1 << 20, &body).ok());
  const auto results = wire::DecodeReadResponse(body);
  ASSERT_TRUE(results.ok());
  ASSERT_EQ((*results)[0].size(), 1u);
  EXPECT_TRUE(AlmostEqualHistograms(*(*results)[0][0].samples.histograms[3], HistogramAt(3, true), 1e-12));
  EXPECT_EQ(Read({Matcher::Equal("cluster", "d"), Matcher::Equal("__name__", "h")}, {}).status, 200);
}

TEST_F(RemoteReadTest, Limits) {
  EXPECT_EQ(Read({}, {}).status, 400);
  EXPECT_EQ(Read({*Matcher::Create(MatchType::kRegexp, "__name__", "up|h")}, {0}).status, 200);
  options_.sample_limit = 2 * kSamples;
  RemoteReadHandler strict({.sample_limit = 2 * kSamples - 1}, *head_, [] { return RemoteReadHandler::ExternalLabels(); }, metrics_);
  wire::ReadRequest request;
  request.queries = {{kStart, kStart + 3'600'000, {Matcher::Equal("__name__", "up")}}};
  http::Request http_request;
  SnappyEncode(wire::EncodeReadRequest(request), &http_request.body);
  const http::Response response = strict.Handle(http_request);
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "exceeded sample limit (599)\n");
  EXPECT_EQ(Read({Matcher::Equal("a", "b")}, {9}).status, 400);
  http_request.body = "xxxx";
  EXPECT_EQ(strict.Handle(http_request).status, 400);
}

TEST_F(RemoteReadTest, StreamedChunks) {
  const http::Response response = Read({*Matcher::Create(MatchType::kNotEqual, "__name__", "")}, {1, 0});
  EXPECT_EQ(FindHeader(response.headers, "Content-Type"), "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  std::string body = response.body;
  while (response.stream(&body)) {
  }
  std::map<std::string, SampleColumns> series;
  std::string_view rest = body;
  std::string_view message;
  size_t frames = 0;
  while (true) {
    const absl::StatusOr<bool> taken = wire::TakeFrame(&rest, 1 << 20, &message);
    ASSERT_TRUE(taken.ok());
    if (!*taken) {
      break;
    }
    ++frames;
    const absl::StatusOr<wire::ChunkedReadFrame> frame = wire::DecodeChunkedRead(message);
    ASSERT_TRUE(frame.ok());
    for (const wire::ChunkedSeries& one : frame->series) {
      for (const wire::WireChunk& chunk : one.chunks) {
        ASSERT_TRUE(ReadChunk(static_cast<ChunkEncoding>(chunk.encoding),
                              {reinterpret_cast<const uint8_t*>(chunk.data.data()), chunk.data.size()}, chunk.min_t, chunk.max_t,
                              &series[one.labels.ToString()]));
      }
    }
  }
  EXPECT_TRUE(rest.empty());
  EXPECT_GE(frames, 3u);
  ASSERT_EQ(series.size(), 3u);
  const SampleColumns& up = series["{__name__=\"up\", cluster=\"c\", instance=\"a\"}"];
  ASSERT_EQ(up.size(), static_cast<size_t>(kSamples));
  EXPECT_EQ(up.values[299], 299);
  EXPECT_EQ(up.timestamps[299], kStart + 299'000);
  EXPECT_EQ(series["{__name__=\"h\", cluster=\"c\", instance=\"x\"}"].histograms.size(), 5u);
}

TEST(ChunkStreamTest, CutsByKindLayoutAndCount) {
  SampleColumns samples;
  for (int i = 0; i < 130; ++i) {
    samples.timestamps.push_back(kStart + i);
    samples.values.push_back(i);
    samples.histograms.push_back(nullptr);
  }
  for (int i = 0; i < 4; ++i) {
    samples.timestamps.push_back(kStart + 200 + i);
    samples.values.push_back(i);
    samples.histograms.push_back(std::make_shared<const FloatHistogram>(HistogramAt(i, i < 2)));
  }
  const std::vector<EncodedChunk> chunks = EncodeChunks(samples);
  ASSERT_EQ(chunks.size(), 4u);
  EXPECT_EQ(chunks[1].max_t, kStart + 129);
  EXPECT_EQ(chunks[2].encoding, 2u);
  EXPECT_EQ(chunks[3].encoding, 3u);
  SampleColumns back;
  for (const EncodedChunk& chunk : chunks) {
    ASSERT_TRUE(ReadChunk(static_cast<ChunkEncoding>(chunk.encoding),
                          {reinterpret_cast<const uint8_t*>(chunk.data.data()), chunk.data.size()}, kMinTimestamp, kMaxTimestamp, &back));
  }
  EXPECT_EQ(back.timestamps, samples.timestamps);
}

}  // namespace
}  // namespace tocsin
