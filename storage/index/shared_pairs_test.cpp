#include "storage/index/shared_pairs.h"

#include <gtest/gtest.h>

#include <random>

#include "storage/index/posting_list.h"
#include "storage/series.h"

namespace tocsin {
namespace {

std::vector<PairId> PairsOf(const Series& series, const SharedPairLists& lists) {
  std::vector<PairId> pairs;
  for (const PairId pair : series.pairs(lists)) {
    pairs.push_back(pair);
  }
  return pairs;
}

TEST(SharedPairListsTest, SeriesThatDifferInFewPairsShareAList) {
  SharedPairLists lists;
  const std::vector<PairId> first = {1, 2, 3, 4, 5};
  const std::vector<PairId> second = {1, 2, 30, 4, 50};
  const auto a = Series::Make(lists.Place(first));
  const auto b = Series::Make(lists.Place(second));
  EXPECT_EQ(a->pair_list, b->pair_list);
  EXPECT_EQ(a->own_pair_count, 0);
  EXPECT_EQ(b->own_pair_count, 2);
  EXPECT_EQ(PairsOf(*a, lists), first);
  EXPECT_EQ(PairsOf(*b, lists), second);
  EXPECT_EQ(lists.list_count(), 1U);
}

TEST(SharedPairListsTest, MoreThanHalfOfThePairsOrAnotherNumberOfThemIsAListOfItsOwn) {
  SharedPairLists lists;
  const uint32_t list = lists.Place(std::vector<PairId>{1, 2, 3, 4}).list;
  EXPECT_EQ(lists.Place(std::vector<PairId>{1, 20, 30, 4}).list, list) << "half of them";
  EXPECT_NE(lists.Place(std::vector<PairId>{1, 21, 31, 41}).list, list) << "one more";
  EXPECT_NE(lists.Place(std::vector<PairId>{1, 2, 3}).list, list);
  EXPECT_NE(lists.Place(std::vector<PairId>{1, 2, 3, 4, 5}).list, list);
}

TEST(SharedPairListsTest, AListGoesWithItsLastSeries) {
  SharedPairLists lists;
  std::vector<uint32_t> used;
  for (PairId i = 0; i < 1000; ++i) {
    used.push_back(lists.Place(std::vector<PairId>{10 * i, 10 * i + 1, 10 * i + 2}).list);
  }
  EXPECT_EQ(lists.list_count(), 1000U);
  const size_t bytes = lists.memory_bytes();
  for (const uint32_t list : used) {
    lists.Release(list);
  }
  EXPECT_LE(lists.list_count(), 4U) << "but for those at hand for the next series";
  EXPECT_LT(lists.memory_bytes(), bytes);
  for (PairId i = 0; i < 1000; ++i) {
    lists.Place(std::vector<PairId>{10 * i, 10 * i + 1, 10 * i + 2});
  }
  EXPECT_LE(lists.memory_bytes(), bytes + 128) << "numbers are given out again";
}

TEST(SharedPairListsTest, RandomSeriesKeepTheirPairs) {
  SharedPairLists lists;
  std::mt19937 random(3);
  std::vector<std::pair<std::vector<PairId>, Series::Ptr>> all;
  for (int i = 0; i < 3000; ++i) {
    std::vector<PairId> pairs(1 + random() % 12);
    for (size_t k = 0; k < pairs.size(); ++k) {
      pairs[k] = static_cast<PairId>(100 * k + random() % 2);
    }
    all.emplace_back(pairs, Series::Make(lists.Place(pairs)));
    if (random() % 3 == 0) {
      const size_t gone = random() % all.size();
      lists.Release(all[gone].second->pair_list);
      all.erase(all.begin() + static_cast<ptrdiff_t>(gone));
    }
  }
  for (const auto& [pairs, series] : all) {
    ASSERT_EQ(PairsOf(*series, lists), pairs);
  }
}

TEST(PostingListTest, RandomSlotsComeBackAscending) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    PostingList list;
    std::vector<uint32_t> slots;
    uint32_t slot = random() % 3;
    for (int i = 0; i < 100; ++i) {
      // Rows of equal steps, small and large.
      const uint32_t step = random() % 4 == 0 ? 1 + random() % 100'000 : 1 + random() % 2;
      for (uint32_t times = random() % 5; times > 0; --times) {
        slots.push_back(slot);
        list.Add(slot);
        slot += step;
      }
    }
    if (slots.size() > 10) {
      list.Add(slots[5]);  // there already
      list.RemoveIf([&](uint32_t one) { return one == slots[3]; });
      list.Add(slots[3]);  // in the middle
    }
    std::vector<uint32_t> found;
    list.ForEach([&](uint32_t one) { found.push_back(one); });
    ASSERT_EQ(found, slots);
    ASSERT_EQ(list.count(), slots.size());
  }
}

TEST(PostingListTest, EqualStepsTakeNoMoreThanOne) {
  PostingList list;
  for (uint32_t i = 0; i < 10'000; ++i) {
    list.Add(7 + i * 16);
  }
  EXPECT_LE(list.memory_bytes(), 16U);
}

}  // namespace
}  // namespace tocsin
