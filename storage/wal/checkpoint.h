#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "base/env.h"
#include "storage/head_core.h"

namespace tocsin {

/// A checkpoint: all that the head holds, in one file, so that the log before it can go. "00000007.checkpoint" stands for all segments
/// below 7.
struct CheckpointBlock {
  enum class Kind : uint8_t { kSeries = 1, kMetadata = 2, kExemplars = 3, kEnd = 4 };
};

/// Writes the head as it is, slice by slice while commits go on: what a slice misses is in segment `segment` or later. Under another name
/// first, then renamed. The size of the file.
absl::StatusOr<uint64_t> WriteCheckpoint(HeadCore& core, Env& env, const std::string& folder, uint32_t segment);

std::string CheckpointFileName(uint32_t segment);
bool ParseCheckpointFileName(const std::string& name, uint32_t* segment);

inline constexpr std::string_view kCheckpointMagic = "TOCSCKP1";

}  // namespace tocsin
