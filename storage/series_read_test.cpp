// Reading of parts of series: what a window holds does not depend on where in a chunk it begins and ends.

#include <gtest/gtest.h>

#include <bit>
#include <memory>
#include <random>
#include <vector>

#include "base/clock.h"
#include "storage/head.h"

namespace tocsin {
namespace {

constexpr TimestampMs kStart = 1'700'000'000'000;

class SeriesReadTest : public testing::Test {
 protected:
  SeriesReadTest() : clock_(kStart), head_(Head::OpenMemoryOnly(HeadOptions{}, clock_)) {}

  void Append(TimestampMs t, double value) {
    const std::unique_ptr<Appender> appender = head_->OpenAppender();
    AppendResult result;
    const SeriesRef ref = appender->GetOrCreate(labels_, &result);
    const RefSample sample{ref, t, value};
    ASSERT_EQ(appender->AppendBatch({&sample, 1}, &result), 1U);
    ASSERT_TRUE(appender->Commit().ok());
    all_.timestamps.push_back(t);
    all_.values.push_back(value);
  }

  // By both ways, from the sample `first` to the sample `last`.
  void ExpectWindow(size_t first, size_t last) {
    const TimestampMs min_t = all_.timestamps[first];
    const TimestampMs max_t = all_.timestamps[last];
    const auto querier = *head_->OpenQuerier(min_t, max_t);
    const Matcher matcher = Matcher::Equal("__name__", "up");
    const SeriesList series = *querier->Select({&matcher, 1}, SelectHints{min_t, max_t});
    ASSERT_EQ(series.size(), 1U);
    SampleColumns alone;
    series[0]->Read(min_t, max_t, &alone);
    SampleColumns batched;
    SeriesBatchPtr batch;
    querier->Capture(series, min_t, max_t, &batch);
    batch->Read(0, &batched);
    Sample newest;
    ASSERT_TRUE(series[0]->ReadLast(min_t, max_t, &newest));
    EXPECT_EQ(newest.t, max_t);
    for (const SampleColumns* got : {&alone, &batched}) {
      ASSERT_EQ(got->size(), last - first + 1) << first << " to " << last << " of " << all_.size();
      for (size_t i = first; i <= last; ++i) {
        ASSERT_EQ(got->timestamps[i - first], all_.timestamps[i]);
        ASSERT_EQ(std::bit_cast<uint64_t>(got->values[i - first]), std::bit_cast<uint64_t>(all_.values[i]));
      }
    }
  }

  ManualClock clock_;
  std::unique_ptr<Head> head_;
  Labels labels_ = Labels::Of({{"__name__", "up"}});
  SampleColumns all_;
};

TEST_F(SeriesReadTest, WindowsOfRegularSamples) {
  for (int i = 0; i < 290; ++i) {
    Append(kStart + i * 15'000, i % 7 == 0 ? i : i * 0.1);
    for (const size_t length : {1, 2, 20, 24, 25, 48, 130}) {
      if (length <= all_.size()) {
        ExpectWindow(all_.size() - length, all_.size() - 1);
      }
    }
  }
  for (size_t first = 0; first < all_.size(); ++first) {
    ExpectWindow(first, std::min(first + 19, all_.size() - 1));
  }
}

TEST_F(SeriesReadTest, WindowsOfIrregularSamples) {
  std::mt19937_64 random(3);
  TimestampMs t = kStart;
  for (int i = 0; i < 400; ++i) {
    const uint64_t kind = random() % 4;
    Append(t, kind == 0 ? std::bit_cast<double>(random()) : kind == 1 ? kStaleNaN : static_cast<double>(random() % 100));
    t += random() % 5 == 0 ? static_cast<TimestampMs>(1 + random() % 40'000) : 15'000;
    for (int window = 0; window < 4; ++window) {
      const size_t last = all_.size() - 1 - random() % std::min<size_t>(all_.size(), 3);
      ExpectWindow(last - random() % std::min<size_t>(last + 1, 60), last);
    }
  }
}

// The store tells sets apart by numbers; the plain way, by texts, finds the same ones.
TEST(LabelSetTest, AreThoseOfTheTexts) {
  ManualClock clock(kStart);
  const std::unique_ptr<Head> head = Head::OpenMemoryOnly(HeadOptions{}, clock);
  const std::unique_ptr<Appender> appender = head->OpenAppender();
  for (const char* pod : {"a", "b", "c"}) {
    for (const char* le : {"1", "2", "+Inf"}) {
      AppendResult result;
      const bool with_zone = pod[0] != 'b';
      const SeriesRef ref = appender->GetOrCreate(with_zone ? Labels::Of({{"__name__", "up"}, {"le", le}, {"pod", pod}, {"zone", "z"}})
                                                            : Labels::Of({{"__name__", "up"}, {"le", le}, {"pod", pod}}),
                                                  &result);
      const RefSample sample{ref, kStart, 1};
      ASSERT_EQ(appender->AppendBatch({&sample, 1}, &result), 1U);
    }
  }
  ASSERT_TRUE(appender->Commit().ok());
  const auto querier = *head->OpenQuerier(kStart, kStart);
  const Matcher matcher = Matcher::Equal("__name__", "up");
  const SeriesList series = *querier->Select({&matcher, 1}, SelectHints{});
  const std::vector<std::pair<std::vector<std::string>, size_t>> cases = {
      {{"le"}, 3}, {{"pod"}, 3}, {{"zone"}, 2}, {{"le", "zone"}, 6}, {{"le", "pod", "zone"}, 9}, {{"nobody"}, 1}, {{}, 1}};
  for (const auto& [names, count] : cases) {
    std::vector<uint32_t> set_of;
    std::vector<uint32_t> plain_set_of;
    const std::vector<Labels> sets = querier->ReadLabelSets(series, names, &set_of);
    EXPECT_EQ(sets, querier->Querier::ReadLabelSets(series, names, &plain_set_of));
    EXPECT_EQ(set_of, plain_set_of);
    EXPECT_EQ(sets.size(), count);
  }
}

// What was found for a list of series is used again: also for a part of the list, and not for a list that has changed.
TEST(LabelSetTest, ComeAgain) {
  ManualClock clock(kStart);
  HeadOptions options;
  options.retention_ms = 10'000;
  const std::unique_ptr<Head> head = Head::OpenMemoryOnly(options, clock);
  const auto add = [&](int pod, int buckets, TimestampMs t) {
    const std::unique_ptr<Appender> appender = head->OpenAppender();
    for (int le = 0; le < buckets; ++le) {
      AppendResult result;
      const SeriesRef ref = appender->GetOrCreate(
          Labels::Of({{"__name__", "up"}, {"le", std::to_string(le)}, {"node", std::to_string(pod % 3)}, {"pod", std::to_string(pod)}}),
          &result);
      const RefSample sample{ref, t, 1};
      ASSERT_EQ(appender->AppendBatch({&sample, 1}, &result), 1U);
    }
    ASSERT_TRUE(appender->Commit().ok());
  };
  const auto expect_as_plain = [&](TimestampMs from, size_t series_count) {
    const auto querier = *head->OpenQuerier(from, kStart + 1000);
    const Matcher matcher = Matcher::Equal("__name__", "up");
    const SeriesList series = *querier->Select({&matcher, 1}, SelectHints{.min_t = from, .max_t = kStart + 1000});
    ASSERT_EQ(series.size(), series_count);
    for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{{"pod"}, {"node"}, {"le", "pod"}, {"le"}, {"pod"}}) {
      std::vector<uint32_t> set_of;
      std::vector<uint32_t> plain_set_of;
      EXPECT_EQ(querier->ReadLabelSets(series, names, &set_of), querier->Querier::ReadLabelSets(series, names, &plain_set_of));
      EXPECT_EQ(set_of, plain_set_of);
    }
  };
  for (int pod = 0; pod < 40; ++pod) {
    add(pod, 5, pod % 4 == 0 ? kStart : kStart + 1000);
  }
  for (int round = 0; round < 2; ++round) {
    expect_as_plain(kStart, 200);
    expect_as_plain(kStart + 1, 150);
  }
  add(40, 5, kStart + 1000);
  expect_as_plain(kStart, 205);
  add(41, 5, kStart + 10'500);
  head->Maintain();
  expect_as_plain(kStart, 155);
}

}  // namespace
}  // namespace tocsin
