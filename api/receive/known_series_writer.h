#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "api/receive/series_cache.h"
#include "base/wire/remote_write.h"
#include "storage/appender.h"

namespace tocsin {

/// The fast way into an open transaction: series that hold nothing but samples are collected, found together in the cache (whose places are
/// brought near meanwhile), and their samples appended in one call.
///
/// Callers keep the order of a request: Flush() before anything is appended, or told of, in another way. Used for one request, by one
/// thread.
class KnownSeriesWriter {
 public:
  static constexpr size_t kBatchSamples = 1024;

  /// Samples of one series that were not taken; `message` is that of the series. kUnknownSeries: it is not in the cache, or has gone; find
  /// it by its labels.
  using Refused = std::function<absl::Status(std::string_view message, std::span<const wire::WriteSample> samples, AppendResult result)>;

  /// Samples later than `time_max` are not for this way; neither are start timestamps when they are kept.
  KnownSeriesWriter(SeriesCache& cache, Appender& appender, TimestampMs time_max, bool start_timestamps)
      : cache_(cache), appender_(appender), time_max_(time_max), start_timestamps_(start_timestamps) {}

  /// True: the samples of `series` (there is nothing else in it) go their way with the next Flush, which is due when full().
  /// The message of the series must live until then.
  bool Take(const wire::WriteSeries& series, const std::optional<SeriesCache::Key>& key);
  bool full() const { return samples_.size() >= kBatchSamples; }

  /// Adds the number of samples taken to `*taken`. Stops at the first error of `refused`.
  absl::Status Flush(size_t* taken, const Refused& refused);

 private:
  struct Entry {
    SeriesCache::Key key;
    std::string_view message;
    size_t samples_end;
  };

  bool HasOnlySamples(const wire::WriteSeries& series) const;
  /// Appends run_: samples of series that were found, one after another in the request.
  absl::Status AppendRun(size_t* taken, const Refused& refused);

  SeriesCache& cache_;
  Appender& appender_;
  const TimestampMs time_max_;
  const bool start_timestamps_;
  std::vector<Entry> entries_;
  std::vector<wire::WriteSample> samples_;
  std::vector<RefSample> run_;
  std::vector<std::string_view> run_messages_;  ///< one a sample
  std::vector<AppendResult> results_;
};

}  // namespace tocsin
