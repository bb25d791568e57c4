#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.h"

namespace tocsin {

/// A name with a number, for the tables of /api/v1/status/tsdb.
struct NamedCount {
  std::string name;
  uint64_t count = 0;
};

/// What the store holds; the fields and tables of /api/v1/status/tsdb, and where memory goes.
struct HeadStatus {
  uint64_t series = 0;
  uint64_t label_pairs = 0;
  uint64_t chunks = 0;
  /// kMaxTimestamp and kMinTimestamp without samples.
  TimestampMs min_t = kMaxTimestamp;
  TimestampMs max_t = kMinTimestamp;

  // The largest, in descending order.
  std::vector<NamedCount> series_by_metric;
  std::vector<NamedCount> values_by_label;
  std::vector<NamedCount> memory_by_label;  ///< bytes of names and values with their lengths, for each series that has them
  std::vector<NamedCount> series_by_pair;   ///< "name=value"

  // Bytes.
  uint64_t chunk_bytes = 0;
  uint64_t series_bytes = 0;
  uint64_t symbol_bytes = 0;
  uint64_t posting_bytes = 0;
  uint64_t cache_bytes = 0;

  /// The retention that is really held: from the oldest sample to the newest.
  DurationMs retained_ms = 0;
  int64_t memory_limit_bytes = 0;  ///< 0: none
  int64_t memory_used_bytes = 0;
  /// "none", "history is given up", "new series are refused"
  std::string memory_pressure;
  uint64_t refused_series = 0;
  uint64_t refused_queries = 0;
  uint64_t refused_requests = 0;  ///< whose bodies had no room
  uint64_t shed_chunks = 0;
};

class HeadCore;

/// Tables of at most `limit` lines. Walks the index under the head's read lock.
HeadStatus MakeHeadStatus(const HeadCore& core, size_t limit);

}  // namespace tocsin
