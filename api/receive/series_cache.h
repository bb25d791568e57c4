#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "storage/appender.h"

namespace tocsin {

/// Remembers which series the labels of remote write requests stood for, so that a series that comes again costs one hash of its bytes
/// instead of a decoded, sorted, checked and compared label set.
///
/// Keys are 128-bit hashes with a seed of their own in each process; two label sets under one key are not expected in the life of the
/// universe, and are not looked for. A reference may be that of a series that has gone since: the store then answers kUnknownSeries, and
/// the caller finds the series by its labels. Where series come and go, those that no request named for one or two generations are
/// forgotten. Threads: safe.
class SeriesCache {
 public:
  struct Key {
    uint64_t low = 0;
    uint64_t high = 0;
    bool operator==(const Key&) const = default;
  };

  /// Entries of one generation in one shard; when they are reached, a new generation begins.
  static constexpr size_t kShardEntriesMax = 1 << 16;
  static constexpr size_t kShards = 16;
  static constexpr DurationMs kGenerationMs = 10 * kMinute;

  /// `clock` must outlive the cache.
  explicit SeriesCache(const Clock& clock) : clock_(clock), seed_(static_cast<uint64_t>(clock.MonotonicNs())) {}

  /// Of the bytes of encoded labels.
  Key KeyOfBytes(std::string_view bytes) const;
  /// Of a label set given by the keys of its names and values.
  Key KeyOfParts(std::span<const Key> parts) const;

  /// Brings near what Find will look at.
  void Prefetch(const Key& key);
  /// kNone: not known.
  SeriesRef Find(const Key& key);
  void Remember(const Key& key, SeriesRef ref);

  size_t entries() const;

 private:
  struct KeyHash {
    size_t operator()(const Key& key) const { return key.low; }
  };
  using Entries = absl::flat_hash_map<Key, SeriesRef, KeyHash>;

  struct Shard {
    mutable Mutex mu;
    Entries current GUARDED_BY(mu);
    Entries previous GUARDED_BY(mu);  // what was in use before the current generation began, and not since
    int64_t begun_ns GUARDED_BY(mu) = 0;
  };

  Shard& ShardOf(const Key& key) { return shards_[key.high % kShards]; }
  void Put(Shard& shard, const Key& key, SeriesRef ref) REQUIRES(shard.mu);

  const Clock& clock_;
  const uint64_t seed_;
  std::array<Shard, kShards> shards_;
};

}  // namespace tocsin
