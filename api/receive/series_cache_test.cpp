#include "api/receive/series_cache.h"

#include "base/strings.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

SeriesRef RefOf(uint64_t number) { return static_cast<SeriesRef>(number); }

TEST(SeriesCacheTest, RemembersByBytes) {
  ManualClock clock(0);
  SeriesCache cache(clock);
  const SeriesCache::Key key = cache.KeyOfBytes("labels");
  EXPECT_EQ(cache.Find(key), SeriesRef::kNone);
  cache.Remember(key, RefOf(7));
  EXPECT_EQ(cache.Find(cache.KeyOfBytes("labels")), RefOf(7));
  EXPECT_EQ(cache.Find(cache.KeyOfBytes("label")), SeriesRef::kNone);
  cache.Remember(key, RefOf(8));
  EXPECT_EQ(cache.Find(key), RefOf(8)) << "the last one counts";
}

TEST(SeriesCacheTest, PartsAreInOrderAndNoBytes) {
  ManualClock clock(0);
  SeriesCache cache(clock);
  const SeriesCache::Key a = cache.KeyOfBytes("a");
  const SeriesCache::Key b = cache.KeyOfBytes("b");
  const SeriesCache::Key ab[] = {a, b};
  const SeriesCache::Key ba[] = {b, a};
  EXPECT_FALSE(cache.KeyOfParts(ab) == cache.KeyOfParts(ba));
  EXPECT_FALSE(cache.KeyOfParts(ab) == cache.KeyOfBytes({reinterpret_cast<const char*>(ab), sizeof(ab)}));
}

TEST(SeriesCacheTest, ForgetsWhatIsNotUsed) {
  ManualClock clock(0);
  SeriesCache cache(clock);
  // All in one shard, whose generations move together.
  std::vector<SeriesCache::Key> keys;
  for (uint64_t i = 0; i < 5; ++i) {
    keys.push_back({i, 0});
  }
  cache.Remember(keys[0], RefOf(1));
  cache.Remember(keys[1], RefOf(2));
  for (uint64_t round = 2; round < 5; ++round) {
    clock.Advance(SeriesCache::kGenerationMs);
    cache.Remember(keys[round], RefOf(round + 1));
    EXPECT_EQ(cache.Find(keys[0]), RefOf(1)) << "in use";
  }
  EXPECT_EQ(cache.Find(keys[1]), SeriesRef::kNone);
}

TEST(SeriesCacheTest, IsBounded) {
  ManualClock clock(0);
  SeriesCache cache(clock);
  for (uint64_t i = 0; i < 3 * SeriesCache::kShardEntriesMax; ++i) {
    cache.Remember({i, 0}, RefOf(i + 1));
  }
  EXPECT_LE(cache.entries(), 2 * SeriesCache::kShardEntriesMax);
  EXPECT_GE(cache.entries(), SeriesCache::kShardEntriesMax);
}

}  // namespace
}  // namespace tocsin
