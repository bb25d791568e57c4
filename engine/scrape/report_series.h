#pragma once

#include <array>
#include <cstddef>

#include "base/model/labels.h"
#include "storage/appender.h"

namespace tocsin {

/// The series that every scrape reports about itself: up, scrape_duration_seconds, ... with the target's labels.
/// Threads: one at a time.
class ReportSeries {
 public:
  struct Values {
    bool up = false;
    double duration_seconds = 0;
    double scraped = 0;
    double kept = 0;
    double added = 0;
    // The last three only with extra_scrape_metrics.
    double timeout_seconds = 0;
    double sample_limit = 0;
    double body_bytes = 0;
  };

  void Append(const Values& values, bool extra, const Labels& target_labels, TimestampMs t, bool append_metadata, Appender* appender);

  /// Makes those that are missing, for a scrape whose own series may leave no memory for them. They stay while `appender` is open.
  void Create(bool extra, const Labels& target_labels, Appender* appender);

  /// Ends those that were ever appended.
  void AppendEnd(TimestampMs t, Appender* appender);

 private:
  static constexpr size_t kSeries = 8;
  std::array<SeriesRef, kSeries> refs_{};
  bool metadata_due_ = false;
};

}  // namespace tocsin
