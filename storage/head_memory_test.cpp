#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "storage/head.h"
#include "storage/head_core.h"

namespace tocsin {
namespace {

constexpr int64_t kNearlyAll = int64_t{1} << 40;
const Labels kHeld = Labels::Of({{"__name__", "held"}});
const Labels kOther = Labels::Of({{"__name__", "other"}});

class HeadMemoryTest : public testing::Test {
 protected:
  HeadMemoryTest() {
    HeadOptions options;
    options.memory_budget = &budget_;
    head_ = Head::OpenMemoryOnly(options, clock_);
  }

  void Put(const Labels& labels, TimestampMs t, double value) {
    const auto appender = head_->OpenAppender();
    AppendResult result;
    ASSERT_EQ(appender->Append(appender->GetOrCreate(labels, &result), t, value), AppendResult::kOk);
    ASSERT_TRUE(appender->Commit().ok());
  }

  SampleColumns Read(const std::string& metric) {
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    SampleColumns samples;
    const std::vector<Matcher> matchers = {Matcher::Equal("__name__", metric)};
    const auto list = (*querier)->Select(matchers, {});
    for (const auto& series : *list) {
      series->Read(kMinTimestamp, kMaxTimestamp, &samples);
    }
    return samples;
  }

  ManualClock clock_{0};
  MemoryBudget budget_{kNearlyAll};
  std::unique_ptr<Head> head_;
};

TEST_F(HeadMemoryTest, OpenChunksKeepTheirNewestSampleWhenNothingElseIsLeftToGiveUp) {
  for (int i = 0; i < 100; ++i) {
    Put(kHeld, i * 15'000, i * 1.1);
    Put(kOther, i * 15'000, i * 1.1);
  }
  const auto held = head_->Hold({Matcher::Equal("__name__", "held")});
  const int64_t before = head_->sample_bytes();
  const size_t freed = head_->core().ShedHistory(1 << 20);
  EXPECT_GT(freed, 100U);
  EXPECT_EQ(head_->sample_bytes(), before - static_cast<int64_t>(freed));
  EXPECT_EQ(Read("held").size(), 100U);
  EXPECT_EQ(Read("other").timestamps, std::vector<TimestampMs>{99 * 15'000});
  Put(kOther, 100 * 15'000, 7);
  EXPECT_EQ(Read("other").values, (std::vector<double>{99 * 1.1, 7})) << "it goes on";
  EXPECT_EQ(head_->core().ShedHistory(1 << 20), 0U) << "nothing is left";
}

TEST_F(HeadMemoryTest, TheFirstCommitOfASeriesIsReservedUntilItIsMade) {
  const auto appender = head_->OpenAppender();
  AppendResult result;
  const SeriesRef ref = appender->GetOrCreate(kOther, &result);
  budget_.SetMeasured(0);
  EXPECT_GT(budget_.estimate_bytes(), 0) << "a measurement does not see what the commit will take";
  appender->Append(ref, 1000, 1);
  ASSERT_TRUE(appender->Commit().ok());
  budget_.SetMeasured(0);
  EXPECT_EQ(budget_.estimate_bytes(), 0);
}

TEST_F(HeadMemoryTest, ASeriesThatGoesWithoutASampleGivesItsReservationBack) {
  {
    const auto appender = head_->OpenAppender();
    AppendResult result;
    appender->GetOrCreate(kOther, &result);
  }
  head_->Maintain();
  head_->Maintain();
  EXPECT_EQ(head_->series_count(), 0U);
  budget_.SetMeasured(0);
  EXPECT_EQ(budget_.estimate_bytes(), 0);
}

}  // namespace
}  // namespace tocsin
