#include "storage/head_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/summary.h>

#include "base/memory_budget.h"
#include "storage/head_core.h"
#include "storage/head_storage.h"

namespace tocsin {
namespace {

double AsSeconds(TimestampMs t) { return static_cast<double>(t) / 1000; }

}  // namespace

HeadMetrics::HeadMetrics(const HeadCore& core, const HeadStorage* storage, prometheus::Registry& registry)
    : core_(core), storage_(storage), registry_(registry) {
  AddHeadMetrics();
  AddHeadTimes();
  AddSampleMetrics();
  AddOutOfOrderDelta();
  AddBlockMetrics();
  AddExemplarMetrics();
  AddMemoryMetrics();
  if (storage_ != nullptr) {
    AddLogMetrics();
  }
  Update();
}

void HeadMetrics::Update() {
  for (const std::function<void()>& update : updates_) {
    update();
  }
}

void HeadMetrics::AddCounter(const char* name, const char* help, std::function<double()> value, const Labels& labels) {
  prometheus::Counter& counter = prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
  updates_.emplace_back([&counter, value = std::move(value)] {
    const double grown = value() - counter.Value();
    if (grown > 0) {
      counter.Increment(grown);
    }
  });
}

void HeadMetrics::AddGauge(const char* name, const char* help, std::function<double()> value, const Labels& labels) {
  prometheus::Gauge& gauge = prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
  updates_.emplace_back([&gauge, value = std::move(value)] { gauge.Set(value()); });
}

void HeadMetrics::AddSummary(const char* name, const char* help, std::function<double()> sum, std::function<uint64_t()> count) {
  prometheus::Summary& summary =
      prometheus::BuildSummary().Name(name).Help(help).Register(registry_).Add({}, prometheus::Summary::Quantiles{});
  updates_.emplace_back([&summary, sum = std::move(sum), count = std::move(count), seen_sum = 0.0, seen_count = uint64_t{0}]() mutable {
    const uint64_t more = count() - seen_count;
    const double now = sum();
    for (uint64_t i = 0; i < more; ++i) {
      summary.Observe((now - seen_sum) / static_cast<double>(more));
    }
    seen_sum = now;
    seen_count += more;
  });
}

void HeadMetrics::AddHeadMetrics() {
  const HeadCore& core = core_;
  const HeadCounters& counters = core.counters;
  AddGauge("prometheus_tsdb_head_series", "Total number of series in the head block.", [&core] {
    const ReaderLock lock(core.mu);
    return static_cast<double>(core.table.size());
  });
  AddCounter("prometheus_tsdb_head_series_created_total", "Total number of series created in the head",
             [&counters] { return static_cast<double>(counters.series_created); });
  AddCounter("prometheus_tsdb_head_series_removed_total", "Total number of series removed in the head",
             [&counters] { return static_cast<double>(counters.series_removed); });
  AddCounter("prometheus_tsdb_head_series_not_found_total", "Total number of requests for series that were not found.",
             [&counters] { return static_cast<double>(counters.refused[static_cast<size_t>(AppendResult::kUnknownSeries)]); });
  AddCounter("prometheus_tsdb_head_chunks_created_total", "Total number of chunks created in the head",
             [&counters] { return static_cast<double>(counters.chunks_created); });
  AddCounter("prometheus_tsdb_head_chunks_removed_total", "Total number of chunks removed in the head",
             [&counters] { return static_cast<double>(counters.chunks_removed); });
  AddGauge("prometheus_tsdb_head_chunks_storage_size_bytes", "Size of the chunks in memory.", [&core] {
    const ReaderLock lock(core.mu);
    return static_cast<double>(core.chunk_bytes);
  });
  AddGauge("prometheus_tsdb_symbol_table_size_bytes", "Size of symbol table in memory for loaded blocks", [&core] {
    const ReaderLock lock(core.mu);
    return static_cast<double>(core.pairs.memory_bytes());
  });
  AddGauge("prometheus_tsdb_head_active_appenders", "Number of currently active appender transactions",
           [&core] { return static_cast<double>(core.open_appenders); });
  AddCounter("prometheus_tsdb_head_truncations_total", "Total number of head truncations attempted.",
             [&counters] { return static_cast<double>(counters.truncations); });
  AddGauge("prometheus_tsdb_head_chunks", "Total number of chunks in the head block.",
           [&counters] { return static_cast<double>(counters.chunks); });
  AddGauge("prometheus_tsdb_head_stale_series", "Total number of stale series in the head block.",
           [&counters] { return static_cast<double>(counters.stale_series); });
  AddGauge("prometheus_tsdb_head_native_histogram_series", "Number of series in the head whose newest sample is a native histogram.",
           [&counters] { return static_cast<double>(counters.histogram_series); });
  AddGauge("prometheus_tsdb_head_native_histogram_buckets", "Buckets of the newest native histograms in the head.",
           [&counters] { return static_cast<double>(counters.histogram_buckets); });
  AddSummary(
      "prometheus_tsdb_head_gc_duration_seconds", "Runtime of garbage collection in the head block.",
      [&counters] { return static_cast<double>(counters.truncation_ns) / 1e9; }, [&counters] { return counters.truncations.load(); });
  AddCounter("prometheus_tsdb_head_truncations_failed_total", "Total number of head truncations that failed.", [] { return 0.0; });
}

void HeadMetrics::AddHeadTimes() {
  const HeadCore& core = core_;
  const auto min_time = [&core] {
    const ReaderLock lock(core.mu);
    return core.min_time;
  };
  const auto max_time = [&core] {
    const ReaderLock lock(core.mu);
    return core.max_time;
  };
  AddGauge("prometheus_tsdb_head_min_time", "Minimum time bound of the head block. The unit is decided by the library consumer.",
           [min_time] { return static_cast<double>(min_time()); });
  AddGauge("prometheus_tsdb_head_max_time", "Maximum timestamp of the head block. The unit is decided by the library consumer.",
           [max_time] { return static_cast<double>(max_time()); });
  AddGauge("prometheus_tsdb_head_min_time_seconds", "Minimum time bound of the head block.", [min_time] { return AsSeconds(min_time()); });
  AddGauge("prometheus_tsdb_head_max_time_seconds", "Maximum timestamp of the head block.", [max_time] { return AsSeconds(max_time()); });
  AddGauge("prometheus_tsdb_lowest_timestamp",
           "Lowest timestamp value stored in the database. The unit is decided by the library consumer.",
           [min_time] { return static_cast<double>(min_time()); });
  AddGauge("prometheus_tsdb_lowest_timestamp_seconds", "Lowest timestamp value stored in the database.",
           [min_time] { return AsSeconds(min_time()); });
  const DurationMs retention = core.options.retention_ms;
  const int64_t retention_bytes = core.options.retention_bytes;
  AddGauge("prometheus_tsdb_retention_limit_seconds", "How long to retain samples in storage.",
           [retention] { return AsSeconds(retention); });
  AddGauge("prometheus_tsdb_retention_limit_bytes", "Max number of bytes to be retained in the tsdb blocks, configured 0 means disabled",
           [retention_bytes] { return static_cast<double>(retention_bytes); });
}

void HeadMetrics::AddSampleMetrics() {
  const HeadCounters& counters = core_.counters;
  AddCounter("prometheus_tsdb_head_samples_appended_total", "Total number of appended samples.",
             [&counters] { return static_cast<double>(counters.float_samples); }, {{"type", "float"}});
  AddCounter("prometheus_tsdb_head_samples_appended_total", "Total number of appended samples.",
             [&counters] { return static_cast<double>(counters.histogram_samples); }, {{"type", "histogram"}});
  AddCounter("prometheus_tsdb_head_out_of_order_samples_appended_total", "Total number of appended out of order samples.",
             [&counters] { return static_cast<double>(counters.out_of_order_samples); }, {{"type", "float"}});
  AddCounter("prometheus_tsdb_head_out_of_order_samples_appended_total", "Total number of appended out of order samples.",
             [&counters] { return static_cast<double>(counters.out_of_order_histograms); }, {{"type", "histogram"}});
  const auto refused = [&counters](AppendResult result) {
    return [&counters, result] { return static_cast<double>(counters.refused[static_cast<size_t>(result)]); };
  };
  const auto add_by_type = [&](const char* name, const char* help, AppendResult result) {
    AddCounter(
        name, help,
        [&counters, i = static_cast<size_t>(result)] { return static_cast<double>(counters.refused[i] - counters.refused_histograms[i]); },
        {{"type", "float"}});
    AddCounter(name, help, [&counters, i = static_cast<size_t>(result)] { return static_cast<double>(counters.refused_histograms[i]); },
               {{"type", "histogram"}});
  };
  add_by_type("prometheus_tsdb_out_of_order_samples_total",
              "Total number of out of order samples ingestion failed attempts due to out of order being disabled.",
              AppendResult::kOutOfOrder);
  add_by_type("prometheus_tsdb_out_of_bound_samples_total",
              "Total number of out of bound samples ingestion failed attempts with out of order support disabled.",
              AppendResult::kOutOfBounds);
  add_by_type(
      "prometheus_tsdb_too_old_samples_total",
      "Total number of out of order samples ingestion failed attempts with out of support enabled, but sample outside of time window.",
      AppendResult::kTooOld);
  AddCounter("tocsin_duplicate_samples_total", "Samples refused since there is one at their time with another value.",
             refused(AppendResult::kDuplicate));
  AddCounter("tocsin_refused_series_total", "New series refused since the memory limit is reached.", refused(AppendResult::kMemoryLimit));
}

void HeadMetrics::AddOutOfOrderDelta() {
  std::vector<double> bounds;
  for (const DurationMs bound : HeadCounters::kOutOfOrderBounds) {
    bounds.push_back(AsSeconds(bound));
  }
  prometheus::Histogram& histogram = prometheus::BuildHistogram()
                                         .Name("prometheus_tsdb_sample_ooo_delta")
                                         .Help(
                                             "Delta in seconds by which a sample is considered out of order (reported regardless of OOO "
                                             "time window and whether sample is accepted or not).")
                                         .Register(registry_)
                                         .Add({}, bounds);
  const HeadCounters& counters = core_.counters;
  updates_.emplace_back([&histogram, &counters, seen = std::vector<double>(bounds.size() + 1), seen_ms = uint64_t{0}]() mutable {
    std::vector<double> grown(seen.size());
    for (size_t i = 0; i < seen.size(); ++i) {
      const auto now = static_cast<double>(counters.out_of_order_by_delta[i]);
      grown[i] = now - std::exchange(seen[i], now);
    }
    const uint64_t ms = counters.out_of_order_delta_ms;
    histogram.ObserveMultiple(grown, static_cast<double>(ms - std::exchange(seen_ms, ms)) / 1000);
  });
}

// There are no blocks and no compaction: what dashboards and alerts ask for is there, and says so.
void HeadMetrics::AddBlockMetrics() {
  const HeadCounters& counters = core_.counters;
  for (const auto& [name, help] : std::initializer_list<std::pair<const char*, const char*>>{
           {"prometheus_tsdb_blocks_loaded", "Number of currently loaded data blocks"},
           {"prometheus_tsdb_storage_blocks_bytes", "The number of bytes that are currently used for local storage by all blocks."}}) {
    AddGauge(name, help, [] { return 0.0; });
  }
  for (const auto& [name, help] : std::initializer_list<std::pair<const char*, const char*>>{
           {"prometheus_tsdb_compactions_total", "Total number of compactions that were executed for the partition."},
           {"prometheus_tsdb_compactions_failed_total", "Total number of compactions that failed for the partition."},
           {"prometheus_tsdb_compactions_triggered_total", "Total number of triggered compactions for the partition."},
           {"prometheus_tsdb_reloads_total", "Number of times the database reloaded block data from disk."},
           {"prometheus_tsdb_reloads_failures_total", "Number of times the database failed to reloadBlocks block data from disk."}}) {
    AddCounter(name, help, [] { return 0.0; });
  }
  AddCounter("prometheus_tsdb_time_retentions_total",
             "The number of times that blocks were deleted because the maximum time limit was exceeded.",
             [&counters] { return static_cast<double>(counters.time_retentions); });
  AddCounter("prometheus_tsdb_size_retentions_total",
             "The number of times that blocks were deleted because the maximum number of bytes was exceeded.",
             [&counters] { return static_cast<double>(counters.size_retentions); });
}

void HeadMetrics::AddExemplarMetrics() {
  const HeadCore& core = core_;
  const HeadCounters& counters = core.counters;
  AddCounter("prometheus_tsdb_exemplar_exemplars_appended_total", "Total number of appended exemplars.",
             [&counters] { return static_cast<double>(counters.exemplars); });
  AddCounter("prometheus_tsdb_exemplar_out_of_order_exemplars_total", "Total number of out of order exemplar ingestion failed attempts.",
             [&counters] { return static_cast<double>(counters.exemplars_out_of_order); });
  AddGauge("prometheus_tsdb_exemplar_exemplars_in_storage", "Number of exemplars currently in circular storage.", [&core] {
    const ReaderLock lock(core.mu);
    return static_cast<double>(core.exemplars.size());
  });
  AddGauge("prometheus_tsdb_exemplar_series_with_exemplars_in_storage", "Number of series with exemplars currently in circular storage.",
           [&core] {
             const ReaderLock lock(core.mu);
             return static_cast<double>(core.exemplars.series_count());
           });
  AddGauge("prometheus_tsdb_exemplar_last_exemplars_timestamp_seconds", "The timestamp of the oldest exemplar stored in circular storage.",
           [&core] {
             const ReaderLock lock(core.mu);
             return AsSeconds(core.exemplars.oldest_time());
           });
  AddGauge("prometheus_tsdb_exemplar_max_exemplars", "Total number of exemplars the exemplar storage can store, resizeable.",
           [&core] { return static_cast<double>(core.options.max_exemplars); });
}

void HeadMetrics::AddMemoryMetrics() {
  const HeadCore& core = core_;
  AddGauge("tocsin_retained_seconds", "Time between the oldest and the newest sample that are kept.", [&core] {
    const ReaderLock lock(core.mu);
    return core.max_time == kMinTimestamp ? 0.0 : AsSeconds(core.max_time - core.min_time);
  });
  AddCounter("tocsin_shed_chunks_total", "Chunks of history given up to keep the memory limit or the size retention.",
             [&core] { return static_cast<double>(core.counters.shed_chunks); });
  if (const MemoryBudget* budget = core.options.memory_budget; budget != nullptr) {
    AddGauge("tocsin_memory_limit_bytes", "The limit of --memory.max.", [budget] { return static_cast<double>(budget->limit_bytes()); });
    AddGauge("tocsin_memory_used_bytes", "Resident memory as far as it is known.",
             [budget] { return static_cast<double>(budget->estimate_bytes()); });
    AddGauge("tocsin_memory_pressure", "0: none, 1: history is given up, 2: new series are refused.",
             [budget] { return static_cast<double>(budget->pressure()); });
    AddCounter("tocsin_memory_refused_queries_total", "Queries and rule evaluations that the memory limit had no room for.",
               [budget] { return static_cast<double>(budget->refused_work()); });
    AddCounter("tocsin_memory_refused_requests_total", "Requests whose bodies the memory limit had no room for.",
               [budget] { return static_cast<double>(budget->bodies().refused()); });
  }
}

void HeadMetrics::AddLogMetrics() {
  const HeadStorage& storage = *storage_;
  AddCounter("tocsin_wal_not_durable_samples_total", "Samples in memory that could not be written to the log.",
             [this] { return static_cast<double>(core_.counters.not_durable_samples); });
  AddCounter("prometheus_tsdb_wal_corruptions_total", "Total number of WAL corruptions.",
             [&storage] { return static_cast<double>(storage.report().damaged_places); });
  AddCounter("prometheus_tsdb_wal_writes_failed_total", "Total number of WAL writes that failed.",
             [&storage] { return static_cast<double>(storage.log().failed_writes()); });
  AddGauge("prometheus_tsdb_wal_segment_current", "Write log segment index that TSDB is currently writing to.",
           [&storage] { return static_cast<double>(storage.log().segment()); });
  AddGauge("prometheus_tsdb_wal_storage_size_bytes", "Size of the write log directory.",
           [&storage] { return static_cast<double>(storage.disk_bytes()); });
  AddCounter("prometheus_tsdb_checkpoint_creations_total", "Total number of checkpoint creations attempted.",
             [&storage] { return static_cast<double>(storage.checkpoints() + storage.failed_checkpoints()); });
  AddCounter("prometheus_tsdb_checkpoint_creations_failed_total", "Total number of checkpoint creations that failed.",
             [&storage] { return static_cast<double>(storage.failed_checkpoints()); });
  AddCounter("prometheus_tsdb_checkpoint_deletions_total", "Total number of checkpoint deletions attempted.",
             [&storage] { return static_cast<double>(storage.removals()); });
  AddCounter("prometheus_tsdb_checkpoint_deletions_failed_total", "Total number of checkpoint deletions that failed.",
             [&storage] { return static_cast<double>(storage.failed_removals()); });
  AddCounter("prometheus_tsdb_wal_truncations_total", "Total number of write log truncations attempted.",
             [&storage] { return static_cast<double>(storage.checkpoints() + storage.failed_checkpoints()); });
  AddCounter("prometheus_tsdb_wal_truncations_failed_total", "Total number of write log truncations that failed.",
             [&storage] { return static_cast<double>(storage.failed_checkpoints()); });
  AddCounter("prometheus_tsdb_wal_page_flushes_total", "Total number of page flushes.",
             [&storage] { return static_cast<double>(storage.log().writes()); });
  AddSummary(
      "prometheus_tsdb_wal_truncate_duration_seconds", "Duration of WAL truncation.", [&storage] { return storage.removal_seconds(); },
      [&storage] { return storage.removals(); });
  prometheus::Summary& syncs = prometheus::BuildSummary()
                                   .Name("prometheus_tsdb_wal_fsync_duration_seconds")
                                   .Help("Duration of write log fsync.")
                                   .Register(registry_)
                                   .Add({}, prometheus::Summary::Quantiles{{0.5, 0.05}, {0.9, 0.01}, {0.99, 0.001}});
  updates_.emplace_back([&syncs, &storage] {
    for (const double seconds : storage.TakeSyncSeconds()) {
      syncs.Observe(seconds);
    }
  });
  AddGauge("prometheus_tsdb_clean_start",
           "-1: lockfile is disabled. 0: a lockfile from a previous execution was replaced. "
           "1: lockfile creation was clean",
           [&storage] { return storage.report().damaged_places == 0 ? 1.0 : 0.0; });
  AddGauge("prometheus_tsdb_data_replay_duration_seconds", "Time taken to replay the data on disk.",
           [&storage] { return storage.replay_seconds(); });
}

}  // namespace tocsin
