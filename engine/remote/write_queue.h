#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/env.h"
#include "engine/config/remote_config.h"
#include "engine/remote/shard_planner.h"
#include "engine/remote/write_batch.h"
#include "engine/remote/write_metrics.h"
#include "engine/remote/write_position.h"
#include "engine/remote/write_shard.h"
#include "engine/remote/write_transport.h"
#include "storage/head.h"

namespace tocsin {

struct WriteQueueOptions {
  RemoteWriteConfig config;
  Labels external_labels;
  std::string position_path;  ///< "" with memory only
  /// What is known of each metric, for 1.0's metadata requests; may be null.
  std::function<std::vector<FamilyMetadataEntry>()> metadata;
};

/// Sends what comes into the store to one receiver.
///
/// The store itself is the buffer: a reader thread goes round the series and reads what came since the last round, so a receiver that is
/// away costs no memory of its own, and loses nothing as long as the store keeps the samples. What has been sent is written to a file; a
/// restart goes on a little before it (kOverlapMs), since samples may be committed later than their time says, and receivers take what they
/// have again. Threads: the constructor starts a reader and the shards; StopAll may be called once from any thread.
class WriteQueue {
 public:
  static constexpr DurationMs kRoundInterval = kSecond;
  static constexpr DurationMs kOverlapMs = kMinute;
  static constexpr DurationMs kSavePositionInterval = 5 * kSecond;

  /// References must outlive the queue.
  WriteQueue(WriteQueueOptions options, Head& store, const Clock& clock, Env& env, std::unique_ptr<WriteTransport> transport,
             prometheus::Registry& registry);
  ~WriteQueue();

  const WriteQueueOptions& options() const { return options_; }

  /// All of them together send what is left for at most `flush_deadline_ms`, then give up: receivers that are away cost one deadline,
  /// however many they are.
  static void StopAll(std::span<const std::unique_ptr<WriteQueue>> queues, DurationMs flush_deadline_ms, const Clock& clock);

 private:
  struct Source {
    std::shared_ptr<const OutgoingSeries> series;  ///< null: dropped by relabelling
    SampleCursor cursor;
  };

  void Run();
  /// Waits for the reader's last round, and ends the shards.
  void Join();
  /// False: stopped.
  bool Round();
  void TakeSeriesChanges();
  std::shared_ptr<const OutgoingSeries> MakeOutgoing(const Labels& labels) const;
  bool ReadSeries(uint64_t id, Source* source);
  bool ReadExemplars();
  bool Enqueue(uint64_t id, OutgoingSample sample);
  bool FlushPending();
  bool WaitUntilSent();
  void SavePosition(TimestampMs round_start);
  void PlanShards();
  void StartShards(int count);
  bool SendMetadata();

  WriteQueueOptions options_;
  Head& store_;
  const Clock& clock_;
  std::unique_ptr<WriteTransport> transport_;
  WriteMetrics metrics_;
  WritePosition position_;
  StopToken finish_;  ///< no new rounds
  StopToken stop_;    ///< give up
  ShardContext context_;
  ShardPlanner planner_;

  // Of the reader thread alone.
  std::unique_ptr<HeldSelector> held_;
  TimestampMs start_position_ = 0;
  TimestampMs exemplar_position_ = 0;
  TimestampMs highest_read_ = 0;
  TimestampMs next_plan_ = 0;
  TimestampMs next_metadata_ = 0;
  TimestampMs next_save_ = 0;
  absl::flat_hash_map<uint64_t, Source> sources_;
  SampleColumns columns_;
  std::vector<std::unique_ptr<WriteShard>> shards_;
  std::vector<WriteBatch> pending_;  ///< one a shard

  std::thread reader_;
};

}  // namespace tocsin
