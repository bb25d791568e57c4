#pragma once

#include <memory>
#include <string>

#include "engine/config/remote_config.h"
#include "engine/remote/write_batch.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace tocsin {

/// The prometheus_remote_storage_* metrics of one queue; they leave the registry with the object.
/// Threads: safe.
class WriteMetrics {
 public:
  WriteMetrics(prometheus::Registry& registry, const std::string& remote_name, const std::string& url);
  ~WriteMetrics();
  WriteMetrics(const WriteMetrics&) = delete;
  WriteMetrics& operator=(const WriteMetrics&) = delete;

  enum class Event { kSent, kFailed, kRetried };
  /// Why something was not sent at all: it is older than sample_age_limit, or relabelling dropped its series.
  enum class DropReason { kTooOld, kDroppedSeries };

  void Add(Event event, const WriteBatch::Counts& counts);
  void AddDropped(DropReason reason, const WriteBatch::Counts& counts);
  void AddPending(const WriteBatch::Counts& counts, int sign);
  void ObserveSend(double seconds, size_t bytes);
  void SetShards(int shards, double desired);
  void SetLimits(const QueueConfig& queue);
  void EnqueueRetry();
  void SetHighest(TimestampMs enqueued);
  void SetHighestSent(TimestampMs sent);
  void AddMetadata(size_t entries, size_t bytes, bool ok);
  void AddReceived(const WriteBatch::Counts& counts);

 private:
  struct Families;

  prometheus::Registry& registry_;
  std::unique_ptr<Families> families_;
};

}  // namespace tocsin
