#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "engine/remote/write_batch.h"
#include "engine/remote/write_metrics.h"
#include "engine/remote/write_transport.h"

namespace tocsin {

/// What the shards of a queue share.
struct ShardContext {
  const RemoteWriteConfig& config;
  const Clock& clock;
  WriteTransport& transport;
  WriteMetrics& metrics;
  const StopToken& stop;  ///< ends retries and waits

  /// 2.0 until the receiver answered 415 once.
  std::atomic<RemoteWriteMessage> message;
  /// Highest timestamp that was sent.
  std::atomic<TimestampMs> highest_sent{0};

  /// For the planner: samples and nanoseconds of sends since the last look.
  std::atomic<size_t> sent_samples{0};
  std::atomic<int64_t> send_ns{0};
};

/// A thread that sends batches one after another, each until it is taken or refused, so that a series' samples arrive in order.
/// Threads: Push and WaitEmpty from one thread, the reader.
class WriteShard {
 public:
  WriteShard(ShardContext& context, size_t batches_max);
  /// Ends the thread after the batch at work; the rest is left unsent.
  ~WriteShard();

  /// Waits for room. False: stopped.
  bool Push(WriteBatch batch);

  /// Waits until all is sent; false when stopped before.
  bool WaitEmpty();

 private:
  void Run();
  void SendUntilDone(const WriteBatch& batch);
  /// False: give the batch up.
  bool WaitBeforeRetry(DurationMs* backoff, DurationMs retry_after);
  void DropOldSamples(WriteBatch* batch) const;

  ShardContext& context_;
  size_t batches_max_;
  Mutex mu_;
  CondVar changed_;
  std::deque<WriteBatch> batches_ GUARDED_BY(mu_);
  bool sending_ GUARDED_BY(mu_) = false;
  bool stopping_ GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace tocsin
