#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/mutex.h"
#include "base/types.h"
#include "base/wire/otlp_metrics.h"

namespace tocsin {

/// Adds up deltas (feature otlp-deltatocumulative), by the rules of OpenTelemetry's deltatocumulative processor: a stream is what has the
/// same resource, scope, metric and attributes; its first point is taken as it is, points that begin before the stream or do not come after
/// its last one are left out; streams without a point for kStaleMs begin anew. Threads: safe.
class OtlpCumulative {
 public:
  static constexpr DurationMs kStaleMs = 5 * kMinute;
  /// Points of further streams are left out.
  static constexpr size_t kStreamsMax = 200'000;
  /// Of each side of an exponential histogram; more are merged by a lower scale.
  static constexpr size_t kBucketsMax = 160;

  /// Turns the sums and histograms with delta temporality into cumulative ones. Returns the number of points that were left out.
  size_t Convert(std::vector<wire::OtlpResource>* resources, TimestampMs now);

  size_t streams() const;

 private:
  struct Key {
    uint64_t low;
    uint64_t high;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const { return key.low; }
  };
  struct Stream {
    wire::OtlpPoint total;  // without attributes and exemplars
    TimestampMs seen = 0;
  };

  static Key KeyOf(const std::string& identity);
  size_t ConvertMetric(const std::string& identity, wire::OtlpMetric* metric, TimestampMs now) REQUIRES(mu_);
  /// False: the point is left out.
  bool Add(const Key& key, wire::OtlpPoint* point, TimestampMs now) REQUIRES(mu_);
  void Forget(TimestampMs now) REQUIRES(mu_);

  mutable Mutex mu_;
  absl::flat_hash_map<Key, Stream, KeyHash> streams_ GUARDED_BY(mu_);
  TimestampMs forgotten_at_ GUARDED_BY(mu_) = 0;
};

/// The parts of a merge that tests look at: buckets of a lower scale, 2^`shift` times as wide.
void CoarsenBuckets(int32_t shift, wire::OtlpBuckets* buckets);

}  // namespace tocsin
