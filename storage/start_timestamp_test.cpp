#include <gtest/gtest.h>

#include "storage/head.h"

namespace tocsin {
namespace {

class StartTimestampTest : public testing::Test {
 protected:
  void Open(const HeadOptions& options) { head_ = Head::OpenMemoryOnly(options, clock_); }

  static SeriesRef Ref(Appender& appender) {
    AppendResult result;
    return appender.GetOrCreate(Labels::Of({{"__name__", "m"}}), &result);
  }

  SampleColumns Read() {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    const auto list = (*querier)->Select({{Matcher::Equal("__name__", "m")}}, SelectHints{});
    SampleColumns samples;
    for (const auto& series : *list) {
      series->Read(kMinTimestamp, kMaxTimestamp, &samples);
    }
    return samples;
  }

  ManualClock clock_{0};
  std::unique_ptr<Head> head_;
};

TEST_F(StartTimestampTest, StartTimestampsAreKeptWhereEnabled) {
  HeadOptions options;
  options.start_timestamps = true;
  Open(options);
  const auto appender = head_->OpenAppender();
  const SeriesRef ref = Ref(*appender);
  EXPECT_EQ(appender->Append(ref, 1000, 1), AppendResult::kOk);
  appender->SetStartTimestamp(ref, 500);
  EXPECT_EQ(appender->Append(ref, 2000, 1), AppendResult::kOk);
  EXPECT_EQ(appender->Append(ref, 3000, 1), AppendResult::kOk);
  appender->SetStartTimestamp(ref, 0);
  EXPECT_EQ(appender->Append(ref, 4000, 1), AppendResult::kOk);
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_EQ(Read().start_timestamps, (std::vector<TimestampMs>{0, 500, 500, 0}));
}

TEST_F(StartTimestampTest, StartTimestampsBecomeZerosWhereEnabled) {
  HeadOptions options;
  options.start_zero_samples = true;
  options.out_of_order_window_ms = kHour;
  Open(options);
  const auto scrape = [&](TimestampMs start_t, TimestampMs t, double value) {
    const auto appender = head_->OpenAppender();
    const SeriesRef ref = Ref(*appender);
    appender->SetStartTimestamp(ref, start_t);
    EXPECT_EQ(appender->Append(ref, t, value), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  };
  scrape(500, 1000, 7);
  scrape(500, 2000, 8);   // known already
  scrape(2500, 3000, 2);  // the counter began anew
  scrape(1500, 4000, 3);  // older than the newest sample: not even out of order
  scrape(6000, 5000, 4);  // not before its sample
  SampleColumns samples = Read();
  EXPECT_EQ(samples.timestamps, (std::vector<TimestampMs>{500, 1000, 2000, 2500, 3000, 4000, 5000}));
  EXPECT_EQ(samples.values, (std::vector<double>{0, 7, 8, 0, 2, 3, 4}));
  EXPECT_TRUE(samples.start_timestamps.empty());

  const auto appender = head_->OpenAppender();
  const SeriesRef ref = Ref(*appender);
  appender->SetStartTimestamp(ref, 5500);
  EXPECT_EQ(appender->Append(ref, 6000, 5), AppendResult::kOk);
  EXPECT_EQ(appender->Append(ref, 7000, 6), AppendResult::kOk);
  ASSERT_TRUE(appender->Commit().ok());
  samples = Read();
  EXPECT_EQ(samples.values, (std::vector<double>{0, 7, 8, 0, 2, 3, 4, 0, 5, 6}));
}

TEST_F(StartTimestampTest, HistogramsHaveZerosOfTheirLayoutAtTheirStart) {
  HeadOptions options;
  options.start_zero_samples = true;
  Open(options);
  const auto appender = head_->OpenAppender();
  const SeriesRef ref = Ref(*appender);
  FloatHistogram histogram;
  histogram.schema = 2;
  histogram.zero_threshold = 0.125;
  histogram.count = 3;
  histogram.sum = 9;
  histogram.positive_spans = {{0, 1}};
  histogram.positive_buckets = {3};
  appender->SetStartTimestamp(ref, 500);
  EXPECT_EQ(appender->AppendHistogram(ref, 1000, histogram, true), AppendResult::kOk);
  ASSERT_TRUE(appender->Commit().ok());
  const SampleColumns samples = Read();
  ASSERT_EQ(samples.timestamps, (std::vector<TimestampMs>{500, 1000}));
  ASSERT_TRUE(samples.is_histogram(0));
  const FloatHistogram& zero = *samples.histograms[0];
  EXPECT_EQ(zero.schema, 2);
  EXPECT_EQ(zero.zero_threshold, 0.125);
  EXPECT_EQ(zero.count, 0);
  EXPECT_EQ(zero.sum, 0);
  EXPECT_EQ(zero.positive_buckets, std::vector<double>(zero.positive_buckets.size(), 0));
}

}  // namespace
}  // namespace tocsin
