#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/env.h"
#include "storage/head_core.h"

namespace tocsin {

/// How far a replay has come, for /api/v1/status/walreplay.
/// Threads: safe.
struct ReplayProgress {
  enum class State { kWaiting, kInProgress, kDone };
  std::atomic<State> state{State::kWaiting};
  std::atomic<uint32_t> min{0};
  std::atomic<uint32_t> max{0};
  std::atomic<uint32_t> current{0};
};

/// What a replay found, and what it had to drop.
struct ReplayReport {
  uint64_t checkpoint_series = 0;
  uint64_t segments = 0;
  uint64_t commits = 0;
  uint64_t samples = 0;
  uint64_t damaged_places = 0;
  uint64_t dropped_bytes = 0;
  /// Samples whose series was defined in a lost record.
  uint64_t dropped_samples = 0;
  /// Of the checkpoint, that the memory limit had no room for.
  uint64_t refused_series = 0;
  /// Commits whose numbers are missing in the row.
  uint64_t lost_commits = 0;
  /// One line each: file, place, what is gone.
  std::vector<std::string> damages;

  /// The segment and the commit number to go on with.
  uint32_t next_segment = 1;
  uint64_t next_number = 1;
  uint64_t log_bytes = 0;
  uint64_t checkpoint_bytes = 0;
};

/// Fills an empty head from the newest checkpoint and the segments behind it; damaged places are passed over and reported. An error only
/// when the folder cannot be listed or a file not be read at all. `progress` may be null.
absl::StatusOr<ReplayReport> ReplayLog(HeadCore& core, Env& env, const std::string& folder, ReplayProgress* progress);

/// The replay of one record by itself, for fuzzing: whether the bytes were a record.
bool ReplayRecord(HeadCore& core, std::span<const uint8_t> record);
/// And of one checkpoint block.
bool ReplayCheckpointBlock(HeadCore& core, std::span<const uint8_t> block);

}  // namespace tocsin
