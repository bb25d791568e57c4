#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/receive/series_cache.h"
#include "api/receive/write_protocol.h"
#include "base/clock.h"
#include "storage/appender.h"

namespace prometheus {
class Counter;
class Registry;
}  // namespace prometheus

namespace tocsin {

/// Bodies that say they unpack to more are refused before they are unpacked.
inline constexpr uint64_t kWriteDecodedBytesMax = 32 << 20;

/// Samples further ahead of the clock are out of bounds.
inline constexpr DurationMs kWriteAheadMax = 10 * kMinute;

/// How long a sender shall wait when new series are refused; series go at the next round of retention at the earliest.
inline constexpr std::string_view kWriteRetryAfterSeconds = "10";

/// POST /api/v1/write: takes remote write 1.0 and 2.0 requests and appends them.
///
/// 1.0: all or nothing (400 on samples that do not fit; series with invalid labels are left out, counted, no error).
/// 2.0: what is good is written, the answer tells how much, 400 lists the rest.
/// Both: 429 with Retry-After when new series were refused because the memory is used up: the rest has been written, and what is sent again
/// is accepted silently; 503 when the log cannot be written.
/// Threads: safe.
class RemoteWriteReceiver {
 public:
  /// All references must outlive the receiver.
  RemoteWriteReceiver(RemoteWriteOptions options, Appendable& store, const Clock& clock, prometheus::Registry& metrics);

  http::Response Handle(const http::Request& request);

 private:
  http::Response WriteV1(std::string_view body);
  http::Response WriteV2(std::string_view body);

  RemoteWriteOptions options_;
  Appendable& store_;
  const Clock& clock_;
  SeriesCache cache_;
  prometheus::Counter& invalid_label_samples_;
};

}  // namespace tocsin
