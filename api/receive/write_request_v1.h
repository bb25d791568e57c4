#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "api/receive/known_series_writer.h"
#include "api/receive/series_cache.h"
#include "api/receive/series_writer.h"
#include "api/receive/write_protocol.h"

namespace tocsin {

/// A remote write 1.0 request on its way into an open transaction. Used once, by one thread.
class WriteRequestV1 {
 public:
  WriteRequestV1(const RemoteWriteOptions& options, SeriesCache& cache, Appender& appender, TimestampMs time_max)
      : cache_(cache), time_max_(time_max), writer_(appender, time_max), known_(cache, appender, time_max, options.start_timestamps) {}

  /// After an error (INVALID_ARGUMENT: the sender's fault) the caller rolls back.
  absl::Status Append(std::string_view body);

  bool refused_for_memory() const { return writer_.refused_for_memory(); }
  /// Series that were left out.
  size_t invalid_series() const { return invalid_series_; }

 private:
  absl::Status AddSeries(wire::WriteSeries& series);
  absl::Status AddByLabels(wire::WriteSeries& series, const std::optional<SeriesCache::Key>& key);
  absl::Status AppendContents(const wire::WriteSeries& series);
  void AppendExemplars(const wire::WriteSeries& series);
  absl::Status Flush();

  SeriesCache& cache_;
  const TimestampMs time_max_;
  SeriesWriter writer_;
  KnownSeriesWriter known_;
  size_t taken_ = 0;
  size_t invalid_series_ = 0;
};

}  // namespace tocsin
