// Out-of-order samples are merged into chunks by the maintenance: nobody may see a difference.

#include <gtest/gtest.h>

#include "storage/head.h"
#include "storage/head_core.h"

namespace tocsin {
namespace {

constexpr DurationMs kFoldStep = 10'000;
constexpr int kFoldOfEach = 200;  // more than a chunk holds
const Labels kFolded = Labels::Of({{"__name__", "m"}});
const std::vector<Matcher> kMatchFolded = {Matcher::Equal("__name__", "m")};

class HeadFoldTest : public testing::Test {
 protected:
  HeadFoldTest() {
    HeadOptions options;
    options.out_of_order_window_ms = kDay;
    head_ = Head::OpenMemoryOnly(options, clock_);
  }

  static TimestampMs TimeOf(int i) { return kDay + i * kFoldStep; }

  static SeriesRef Ref(Appender& appender) {
    AppendResult result;
    return appender.GetOrCreate(kFolded, &result);
  }

  void PutFloat(TimestampMs t, double value) {
    const auto appender = head_->OpenAppender();
    ASSERT_EQ(appender->Append(Ref(*appender), t, value), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }

  void PutHistogram(TimestampMs t, double count) {
    FloatHistogram histogram;
    histogram.count = count;
    histogram.sum = count * 2;
    histogram.positive_spans = {{0, 1}};
    histogram.positive_buckets = {count};
    const auto appender = head_->OpenAppender();
    ASSERT_EQ(appender->AppendHistogram(Ref(*appender), t, histogram, true), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }

  SampleColumns Read(TimestampMs min_t = kMinTimestamp, TimestampMs max_t = kMaxTimestamp) {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    SampleColumns samples;
    const auto list = (*querier)->Select(kMatchFolded, {});
    for (const auto& series : *list) {
      series->Read(min_t, max_t, &samples);
    }
    return samples;
  }

  static std::vector<double> CountsOf(const SampleColumns& samples) {
    std::vector<double> counts;
    for (const HistogramPtr& histogram : samples.histograms) {
      counts.push_back(histogram == nullptr ? -1 : histogram->count);
    }
    return counts;
  }

  /// Maintenance changes nothing of what is read, in whole and in windows. The number of samples that wait outside of chunks afterwards.
  size_t FoldUnseen() {
    const SampleColumns before = Read();
    EXPECT_TRUE(std::is_sorted(before.timestamps.begin(), before.timestamps.end()));
    head_->Maintain();
    const SampleColumns after = Read();
    EXPECT_EQ(after.timestamps, before.timestamps);
    EXPECT_EQ(after.values, before.values);
    EXPECT_EQ(CountsOf(after), CountsOf(before));
    for (int i = 0; i < 2 * kFoldOfEach; i += 7) {
      const TimestampMs from = TimeOf(i);
      const TimestampMs to = TimeOf(i + 20);
      const auto within = [&](TimestampMs t) { return from <= t && t <= to; };
      EXPECT_EQ(Read(from, to).size(), static_cast<size_t>(std::count_if(before.timestamps.begin(), before.timestamps.end(), within))) << i;
    }
    HeadCore& core = head_->core();
    const ReaderLock lock(core.mu);
    return core.table.Find(kFolded)->extra->out_of_order.size();
  }

  ManualClock clock_{0};
  std::unique_ptr<Head> head_;
};

TEST_F(HeadFoldTest, FloatsOlderThanAChunkOfHistogramsDoNotGoIntoTheNextChunk) {
  for (int i = 0; i < kFoldOfEach; ++i) {
    PutHistogram(TimeOf(i), i + 1);
  }
  for (int i = kFoldOfEach; i < 2 * kFoldOfEach; ++i) {
    PutFloat(TimeOf(i), i);
  }
  for (int i = 0; i < 40; ++i) {
    PutFloat(TimeOf(10 + i) + 5000, -i);
    PutFloat(TimeOf(kFoldOfEach + i) + 5000, -i);
  }
  EXPECT_EQ(FoldUnseen(), 40U) << "those among histograms wait, the others are in a chunk of floats";
}

TEST_F(HeadFoldTest, HistogramsThatComeLateStayAmongFloats) {
  for (int i = 0; i < 2 * kFoldOfEach; ++i) {
    PutFloat(TimeOf(i), i);
  }
  for (int i = 0; i < 40; ++i) {
    PutHistogram(TimeOf(10 + i) + 5000, i + 1);
    PutFloat(TimeOf(kFoldOfEach + i) + 5000, -i);
  }
  EXPECT_GE(FoldUnseen(), 40U);
  PutFloat(TimeOf(2 * kFoldOfEach), 7);
  EXPECT_GE(FoldUnseen(), 40U);
}

TEST_F(HeadFoldTest, SamplesThatComeLateIntoADeletedRangeStayVisible) {
  for (int i = 0; i < 2 * kFoldOfEach; ++i) {
    PutFloat(TimeOf(i), i);
  }
  ASSERT_TRUE(head_->Delete(kMatchFolded, TimeOf(10), TimeOf(60)).ok());
  for (int i = 0; i < 40; ++i) {
    PutFloat(TimeOf(12 + i) + 5000, -i);
  }
  EXPECT_EQ(Read().size(), static_cast<size_t>(2 * kFoldOfEach - 51 + 40));
  FoldUnseen();
}

}  // namespace
}  // namespace tocsin
