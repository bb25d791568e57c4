#include "engine/scrape/scrape_metrics.h"

#include "base/strings.h"
#include "base/text/float_text.h"

namespace tocsin {
namespace {

prometheus::Counter& MakeCounter(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prometheus::Family<prometheus::Gauge>& MakeGauges(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Counter>& MakeCounters(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Summary>& MakeSummaries(prometheus::Registry& registry, const std::string& name, const std::string& help) {
  return prometheus::BuildSummary().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Histogram>& MakeHistograms(prometheus::Registry& registry, const std::string& name,
                                                          const std::string& help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

}  // namespace

prometheus::Summary::Quantiles TargetQuantiles() { return {{0.01, 0.001}, {0.05, 0.005}, {0.5, 0.05}, {0.90, 0.01}, {0.99, 0.001}}; }
prometheus::Histogram::BucketBoundaries TargetBounds() { return {.01, .1, 1, 10}; }

std::string IntervalText(DurationMs interval_ms) {
  if (interval_ms < kSecond) {
    return Cat(interval_ms, "ms");
  }
  const int64_t hours = interval_ms / kHour;
  const int64_t minutes = interval_ms % kHour / kMinute;
  std::string text = hours > 0 ? Cat(hours, "h", minutes, "m") : minutes > 0 ? Cat(minutes, "m") : std::string();
  Append(&text, GoFloat(static_cast<double>(interval_ms % kMinute) / 1000, 'f'), "s");
  return text;
}

ScrapeMetrics::ScrapeMetrics(prometheus::Registry& r)
    : pools(MakeCounter(r, "prometheus_target_scrape_pools_total", "Total number of scrape pool creation attempts.")),
      pools_failed(MakeCounter(r, "prometheus_target_scrape_pools_failed_total", "Total number of scrape pool creations that failed.")),
      pool_reloads(MakeCounter(r, "prometheus_target_scrape_pool_reloads_total", "Total number of scrape pool reloads.")),
      pool_reloads_failed(
          MakeCounter(r, "prometheus_target_scrape_pool_reloads_failed_total", "Total number of failed scrape pool reloads.")),
      exceeded_target_limit(MakeCounter(r, "prometheus_target_scrape_pool_exceeded_target_limit_total",
                                        "Total number of times scrape pools hit the target limit, during sync or config reload.")),
      exceeded_label_limits(MakeCounter(r, "prometheus_target_scrape_pool_exceeded_label_limits_total",
                                        "Total number of times scrape pools hit the label limits, during sync or config reload.")),
      exceeded_body_size_limit(MakeCounter(r, "prometheus_target_scrapes_exceeded_body_size_limit_total",
                                           "Total number of scrapes that hit the body size limit")),
      exceeded_sample_limit(MakeCounter(r, "prometheus_target_scrapes_exceeded_sample_limit_total",
                                        "Total number of scrapes that hit the sample limit and were rejected.")),
      exceeded_bucket_limit(MakeCounter(r, "prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total",
                                        "Total number of scrapes that hit the native histogram bucket limit and were rejected.")),
      duplicate_timestamp(MakeCounter(r, "prometheus_target_scrapes_sample_duplicate_timestamp_total",
                                      "Total number of samples rejected due to duplicate timestamps but different values.")),
      out_of_order(MakeCounter(r, "prometheus_target_scrapes_sample_out_of_order_total",
                               "Total number of samples rejected due to not being out of the expected order.")),
      out_of_bounds(MakeCounter(r, "prometheus_target_scrapes_sample_out_of_bounds_total",
                                "Total number of samples rejected due to timestamp falling outside of the time bounds.")),
      exemplar_out_of_order(MakeCounter(r, "prometheus_target_scrapes_exemplar_out_of_order_total",
                                        "Total number of exemplar rejected due to not being out of the expected order.")),
      cache_flush_forced(MakeCounter(r, "prometheus_target_scrapes_cache_flush_forced_total",
                                     "How many times a scrape cache was flushed due to getting big while scrapes are failing.")),
      refused_series(MakeCounter(r, "tocsin_scrape_refused_series_total",
                                 "Total number of new series of scrapes that the memory budget did not admit.")),
      spilled_bodies(MakeCounter(r, "tocsin_scrape_spilled_bodies_total",
                                 "Total number of bodies of scrapes that the memory budget had no room for; they were read in pieces.")),
      lines_matched(MakeCounter(r, "tocsin_scrape_lines_matched_total", "Total number of lines known from the scrape before.")),
      lines_parsed(MakeCounter(r, "tocsin_scrape_lines_parsed_total", "Total number of entries that the parser had to read whole.")),
      target_limit(MakeGauges(r, "prometheus_target_scrape_pool_target_limit", "Maximum number of targets allowed in this scrape pool.")),
      pool_targets(MakeGauges(r, "prometheus_target_scrape_pool_targets", "Current number of targets in this scrape pool.")),
      pool_syncs(MakeCounters(r, "prometheus_target_scrape_pool_sync_total", "Total number of syncs that were executed on a scrape pool.")),
      sync_failed(MakeCounters(r, "prometheus_target_sync_failed_total", "Total number of target sync failures.")),
      symbols(MakeGauges(r, "prometheus_target_scrape_pool_symboltable_items", "Current number of symbols in table for this scrape pool.")),
      sync_length(MakeSummaries(r, "prometheus_target_sync_length_seconds", "Actual interval to sync the scrape pool.")),
      sync_length_histogram(
          MakeHistograms(r, "prometheus_target_sync_length_histogram_seconds", "Actual interval to sync the scrape pool.")),
      interval_length(MakeSummaries(r, "prometheus_target_interval_length_seconds", "Actual intervals between scrapes.")),
      interval_length_histogram(
          MakeHistograms(r, "prometheus_target_interval_length_histogram_seconds", "Actual intervals between scrapes.")),
      // Upstream has it as a native histogram alone, whose text shows no bound but infinity.
      scrape_duration(MakeHistograms(r, "prometheus_target_scrape_duration_seconds",
                                     "Total duration of the scrape from start to commit completion in seconds.")
                          .Add({}, prometheus::Histogram::BucketBoundaries{})),
      reload_length(MakeSummaries(r, "prometheus_target_reload_length_seconds",
                                  "Actual interval to reload the scrape pool with a given configuration.")),
      metadata_entries(MakeGauges(r, "prometheus_target_metadata_cache_entries", "Total number of metric metadata entries in the cache")),
      metadata_bytes(MakeGauges(r, "prometheus_target_metadata_cache_bytes",
                                "The number of bytes that are currently used for storing metric metadata in the cache")) {}

}  // namespace tocsin
