#include "storage/index/series_finder.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/strings.h"

namespace tocsin {
namespace {

Matcher Match(MatchType type, std::string name, std::string value) { return *Matcher::Create(type, std::move(name), std::move(value)); }

class SeriesFinderTest : public testing::Test {
 protected:
  SeriesFinderTest() : table_(pairs_), finder_(table_, pairs_) {}
  ~SeriesFinderTest() override {
    for (Series::Ptr& series : gone_) {
      table_.Destroy(std::move(series));
    }
  }

  void Add(uint32_t number) {
    const std::string_view name = number % 3 == 0 ? "up" : "down";
    const std::string instance = Cat(random_() % 1'000'000, "-", number);
    const std::string zone = Cat("z", number % 4);
    const Labels labels = number % 2 == 0 ? Labels::Of({{"__name__", name}, {"instance", instance}, {"zone", zone}})
                                          : Labels::Of({{"__name__", name}, {"instance", instance}});
    live_.push_back(table_.Add(labels)->slot);
  }
  void RemoveSome(size_t count) {
    std::vector<uint32_t> slots;
    for (size_t i = 0; i < count && !live_.empty(); ++i) {
      const size_t at = random_() % live_.size();
      slots.push_back(live_[at]);
      live_.erase(live_.begin() + static_cast<ptrdiff_t>(at));
    }
    for (Series::Ptr& series : table_.Remove(slots)) {
      gone_.push_back(std::move(series));
    }
  }

  // What the finder remembers is what one finds that remembers nothing.
  void ExpectSameAsAnew() {
    for (const std::vector<Matcher>& matchers : queries_) {
      SeriesFinder anew(table_, pairs_);
      ASSERT_EQ(*finder_.Find(matchers), *anew.Find(matchers));
      ASSERT_EQ(*finder_.FindSorted(matchers).slots, *anew.FindSorted(matchers).slots);
    }
  }

  std::mt19937 random_{5};
  PairTable pairs_;
  SeriesTable table_;
  SeriesFinder finder_;
  std::vector<uint32_t> live_;
  std::vector<Series::Ptr> gone_;
  std::vector<std::vector<Matcher>> queries_ = {
      {Match(MatchType::kEqual, "__name__", "up")},
      {Match(MatchType::kEqual, "__name__", "up"), Match(MatchType::kEqual, "zone", "")},
      {Match(MatchType::kRegexp, "zone", "z[12]"), Match(MatchType::kNotEqual, "__name__", "up")},
      {Match(MatchType::kNotRegexp, "instance", "1.*"), Match(MatchType::kRegexp, "__name__", ".+")},
  };
};

TEST_F(SeriesFinderTest, ResultsFollowSeriesThatComeAndGo) {
  uint32_t number = 0;
  for (int round = 0; round < 60; ++round) {
    const size_t more = round % 7 == 0 ? 300 : random_() % 4;
    for (size_t i = 0; i < more; ++i) {
      Add(number++);
    }
    if (round % 3 == 0) {
      RemoveSome(random_() % 20);
    }
    ExpectSameAsAnew();
  }
}

TEST_F(SeriesFinderTest, OneThatComesBackIsFound) {
  for (uint32_t number = 0; number < 50; ++number) {
    Add(number);
  }
  ExpectSameAsAnew();
  RemoveSome(10);
  ExpectSameAsAnew();
  ASSERT_TRUE(table_.Restore(gone_.back()));
  gone_.pop_back();
  ExpectSameAsAnew();
}

TEST_F(SeriesFinderTest, MoreNewOnesThanAreTried) {
  for (uint32_t number = 0; number < 3000; ++number) {
    Add(number);
    if (number == 10) {
      ExpectSameAsAnew();
    }
  }
  ExpectSameAsAnew();
}

TEST_F(SeriesFinderTest, ASeriesThatCameLeavesTheResultsOfOthersAsTheyAre) {
  for (uint32_t number = 0; number < 30; ++number) {
    Add(number);
  }
  const SeriesFinder::Slots before = finder_.FindSorted(queries_[0]).slots;
  Add(31);
  EXPECT_EQ(finder_.FindSorted(queries_[0]).slots, before) << "the same object: nothing was copied or sorted";
  Add(33);
  EXPECT_EQ(finder_.FindSorted(queries_[0]).slots->size(), before->size() + 1);
}

}  // namespace
}  // namespace tocsin
