#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "engine/config/remote_config.h"

namespace tocsin {

/// What became of one request.
struct WriteOutcome {
  enum class Kind {
    kDone,
    kRetry,        ///< not reached, 5xx, or 429 where the configuration says so
    kRefused,      ///< sending it again does not help
    kUnsupported,  ///< 415: try the other message
    kStopped,
  };
  Kind kind = Kind::kDone;
  std::string error;              ///< verbatim from the receiver
  DurationMs retry_after_ms = 0;  ///< asked for by the receiver; 0: not said
};

/// Sends one body; a door for tests.
/// Threads: safe.
class WriteTransport {
 public:
  virtual ~WriteTransport() = default;
  virtual WriteOutcome Send(const std::string& body, RemoteWriteMessage message, int attempt, const StopToken& stop) = 0;
};

/// By HTTP as the configuration says. `clock` outlives it.
std::unique_ptr<WriteTransport> MakeHttpWriteTransport(const RemoteWriteConfig& config, const Clock& clock);

}  // namespace tocsin
