#include "storage/head.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(HeadTest, ReadsBackWhatWasCommitted) {
  const ManualClock clock(0);
  const auto head = Head::OpenMemoryOnly(HeadOptions{}, clock);
  const auto appender = head->OpenAppender();
  AppendResult result;
  const SeriesRef ref = appender->GetOrCreate(Labels::Of({{"__name__", "m"}, {"a", "b"}}), &result);
  ASSERT_EQ(result, AppendResult::kOk);
  EXPECT_EQ(appender->Append(ref, 1000, 1), AppendResult::kOk);
  EXPECT_EQ(appender->Append(ref, 2000, 2), AppendResult::kOk);

  const std::vector<Matcher> matchers = {Matcher::Equal("__name__", "m")};
  {
    auto before = head->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    ASSERT_TRUE(before.ok());
    const auto series = (*before)->Select(matchers, SelectHints{});
    SampleColumns samples;
    for (const auto& one : *series) {
      one->Read(kMinTimestamp, kMaxTimestamp, &samples);
    }
    EXPECT_TRUE(samples.empty()) << "nothing is seen before the commit";
  }
  ASSERT_TRUE(appender->Commit().ok());

  auto querier = head->OpenQuerier(kMinTimestamp, kMaxTimestamp);
  const auto series = (*querier)->Select(matchers, SelectHints{});
  ASSERT_EQ(series->size(), 1U);
  SampleColumns samples;
  series->at(0)->Read(kMinTimestamp, kMaxTimestamp, &samples);
  EXPECT_EQ(samples.timestamps, (std::vector<TimestampMs>{1000, 2000}));
  Sample last;
  ASSERT_TRUE(series->at(0)->ReadLast(0, 1500, &last));
  EXPECT_EQ(last.t, 1000);
}

}  // namespace
}  // namespace tocsin
