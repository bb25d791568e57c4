#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

#include <string>

#include "base/types.h"

namespace tocsin {

/// The program's own metrics about scraping, under upstream's names. Families with a label make their children when a pool does.
/// Threads: safe.
struct ScrapeMetrics {
  explicit ScrapeMetrics(prometheus::Registry& registry);

  prometheus::Counter& pools;
  prometheus::Counter& pools_failed;
  prometheus::Counter& pool_reloads;
  prometheus::Counter& pool_reloads_failed;
  prometheus::Counter& exceeded_target_limit;
  prometheus::Counter& exceeded_label_limits;
  prometheus::Counter& exceeded_body_size_limit;
  prometheus::Counter& exceeded_sample_limit;
  prometheus::Counter& exceeded_bucket_limit;
  prometheus::Counter& duplicate_timestamp;
  prometheus::Counter& out_of_order;
  prometheus::Counter& out_of_bounds;
  prometheus::Counter& exemplar_out_of_order;
  prometheus::Counter& cache_flush_forced;
  prometheus::Counter& refused_series;
  prometheus::Counter& spilled_bodies;
  prometheus::Counter& lines_matched;
  prometheus::Counter& lines_parsed;

  prometheus::Family<prometheus::Gauge>& target_limit;                   // scrape_job
  prometheus::Family<prometheus::Gauge>& pool_targets;                   // scrape_job
  prometheus::Family<prometheus::Counter>& pool_syncs;                   // scrape_job
  prometheus::Family<prometheus::Counter>& sync_failed;                  // scrape_job
  prometheus::Family<prometheus::Gauge>& symbols;                        // scrape_job
  prometheus::Family<prometheus::Summary>& sync_length;                  // scrape_job
  prometheus::Family<prometheus::Histogram>& sync_length_histogram;      // scrape_job
  prometheus::Family<prometheus::Summary>& interval_length;              // interval
  prometheus::Family<prometheus::Histogram>& interval_length_histogram;  // interval
  prometheus::Histogram& scrape_duration;                                ///< Of jobs with extra_scrape_metrics.
  prometheus::Family<prometheus::Summary>& reload_length;                // interval
  prometheus::Family<prometheus::Gauge>& metadata_entries;               // scrape_job
  prometheus::Family<prometheus::Gauge>& metadata_bytes;                 // scrape_job
};

/// The value of label `interval`, as Go writes durations: "15s", "1m0s", "1.5s".
std::string IntervalText(DurationMs interval_ms);

/// The quantiles of upstream's summaries.
prometheus::Summary::Quantiles TargetQuantiles();

/// The bounds of upstream's histograms.
prometheus::Histogram::BucketBoundaries TargetBounds();

}  // namespace tocsin
