#include "engine/remote/write_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "base/secret.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr const char* kKinds[] = {"samples", "histograms", "exemplars"};
constexpr const char* kCounterEvents[] = {"total", "failed_total", "retried_total"};
constexpr const char* kDropReasons[] = {"too_old", "dropped_series"};

std::array<size_t, 3> ByKind(const WriteBatch::Counts& counts) { return {counts.samples, counts.histograms, counts.exemplars}; }

}  // namespace

struct WriteMetrics::Families {
  std::array<std::array<prometheus::Counter*, 3>, 3> counters{};
  std::array<std::array<prometheus::Counter*, 3>, 2> dropped{};
  std::array<prometheus::Gauge*, 3> pending{};
  std::array<prometheus::Counter*, 3> received{};
  prometheus::Counter* bytes = nullptr;
  prometheus::Counter* metadata = nullptr;
  prometheus::Counter* metadata_failed = nullptr;
  prometheus::Counter* metadata_bytes = nullptr;
  prometheus::Counter* enqueue_retries = nullptr;
  prometheus::Histogram* duration = nullptr;
  prometheus::Gauge* shards = nullptr;
  prometheus::Gauge* shards_desired = nullptr;
  prometheus::Gauge* shards_min = nullptr;
  prometheus::Gauge* shards_max = nullptr;
  prometheus::Gauge* shard_capacity = nullptr;
  prometheus::Gauge* max_samples_per_send = nullptr;
  prometheus::Gauge* highest = nullptr;
  prometheus::Gauge* highest_of_all = nullptr;
  prometheus::Gauge* highest_sent = nullptr;
  std::vector<std::function<void()>> removals;
};

WriteMetrics::WriteMetrics(prometheus::Registry& registry, const std::string& remote_name, const std::string& url)
    : registry_(registry), families_(std::make_unique<Families>()) {
  const prometheus::Labels labels = {{"remote_name", remote_name}, {"url", RedactUrl(url)}};
  const auto add = [this](auto& family, const prometheus::Labels& with) {
    auto* metric = &family.Add(with);
    families_->removals.push_back([&family, metric] { family.Remove(metric); });
    return metric;
  };
  const auto counter = [&](const std::string& name, const char* help) {
    return add(prometheus::BuildCounter().Name("prometheus_remote_storage_" + name).Help(help).Register(registry_), labels);
  };
  const auto gauge = [&](const std::string& name, const char* help) {
    return add(prometheus::BuildGauge().Name("prometheus_remote_storage_" + name).Help(help).Register(registry_), labels);
  };
  for (size_t kind = 0; kind < std::size(kKinds); ++kind) {
    for (size_t event = 0; event < std::size(kCounterEvents); ++event) {
      families_->counters[event][kind] = counter(Cat(kKinds[kind], "_", kCounterEvents[event]),
                                                 "Entries of this kind that were sent to remote storage, failed for good, or were "
                                                 "sent again.");
    }
    auto& dropped = prometheus::BuildCounter()
                        .Name(Cat("prometheus_remote_storage_", kKinds[kind], "_dropped_total"))
                        .Help("Entries of this kind that were read from the store and not sent, by reason.")
                        .Register(registry_);
    for (size_t reason = 0; reason < std::size(kDropReasons); ++reason) {
      prometheus::Labels with_reason = labels;
      with_reason["reason"] = kDropReasons[reason];
      families_->dropped[reason][kind] = add(dropped, with_reason);
    }
    families_->received[kind] =
        counter(Cat(kKinds[kind], "_in_total"), "Entries of this kind that were read from the store for the queue.");
    families_->pending[kind] = gauge(Cat(kKinds[kind], "_pending"), "Entries that wait to be sent to the remote storage.");
  }
  families_->bytes = counter("bytes_total", "The total number of bytes of data (not metadata) sent by the queue after compression.");
  families_->metadata = counter("metadata_total", "Total number of metadata entries sent to remote storage.");
  families_->metadata_failed = counter("metadata_failed_total", "Metadata entries which failed on send to remote storage.");
  counter("metadata_retried_total", "Metadata entries that were sent again: none, they come with each interval.");
  families_->metadata_bytes = counter("metadata_bytes_total", "The total number of bytes of metadata sent by the queue after compression.");
  families_->enqueue_retries = counter("enqueue_retries_total", "Times that a full shard queue stopped the reading of samples.");
  families_->shards = gauge("shards", "The number of shards used for parallel sending to the remote storage.");
  families_->shards_desired = gauge("shards_desired", "The number of shards that the rates of samples in and out ask for.");
  families_->shards_min = gauge("shards_min", "The minimum number of shards that the queue is allowed to run.");
  families_->shards_max = gauge("shards_max", "The maximum number of shards that the queue is allowed to run.");
  families_->shard_capacity = gauge("shard_capacity", "The capacity of each shard of the queue.");
  families_->max_samples_per_send = gauge("max_samples_per_send", "The maximum number of samples to be sent in a single request.");
  families_->highest = gauge("queue_highest_timestamp_seconds", "Highest timestamp that was enqueued, in seconds since epoch.");
  // One for all queues, which stays when a queue goes.
  families_->highest_of_all = &prometheus::BuildGauge()
                                   .Name("prometheus_remote_storage_highest_timestamp_in_seconds")
                                   .Help("Highest timestamp that any queue has read from the store, in seconds since epoch.")
                                   .Register(registry_)
                                   .Add({});
  families_->highest_sent = gauge("queue_highest_sent_timestamp_seconds", "Highest timestamp successfully sent by this queue.");
  auto& durations = prometheus::BuildHistogram()
                        .Name("prometheus_remote_storage_sent_batch_duration_seconds")
                        .Help("Duration of send calls to the remote storage.")
                        .Register(registry_);
  families_->duration = &durations.Add(
      labels, prometheus::Histogram::BucketBoundaries{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120, 300});
  families_->removals.push_back([&durations, metric = families_->duration] { durations.Remove(metric); });
}

WriteMetrics::~WriteMetrics() {
  for (const std::function<void()>& remove : families_->removals) {
    remove();
  }
}

void WriteMetrics::Add(Event event, const WriteBatch::Counts& counts) {
  const std::array<size_t, 3> numbers = ByKind(counts);
  for (size_t kind = 0; kind < numbers.size(); ++kind) {
    families_->counters[static_cast<size_t>(event)][kind]->Increment(static_cast<double>(numbers[kind]));
  }
}

void WriteMetrics::AddDropped(DropReason reason, const WriteBatch::Counts& counts) {
  const std::array<size_t, 3> numbers = ByKind(counts);
  for (size_t kind = 0; kind < numbers.size(); ++kind) {
    families_->dropped[static_cast<size_t>(reason)][kind]->Increment(static_cast<double>(numbers[kind]));
  }
}

void WriteMetrics::AddPending(const WriteBatch::Counts& counts, int sign) {
  const std::array<size_t, 3> numbers = ByKind(counts);
  for (size_t kind = 0; kind < numbers.size(); ++kind) {
    families_->pending[kind]->Increment(sign * static_cast<double>(numbers[kind]));
  }
}

void WriteMetrics::ObserveSend(double seconds, size_t bytes) {
  families_->duration->Observe(seconds);
  families_->bytes->Increment(static_cast<double>(bytes));
}

void WriteMetrics::SetShards(int shards, double desired) {
  families_->shards->Set(shards);
  families_->shards_desired->Set(desired);
}

void WriteMetrics::SetLimits(const QueueConfig& queue) {
  families_->shards_min->Set(static_cast<double>(queue.min_shards));
  families_->shards_max->Set(static_cast<double>(queue.max_shards));
  families_->shard_capacity->Set(static_cast<double>(queue.capacity));
  families_->max_samples_per_send->Set(static_cast<double>(queue.max_samples_per_send));
}

void WriteMetrics::EnqueueRetry() { families_->enqueue_retries->Increment(); }
void WriteMetrics::SetHighest(TimestampMs enqueued) {
  const double seconds = static_cast<double>(enqueued / kSecond);
  families_->highest->Set(seconds);
  families_->highest_of_all->Set(std::max(seconds, families_->highest_of_all->Value()));
}
void WriteMetrics::SetHighestSent(TimestampMs sent) { families_->highest_sent->Set(static_cast<double>(sent / kSecond)); }

void WriteMetrics::AddMetadata(size_t entries, size_t bytes, bool ok) {
  (ok ? families_->metadata : families_->metadata_failed)->Increment(static_cast<double>(entries));
  families_->metadata_bytes->Increment(ok ? static_cast<double>(bytes) : 0);
}

void WriteMetrics::AddReceived(const WriteBatch::Counts& counts) {
  const std::array<size_t, 3> numbers = ByKind(counts);
  for (size_t kind = 0; kind < numbers.size(); ++kind) {
    families_->received[kind]->Increment(static_cast<double>(numbers[kind]));
  }
}

}  // namespace tocsin
