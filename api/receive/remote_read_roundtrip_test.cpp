#include <prometheus/registry.h>

#include <map>

#include "api/receive/remote_read_handler.h"
#include "engine/remote/remote_read_querier.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/appender.h"
#include "storage/head.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using testing::ElementsAre;

constexpr TimestampMs kRoundtripNow = 1'700'000'000'000;

/// A store behind a real remote read handler, reached over HTTP, and a local store in front.
class RemoteReadRoundtripTest : public testing::Test {
 protected:
  static void Add(Head& head, std::string_view instance, TimestampMs t, double value) {
    const std::unique_ptr<Appender> appender = head.OpenAppender();
    AppendResult result = AppendResult::kOk;
    const SeriesRef ref = appender->GetOrCreate(Labels::Of({{"__name__", "up"}, {"instance", instance}}), &result);
    ASSERT_EQ(appender->Append(ref, t, value), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }

  /// The values of each series, by instance.
  std::map<std::string, std::vector<double>> Select(const RemoteReadConfig& config, TimestampMs min_t) {
    FanoutQueryable fanout(*local_, [this] { return local_->min_time(); }, clock_);
    fanout.Apply({config}, Labels::Of({{"cluster", "c"}}));
    const auto querier = *fanout.OpenQuerier(min_t, kRoundtripNow);
    const Matcher up = Matcher::Equal("__name__", "up");
    const SeriesList list = *querier->Select({&up, 1}, {min_t, kRoundtripNow});
    std::map<std::string, std::vector<double>> values;
    for (const std::unique_ptr<SelectedSeries>& series : list) {
      EXPECT_FALSE(series->labels().Has("cluster"));
      SampleColumns samples;
      series->Read(min_t, kRoundtripNow, &samples);
      values[std::string(series->labels().Get("instance"))] = samples.values;
    }
    return values;
  }

  ManualClock clock_{kRoundtripNow};
  std::unique_ptr<Head> remote_ = Head::OpenMemoryOnly({}, clock_);
  std::unique_ptr<Head> local_ = Head::OpenMemoryOnly({}, clock_);
  prometheus::Registry metrics_;
  RemoteReadHandler handler_{{}, *remote_, [] { return RemoteReadHandler::ExternalLabels{{"cluster", "c"}}; }, metrics_};
  test::HttpDouble server_{[this](const test::DoubleRequest& request) {
    http::Request read;
    read.method = request.method;
    read.body = request.body;
    http::Response response = handler_.Handle(read);
    while (response.stream && response.stream(&response.body)) {
    }
    return test::DoubleResponse{.status = response.status, .headers = response.headers, .body = response.body};
  }};
};

TEST_F(RemoteReadRoundtripTest, OldSamplesComeFromTheRemoteStore) {
  Add(*remote_, "a", kRoundtripNow - 5000, 1);
  Add(*remote_, "a", kRoundtripNow - 3000, 2);
  Add(*remote_, "b", kRoundtripNow - 4000, 7);
  Add(*local_, "a", kRoundtripNow - 3000, 20);
  Add(*local_, "a", kRoundtripNow - 1000, 30);
  RemoteReadConfig config;
  config.url = server_.Url("/api/v1/read");
  const std::map<std::string, std::vector<double>> values = Select(config, kRoundtripNow - kHour);
  EXPECT_THAT(values.at("a"), ElementsAre(1, 20, 30));
  EXPECT_THAT(values.at("b"), ElementsAre(7));
  EXPECT_EQ(Select(config, kRoundtripNow - 3000).count("b"), 0u) << "all in the local store";
  config.read_recent = true;
  config.required_matchers = {{"job", "x"}};
  EXPECT_EQ(Select(config, kRoundtripNow - kHour).count("b"), 0u) << "the query lacks a required matcher";
}

TEST_F(RemoteReadRoundtripTest, ARemoteStoreThatIsAwayIsLeftOut) {
  Add(*local_, "a", kRoundtripNow - 1000, 30);
  RemoteReadConfig config;
  config.url = "http://127.0.0.1:1/read";
  EXPECT_THAT(Select(config, kRoundtripNow - kHour).at("a"), ElementsAre(30));
}

}  // namespace
}  // namespace tocsin
