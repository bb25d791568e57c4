#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "api/receive/known_series_writer.h"
#include "api/receive/series_cache.h"
#include "api/receive/series_writer.h"
#include "api/receive/write_protocol.h"

namespace tocsin {

/// A remote write 2.0 request on its way into an open transaction: what is good is appended, the rest is told in errors().
/// Used once, by one thread.
class WriteRequestV2 {
 public:
  WriteRequestV2(const RemoteWriteOptions& options, SeriesCache& cache, Appender& appender, TimestampMs time_max)
      : options_(options),
        cache_(cache),
        time_max_(time_max),
        writer_(appender, time_max),
        known_(cache, appender, time_max, options.start_timestamps) {}

  /// After an error (INVALID_ARGUMENT: the sender's fault) the caller rolls back.
  absl::Status Append(std::string_view body);

  const WrittenCounts& written() const { return written_; }
  const WriteErrors& errors() const { return errors_; }
  bool refused_for_memory() const { return writer_.refused_for_memory(); }
  size_t invalid_label_samples() const { return invalid_label_samples_; }

 private:
  /// An error ends the request; what is only wrong with this series goes to errors_.
  absl::Status AddSeries(wire::WriteSeries& series);
  absl::Status AddByLabels(wire::WriteSeries& series, const std::optional<SeriesCache::Key>& key);
  absl::Status AddSamples(const wire::WriteSeries& series);
  void AddExemplars(const wire::WriteSeries& series);
  absl::Status Flush();

  /// None: the references are not usable, or the series gets labels from elsewhere.
  std::optional<SeriesCache::Key> KeyOf(const wire::WriteSeries& series);
  std::string CheckMetadata(const wire::WriteMetadata& metadata) const;
  void AddTypeAndUnit(wire::WriteSeries* series) const;
  absl::Status RefuseSeries(const wire::WriteSeries& series, std::string_view problem);
  /// Counts a bad sample; the error of a failure that ends the request.
  absl::Status Note(AppendResult result, std::string_view text, const wire::WriteSeries& series, size_t* written);

  const RemoteWriteOptions& options_;
  SeriesCache& cache_;
  const TimestampMs time_max_;
  SeriesWriter writer_;
  KnownSeriesWriter known_;
  std::vector<std::string_view> symbols_;
  std::vector<SeriesCache::Key> symbol_keys_;
  std::vector<SeriesCache::Key> parts_;
  WrittenCounts written_;
  WriteErrors errors_;
  size_t invalid_label_samples_ = 0;
};

}  // namespace tocsin
