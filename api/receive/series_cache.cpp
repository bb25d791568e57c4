#include "api/receive/series_cache.h"

#include <utility>

#include "xxhash.h"

namespace tocsin {

SeriesCache::Key SeriesCache::KeyOfBytes(std::string_view bytes) const {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed_);
  return {hash.low64, hash.high64};
}

SeriesCache::Key SeriesCache::KeyOfParts(std::span<const Key> parts) const {
  // Another seed, so that parts are never taken for bytes.
  const XXH128_hash_t hash = XXH3_128bits_withSeed(parts.data(), parts.size_bytes(), ~seed_);
  return {hash.low64, hash.high64};
}

void SeriesCache::Prefetch(const Key& key) {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mu);
  shard.current.prefetch(key);
}

SeriesRef SeriesCache::Find(const Key& key) {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mu);
  if (const auto found = shard.current.find(key); found != shard.current.end()) [[likely]] {
    return found->second;
  }
  const auto found = shard.previous.find(key);
  if (found == shard.previous.end()) {
    return SeriesRef::kNone;
  }
  const SeriesRef ref = found->second;
  Put(shard, key, ref);
  return ref;
}

void SeriesCache::Remember(const Key& key, SeriesRef ref) {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mu);
  Put(shard, key, ref);
}

void SeriesCache::Put(Shard& shard, const Key& key, SeriesRef ref) {
  const int64_t now_ns = clock_.MonotonicNs();
  if (shard.current.size() >= kShardEntriesMax || now_ns - shard.begun_ns >= kGenerationMs * 1'000'000) {
    shard.previous = std::exchange(shard.current, {});
    shard.begun_ns = now_ns;
  }
  shard.current[key] = ref;
}

size_t SeriesCache::entries() const {
  size_t entries = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(shard.mu);
    entries += shard.current.size() + shard.previous.size();
  }
  return entries;
}

}  // namespace tocsin
