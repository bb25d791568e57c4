#include "api/receive/remote_write_receiver.h"

#include <prometheus/registry.h>

#include <cmath>

#include "base/model/float_histogram.h"
#include "base/model/sample.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/recording_store.h"
#include "tests/support/write_request_builder.h"

namespace tocsin {
namespace {

using test::SeriesToSend;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr TimestampMs kNow = 1'700'000'000'000;

class RemoteWriteReceiverTest : public testing::Test {
 protected:
  http::Response Send(std::string body, std::string_view content_type, std::string_view encoding = "snappy") {
    RemoteWriteReceiver receiver(options_, store_, clock_, metrics_);
    http::Request request;
    request.method = "POST";
    request.headers = {{"Content-Type", std::string(content_type)}, {"Content-Encoding", std::string(encoding)}};
    request.body = std::move(body);
    return receiver.Handle(request);
  }
  http::Response SendV1(const std::vector<SeriesToSend>& series) {
    return Send(test::Snappy(test::EncodeV1(series)), "application/x-protobuf");
  }
  http::Response SendV2(const std::vector<SeriesToSend>& series) {
    return Send(test::Snappy(test::EncodeV2(series)), "application/x-protobuf;proto=io.prometheus.write.v2.Request");
  }

  RemoteWriteOptions options_;
  test::RecordingStore store_;
  ManualClock clock_{kNow};
  prometheus::Registry metrics_;
};

std::string Written(const http::Response& response) {
  return std::string(FindHeader(response.headers, "X-Prometheus-Remote-Write-Samples-Written")) + "/" +
         std::string(FindHeader(response.headers, "X-Prometheus-Remote-Write-Histograms-Written")) + "/" +
         std::string(FindHeader(response.headers, "X-Prometheus-Remote-Write-Exemplars-Written"));
}

SeriesToSend Up(std::string instance, std::vector<SeriesToSend::Sample> samples) {
  SeriesToSend series;
  series.labels = {{"instance", std::move(instance)}, {"__name__", "up"}};
  series.samples = std::move(samples);
  return series;
}

TEST_F(RemoteWriteReceiverTest, BothVersionsStore) {
  EXPECT_EQ(SendV1({Up("a", {{1, kNow}, {2, kNow + 1}})}).status, 204);
  const http::Response response = SendV2({Up("a", {{3, kNow + 2, kNow - 5}}), Up("b", {{1, kNow}})});
  EXPECT_EQ(response.status, 204);
  EXPECT_EQ(Written(response), "2/0/0");
  const auto& series = store_.series["{__name__=\"up\", instance=\"a\"}"];
  EXPECT_THAT(series.samples, ElementsAre(Pair(kNow, 1), Pair(kNow + 1, 2), Pair(kNow + 2, 3)));
  EXPECT_THAT(series.start_times, ElementsAre(kNow - 5));
}

TEST_F(RemoteWriteReceiverTest, StaleMarkersKeepTheirBits) {
  EXPECT_EQ(SendV2({Up("a", {{kStaleNaN, kNow}})}).status, 204);
  EXPECT_TRUE(IsStaleNaN(store_.series.begin()->second.samples[0].second));
}

TEST_F(RemoteWriteReceiverTest, HeadersDecide) {
  const std::string body = test::Snappy("");
  EXPECT_EQ(Send(body, "").status, 204);
  EXPECT_EQ(Send(body, "application/x-protobuf;proto=prometheus.WriteRequest", "").status, 204);
  EXPECT_EQ(Send(body, "application/json").body,
            "expected application/x-protobuf as the first (media) part, got application/json content-type\n");
  EXPECT_EQ(Send(body, "application/x-protobuf;proto=x").status, 415);
  EXPECT_EQ(Send(body, "application/x-protobuf;proto").status, 415);
  EXPECT_EQ(Send(body, "application/x-protobuf", "gzip").body,
            "gzip encoding (compression) is not accepted by this server; only snappy is acceptable\n");
  options_.accepted_messages = {std::string(kWriteV1)};
  EXPECT_EQ(Send(body, "application/x-protobuf;proto=io.prometheus.write.v2.Request").status, 415);
}

TEST_F(RemoteWriteReceiverTest, DamagedBodiesWriteNothing) {
  EXPECT_EQ(Send("\xff\xff", "application/x-protobuf").status, 400);
  const std::string body = test::EncodeV1({Up("a", {{1, kNow}}), Up("b", {{1, kNow}})});
  EXPECT_EQ(Send(test::Snappy(std::string_view(body).substr(0, body.size() - 1)), "application/x-protobuf").status, 400);
  EXPECT_TRUE(store_.series.empty());
  EXPECT_EQ(store_.rollbacks, 1);
}

TEST_F(RemoteWriteReceiverTest, BodiesThatUnpackTooFarAreRefused) {
  std::string header;
  wire::AppendVarint(kWriteDecodedBytesMax + 1, &header);
  EXPECT_EQ(Send(header + "xxxx", "application/x-protobuf").status, 413);
  const std::string full(kWriteDecodedBytesMax, '\0');
  EXPECT_EQ(Send(test::Snappy(full), "application/x-protobuf").status, 400) << "not too large, but no message";
}

TEST_F(RemoteWriteReceiverTest, V1IsAllOrNothing) {
  const http::Response response = SendV1({Up("a", {{1, kNow}}), Up("b", {{1, kNow}, {2, kNow - 1}})});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "out of order sample\n");
  EXPECT_TRUE(store_.series.empty());
}

TEST_F(RemoteWriteReceiverTest, V1LeavesOutInvalidSeriesSilently) {
  SeriesToSend nameless = Up("a", {{1, kNow}});
  nameless.labels.pop_back();
  SeriesToSend twice = Up("b", {{1, kNow}});
  twice.labels.push_back({"instance", "c"});
  SeriesToSend broken = Up("\xff", {{1, kNow}});
  EXPECT_EQ(SendV1({nameless, twice, broken, Up("good", {{1, kNow}})}).status, 204);
  EXPECT_EQ(store_.series.size(), 1u);
}

TEST_F(RemoteWriteReceiverTest, V2WritesWhatIsGood) {
  SeriesToSend nameless = Up("a", {{1, kNow}});
  nameless.labels.pop_back();
  const http::Response response = SendV2(
      {nameless, Up("b", {{1, kNow}, {2, kNow - 1}}), Up("c", {{1, kNow + kWriteAheadMax + 1}}), Up("d", {{1, kNow + kWriteAheadMax}})});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(Written(response), "2/0/0");
  EXPECT_EQ(response.body,
            "invalid metric name or labels, got {instance=\"a\"}\n"
            "out of order sample for series {__name__=\"up\", instance=\"b\"}\n"
            "out of bounds: timestamp is too far in the future for series {__name__=\"up\", instance=\"c\"}\n");
}

TEST_F(RemoteWriteReceiverTest, V2ReferencesAreChecked) {
  std::string body;
  wire::ProtoWriter writer(&body);
  writer.BytesAlways(4, "");
  writer.Message(5, [](wire::ProtoWriter& series) { series.PackedVarints(1, std::vector<uint64_t>{0, 7}); });
  writer.Message(5, [](wire::ProtoWriter& series) { series.PackedVarints(1, std::vector<uint64_t>{0}); });
  const http::Response response = Send(test::Snappy(body), "application/x-protobuf;proto=io.prometheus.write.v2.Request");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            "parsing labels for series [0 7]: labelRefs 0 (name) = 7 (value) outside of symbols table (size 1)\n"
            "parsing labels for series [0]: invalid labelRefs length 1\n");
}

TEST_F(RemoteWriteReceiverTest, MemoryLimitAsksToComeBack) {
  store_.series_max = 1;
  http::Response response = SendV2({Up("a", {{1, kNow}}), Up("b", {{1, kNow}})});
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(Written(response), "1/0/0");
  EXPECT_FALSE(FindHeader(response.headers, "Retry-After").empty());
  EXPECT_EQ(store_.series.size(), 1u);
  response = SendV1({Up("a", {{1, kNow}}), Up("b", {{1, kNow}})});
  EXPECT_EQ(response.status, 429);
  store_.series_max = 2;
  EXPECT_EQ(SendV1({Up("a", {{1, kNow}}), Up("b", {{1, kNow}})}).status, 204) << "what is sent again is accepted silently";
}

TEST_F(RemoteWriteReceiverTest, LogThatCannotBeWritten) {
  store_.commit_fails = true;
  EXPECT_EQ(SendV1({Up("a", {{1, kNow}})}).status, 503);
  const http::Response response = SendV2({Up("a", {{1, kNow}})});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(Written(response), "0/0/0");
}

TEST_F(RemoteWriteReceiverTest, HistogramsAreReducedAndChecked) {
  const auto message = [](const FloatHistogram& h, bool integers) {
    std::string text;
    wire::ProtoWriter writer(&text);
    wire::EncodeHistogram(h, integers, kNow, 0, &writer);
    return text;
  };
  FloatHistogram fine;
  fine.schema = 10;
  fine.count = 3;
  fine.positive_spans = {{1, 2}};
  fine.positive_buckets = {1, 2};
  SeriesToSend series = Up("a", {});
  series.histograms = {message(fine, true)};
  EXPECT_EQ(SendV1({series}).status, 204);
  const FloatHistogram stored = store_.series.begin()->second.histograms[0].second;
  EXPECT_EQ(stored.schema, 8);
  EXPECT_THAT(stored.positive_buckets, ElementsAre(3));

  fine.schema = 0;
  fine.count = 99;
  series.histograms = {message(fine, true), message(fine, false)};
  const http::Response response = SendV2({series});
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(Written(response), "0/1/0") << "floats need not add up";
  EXPECT_THAT(response.body, HasSubstr("3 observations found in buckets, but the Count field is 99"));
}

TEST_F(RemoteWriteReceiverTest, MetadataWhereItIsKept) {
  SeriesToSend series = Up("a", {{1, kNow}});
  series.has_metadata = true;
  series.type = 1;
  series.help = "Help.";
  series.unit = "seconds";
  EXPECT_EQ(SendV2({series}).status, 204);
  EXPECT_EQ(store_.series.begin()->second.metadata.type, "");
  options_.store_metadata = true;
  options_.type_and_unit_labels = true;
  EXPECT_EQ(SendV2({series}).status, 204);
  const auto& stored = store_.series["{__name__=\"up\", __type__=\"counter\", __unit__=\"seconds\", instance=\"a\"}"];
  EXPECT_EQ(stored.metadata.help, "Help.");
}

TEST_F(RemoteWriteReceiverTest, ErrorTextsAreBounded) {
  WriteErrors errors;
  const std::string line(WriteErrors::kErrorBytesMax / 2, 'x');
  errors.Add(line);
  errors.Add(line);
  EXPECT_EQ(errors.Text().size(), WriteErrors::kErrorBytesMax + 1);
  errors.Add(line);
  EXPECT_THAT(errors.Text(), HasSubstr("and 1 more errors"));
}

}  // namespace
}  // namespace tocsin
