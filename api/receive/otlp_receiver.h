#pragma once

#include <functional>

#include "api/http/message.h"
#include "api/receive/otlp_cumulative.h"
#include "api/receive/otlp_translator.h"
#include "base/clock.h"
#include "storage/appender.h"

namespace prometheus {
class Counter;
class Registry;
template <typename T>
class Family;
}  // namespace prometheus

namespace tocsin {

class MemoryShare;

/// Bodies are read up to here, unpacked.
inline constexpr uint64_t kOtlpBodyBytesMax = 32 << 20;

struct OtlpReceiverOptions {
  DurationMs lookback_ms = 5 * kMinute;
  bool type_and_unit_labels = false;
  bool native_delta = false;
  bool delta_to_cumulative = false;  ///< feature otlp-deltatocumulative
  MemoryShare* bodies = nullptr;     ///< of unpacked and decoded bodies under way, outlives the receiver; null: no limit
};

/// POST /api/v1/otlp/v1/metrics: OTLP in protobuf or JSON, plain or gzip.
/// 200 when all is written; 400 lists what was left out (what is good has been written); 429 with Retry-After when new series were refused
/// because the memory is used up, or there is no room to read the request; 503 when the log cannot be written.
/// Threads: safe.
class OtlpReceiver {
 public:
  /// `config` gives the otlp block in force. References must outlive the receiver.
  OtlpReceiver(OtlpReceiverOptions options, std::function<OtlpConfig()> config, Appendable& store, const Clock& clock,
               prometheus::Registry& metrics);

  http::Response Handle(const http::Request& request);

  /// The decoded form, for other ways in (gRPC).
  http::Response Store(const std::vector<wire::OtlpResource>& resources);

 private:
  OtlpReceiverOptions options_;
  OtlpCumulative cumulative_;
  std::function<OtlpConfig()> config_;
  Appendable& store_;
  const Clock& clock_;
  prometheus::Family<prometheus::Counter>& warnings_;
  prometheus::Counter& out_of_order_exemplars_;
};

}  // namespace tocsin
