#include "storage/head_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>

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
  AddSampleMetrics();
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
  const auto refused = [&counters](AppendResult result) {
    return [&counters, result] { return static_cast<double>(counters.refused[static_cast<size_t>(result)]); };
  };
  AddCounter("prometheus_tsdb_out_of_order_samples_total",
             "Total number of out of order samples ingestion failed attempts due to out of order being disabled.",
             refused(AppendResult::kOutOfOrder), {{"type", "float"}});
  AddCounter("prometheus_tsdb_out_of_bound_samples_total",
             "Total number of out of bound samples ingestion failed attempts with out of order "
             "support disabled.",
             refused(AppendResult::kOutOfBounds), {{"type", "float"}});
  AddCounter("prometheus_tsdb_too_old_samples_total",
             "Total number of out of order samples ingestion failed attempts with out of support enabled, but sample "
             "outside of time window.",
             refused(AppendResult::kTooOld), {{"type", "float"}});
  AddCounter("tocsin_duplicate_samples_total", "Samples refused since there is one at their time with another value.",
             refused(AppendResult::kDuplicate));
  AddCounter("tocsin_refused_series_total", "New series refused since the memory limit is reached.", refused(AppendResult::kMemoryLimit));
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
  AddGauge("prometheus_tsdb_clean_start",
           "-1: lockfile is disabled. 0: a lockfile from a previous execution was replaced. "
           "1: lockfile creation was clean",
           [&storage] { return storage.report().damaged_places == 0 ? 1.0 : 0.0; });
  AddGauge("prometheus_tsdb_data_replay_duration_seconds", "Time taken to replay the data on disk.",
           [&storage] { return storage.replay_seconds(); });
}

}  // namespace tocsin
