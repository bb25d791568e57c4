#include "engine/scrape/report_series.h"

#include <string_view>
#include <utility>
#include <vector>

#include "base/model/sample.h"

namespace tocsin {
namespace {

struct ReportDefinition {
  std::string_view name;
  std::string_view unit;
  std::string_view help;
};

constexpr ReportDefinition kReports[] = {
    {"up", "targets", "Health of the scrape target. 1 means the target is healthy, 0 if the scrape failed."},
    {"scrape_duration_seconds", "seconds", "Duration of the last scrape in seconds."},
    {"scrape_samples_scraped", "samples", "Number of samples last scraped."},
    {"scrape_samples_post_metric_relabeling", "samples", "Number of samples remaining after metric relabeling was applied."},
    {"scrape_series_added", "series", "Number of series in the last scrape."},
    {"scrape_timeout_seconds", "seconds", "The configured scrape timeout for a target."},
    {"scrape_sample_limit", "samples", "The configured sample limit for a target. Returns zero if there is no limit configured."},
    {"scrape_body_size_bytes", "bytes",
     "The uncompressed size of the last scrape response, if successful. Scrapes failing because body_size_limit is exceeded report -1, "
     "other "
     "scrape failures report 0."},
};
constexpr size_t kPlainReports = 5;

}  // namespace

void ReportSeries::Append(const Values& values, bool extra, const Labels& target_labels, TimestampMs t, bool append_metadata,
                          Appender* appender) {
  const double numbers[kSeries] = {values.up ? 1.0 : 0.0, values.duration_seconds, values.scraped,      values.kept,
                                   values.added,          values.timeout_seconds,  values.sample_limit, values.body_bytes};
  LabelsBuilder builder(target_labels);
  const bool metadata_due = std::exchange(metadata_due_, false);
  const auto put_metadata = [&](size_t i) {
    if (append_metadata) {
      appender->SetMetadata(refs_[i], {"gauge", std::string(kReports[i].help), std::string(kReports[i].unit)});
    }
  };
  for (size_t i = 0; i < (extra ? kSeries : kPlainReports); ++i) {
    if (refs_[i] != SeriesRef::kNone && appender->Append(refs_[i], t, numbers[i]) != AppendResult::kUnknownSeries) {
      if (metadata_due) {
        put_metadata(i);
      }
      continue;
    }
    builder.Set(kMetricName, kReports[i].name);
    AppendResult result = AppendResult::kOk;
    refs_[i] = appender->GetOrCreate(builder.Build(), &result);
    if (refs_[i] != SeriesRef::kNone) {
      appender->Append(refs_[i], t, numbers[i]);
      put_metadata(i);
    }
  }
}

void ReportSeries::Create(bool extra, const Labels& target_labels, Appender* appender) {
  LabelsBuilder builder(target_labels);
  for (size_t i = 0; i < (extra ? kSeries : kPlainReports); ++i) {
    if (refs_[i] == SeriesRef::kNone) {
      builder.Set(kMetricName, kReports[i].name);
      AppendResult result = AppendResult::kOk;
      refs_[i] = appender->GetOrCreate(builder.Build(), &result);
      metadata_due_ = true;
    }
  }
}

void ReportSeries::AppendEnd(TimestampMs t, Appender* appender) {
  for (const SeriesRef ref : refs_) {
    if (ref != SeriesRef::kNone) {
      appender->Append(ref, t, kStaleNaN);
    }
  }
}

}  // namespace tocsin
