#pragma once

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/mutex.h"
#include "engine/notify/notify_metrics.h"
#include "rules/alert_sink.h"

namespace tocsin {

struct SendLoopOptions {
  size_t queue_capacity = 10'000;
  size_t batch_size = 256;
};

/// The body of a POST to /api/v2/alerts.
std::string AlertsJson(const std::vector<rules::OutgoingAlert>& alerts);

/// Posts alerts to one Alertmanager, in the order in which they came, in batches.
///
/// The queue is bounded: when it is full the oldest are dropped and counted. A batch that fails for a reason that may pass is tried again
/// after a pause of kFirstPauseMs, doubled up to kLongestPauseMs. Before each try what is no longer true is left out: a firing alert past
/// its end, a resolved one that is older than kResolvedTriesMs, and of a failed batch what the queue holds a newer word of.
/// Threads: safe; one of its own.
class SendLoop {
 public:
  static constexpr DurationMs kFirstPauseMs = 500;
  static constexpr DurationMs kLongestPauseMs = 30 * kSecond;
  static constexpr DurationMs kResolvedTriesMs = 15 * kMinute;

  SendLoop(const std::string& url, DurationMs timeout_ms, const SendLoopOptions& options, std::shared_ptr<HttpClient> client,
           const Clock& clock, NotifyMetrics& metrics);
  /// Waits for the thread; Stop(false) first if nobody did.
  ~SendLoop();

  void Add(const std::vector<rules::OutgoingAlert>& alerts);

  /// Ends the thread: with `drain` after one try for each queued batch, but all of them within the time that one request may take; else at
  /// once. What is still queued then is dropped and counted.
  void Stop(bool drain);
  bool ended() const;

 private:
  using Batch = std::vector<rules::OutgoingAlert>;
  enum class Outcome { kSent, kMayPass, kRefused };

  void Run();
  /// Waits for work; empty when the loop is to end.
  Batch NextBatch();
  Outcome Post(const Batch& batch);
  /// Of a request that begins now: less than the Alertmanager's timeout while the queue is drained.
  DurationMs TimeLeft() const;
  void DropQueue() REQUIRES(mu_);
  static bool Outlived(const rules::OutgoingAlert& alert, TimestampMs now);
  void DropOutlived() REQUIRES(mu_);
  void PutBack(Batch batch);
  void Pause();

  const std::string url_;
  const DurationMs timeout_ms_;
  const SendLoopOptions options_;
  const std::shared_ptr<HttpClient> client_;
  const Clock& clock_;
  const std::unique_ptr<AlertmanagerMetrics> metrics_;
  DurationMs pause_ms_ = 0;  // of the thread alone
  StopToken stop_;           // ends pauses, and requests when nothing is to be drained
  StopToken abort_;

  mutable Mutex mu_;
  CondVar changed_;
  std::deque<rules::OutgoingAlert> queue_ GUARDED_BY(mu_);
  bool stopping_ GUARDED_BY(mu_) = false;
  int64_t drain_until_ns_ GUARDED_BY(mu_) = 0;  // once it is stopping
  bool ended_ GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace tocsin
