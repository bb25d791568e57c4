#include <gtest/gtest.h>

#include "base/memory_budget.h"
#include "storage/head.h"
#include "storage/head_core.h"
#include "storage/wal/replay.h"
#include "tests/support/temp_dir.h"

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

TEST_F(HeadMemoryTest, ASeriesWithoutASampleStaysWhileTheAppenderThatMadeItIsOpen) {
  auto appender = head_->OpenAppender();
  AppendResult result;
  const SeriesRef ref = appender->GetOrCreate(kOther, &result);
  for (int round = 0; round < 5; ++round) {
    head_->Maintain();
  }
  EXPECT_EQ(head_->series_count(), 1U);
  EXPECT_EQ(appender->Append(ref, 1000, 7), AppendResult::kOk);
  ASSERT_TRUE(appender->Commit().ok());
  EXPECT_EQ(Read("other").values, std::vector<double>{7});

  appender = head_->OpenAppender();
  appender->GetOrCreate(kHeld, &result);
  head_->Maintain();
  appender.reset();
  EXPECT_EQ(head_->series_count(), 2U);
  head_->Maintain();
  EXPECT_EQ(head_->series_count(), 1U) << "it will have none";
}

// What is replayed may be more than memory may hold now.
class ReplayMemoryTest : public testing::Test {
 protected:
  static constexpr int kSeriesOfEach = 100;
  static constexpr int kSamplesOfEach = 300;  // more than two chunks

  std::unique_ptr<Head> Open(MemoryBudget* budget) {
    HeadOptions options;
    options.memory_budget = budget;
    return *Head::Open(folder_.path(), options, clock_, SystemEnv(), nullptr);
  }

  static Labels LabelsOf(int i) { return Labels::FromPairs({{"__name__", "m"}, {"i", std::to_string(i)}}); }

  void Fill(bool checkpoint) {
    const auto head = Open(nullptr);
    for (int k = 0; k < kSamplesOfEach; ++k) {
      const auto appender = head->OpenAppender();
      for (int i = 0; i < kSeriesOfEach; ++i) {
        AppendResult result;
        appender->Append(appender->GetOrCreate(LabelsOf(i), &result), k * 15'000, k * 1.1);
      }
      ASSERT_TRUE(appender->Commit().ok());
    }
    ASSERT_TRUE(!checkpoint || head->Checkpoint().ok());
    const ReaderLock lock(head->core().mu);
    slots_end_ = head->core().table.slots_end();
  }

  static size_t SamplesIn(Head& head) {
    auto querier = head.OpenQuerier(kMinTimestamp, kMaxTimestamp);
    SampleColumns samples;
    const std::vector<Matcher> matchers = {Matcher::Equal("__name__", "m")};
    const auto list = (*querier)->Select(matchers, {});
    for (const auto& series : *list) {
      series->Read(kMinTimestamp, kMaxTimestamp, &samples);
    }
    return samples.size();
  }

  const test::TempDir folder_;
  ManualClock clock_{0};
  MemoryBudget nothing_{1};
  uint32_t slots_end_ = 0;
};

TEST_F(ReplayMemoryTest, OfTheLogEachSeriesKeepsItsNewestSample) {
  Fill(/*checkpoint=*/false);
  const auto head = Open(&nothing_);
  EXPECT_EQ(head->series_count(), size_t{kSeriesOfEach});
  EXPECT_EQ(SamplesIn(*head), size_t{kSeriesOfEach});
  EXPECT_EQ(head->replay_report()->samples, size_t{kSeriesOfEach} * kSamplesOfEach) << "all was read";
}

TEST_F(ReplayMemoryTest, SeriesOfACheckpointWithoutRoomAreLeftOutAndCounted) {
  Fill(/*checkpoint=*/true);
  {
    const auto head = Open(&nothing_);
    EXPECT_EQ(head->series_count(), 0U);
    EXPECT_EQ(head->replay_report()->refused_series, uint64_t{kSeriesOfEach});
    const ReaderLock lock(head->core().mu);
    EXPECT_EQ(head->core().table.slots_end(), slots_end_) << "their slots are not given to others";
  }
  const auto head = Open(nullptr);
  EXPECT_EQ(SamplesIn(*head), size_t{kSeriesOfEach} * kSamplesOfEach) << "the checkpoint is as it was";
}

}  // namespace
}  // namespace tocsin
