#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "storage/wal/series_codec.h"

namespace tocsin {

/// A series block as it was read, not yet in any table.
struct DecodedBlock {
  NamedPairs pairs;
  std::vector<DecodedSeries> series;
  bool ok = false;  ///< false: the series before the fault are there
};

DecodedBlock DecodeSeriesBlock(std::span<const uint8_t> block);

/// Decodes series blocks on other threads, some ahead of the one that takes them in their order.
/// Threads: the public functions from one thread.
class CheckpointLoader {
 public:
  /// The blocks' bytes outlive the loader. Without threads blocks are decoded when they are taken.
  CheckpointLoader(std::vector<std::span<const uint8_t>> blocks, uint32_t threads);
  ~CheckpointLoader();

  size_t block_count() const { return blocks_.size(); }
  DecodedBlock Take(size_t number) EXCLUDES(mu_);

 private:
  // So many blocks are decoded and not taken at most.
  static constexpr size_t kAhead = 16;

  void Work() EXCLUDES(mu_);

  const std::vector<std::span<const uint8_t>> blocks_;
  Mutex mu_;
  CondVar changed_;
  std::vector<std::unique_ptr<DecodedBlock>> decoded_ GUARDED_BY(mu_);
  size_t next_ GUARDED_BY(mu_) = 0;
  size_t taken_ GUARDED_BY(mu_) = 0;
  bool stopping_ GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tocsin
