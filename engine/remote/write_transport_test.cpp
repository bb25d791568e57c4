#include "engine/remote/write_transport.h"

#include "gtest/gtest.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

class WriteTransportTest : public testing::Test {
 protected:
  WriteOutcome Send(RemoteWriteMessage message, int attempt) {
    config_.url = receiver_.Url("/api/v1/write");
    return MakeHttpWriteTransport(config_, clock_)->Send("body", message, attempt, stop_);
  }

  test::DoubleRequest seen_;
  test::DoubleResponse answer_;
  test::HttpDouble receiver_{[this](const test::DoubleRequest& request) {
    seen_ = request;
    return answer_;
  }};
  RemoteWriteConfig config_;
  ManualClock clock_;
  StopToken stop_;
};

TEST_F(WriteTransportTest, HeadersOfBothMessages) {
  config_.headers = {{"X-Scope-OrgID", "tenant"}};
  answer_.status = 204;
  EXPECT_EQ(Send(RemoteWriteMessage::kV1, 0).kind, WriteOutcome::Kind::kDone);
  EXPECT_EQ(seen_.method, "POST");
  EXPECT_EQ(seen_.body, "body");
  EXPECT_EQ(seen_.Header("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(seen_.Header("Content-Encoding"), "snappy");
  EXPECT_EQ(seen_.Header("X-Prometheus-Remote-Write-Version"), "0.1.0");
  EXPECT_EQ(seen_.Header("X-Scope-OrgID"), "tenant");
  EXPECT_FALSE(seen_.Header("User-Agent").empty());
  EXPECT_EQ(seen_.Header("Retry-Attempt"), "");
  EXPECT_EQ(Send(RemoteWriteMessage::kV2, 3).kind, WriteOutcome::Kind::kDone);
  EXPECT_EQ(seen_.Header("Content-Type"), "application/x-protobuf;proto=io.prometheus.write.v2.Request");
  EXPECT_EQ(seen_.Header("X-Prometheus-Remote-Write-Version"), "2.0.0");
  EXPECT_EQ(seen_.Header("Retry-Attempt"), "3");
}

TEST_F(WriteTransportTest, StatusCodesDecide) {
  using Kind = WriteOutcome::Kind;
  const std::pair<int, Kind> cases[] = {{200, Kind::kDone},    {204, Kind::kDone},    {400, Kind::kRefused},     {401, Kind::kRefused},
                                        {404, Kind::kRefused}, {413, Kind::kRefused}, {415, Kind::kUnsupported}, {429, Kind::kRefused},
                                        {500, Kind::kRetry},   {502, Kind::kRetry},   {503, Kind::kRetry},       {504, Kind::kRetry}};
  for (const auto& [status, kind] : cases) {
    answer_.status = status;
    EXPECT_EQ(Send(RemoteWriteMessage::kV1, 0).kind, kind) << status;
  }
  config_.queue.retry_on_http_429 = true;
  answer_ = {.status = 429, .headers = {{"Retry-After", "7"}}, .body = "slow down"};
  const WriteOutcome outcome = Send(RemoteWriteMessage::kV1, 0);
  EXPECT_EQ(outcome.kind, Kind::kRetry);
  EXPECT_EQ(outcome.retry_after_ms, 7000);
  EXPECT_EQ(outcome.error, "server returned HTTP status 429 Too Many Requests: slow down");
}

TEST_F(WriteTransportTest, WhoIsNotReachedIsTriedAgain) {
  answer_.reset = true;
  EXPECT_EQ(Send(RemoteWriteMessage::kV1, 0).kind, WriteOutcome::Kind::kRetry);
  config_.remote_timeout_ms = 50;
  answer_ = {.hang = true};
  EXPECT_EQ(Send(RemoteWriteMessage::kV1, 0).kind, WriteOutcome::Kind::kRetry);
}

}  // namespace
}  // namespace tocsin
