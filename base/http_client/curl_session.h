#pragma once

#include <curl/curl.h>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/http_client/curl_transfer.h"

namespace tocsin {

/// One transfer at a time, run on the caller's thread, with connections that stay open for the next one.
class CurlSession {
 public:
  /// How soon a call notices that it is to stop.
  static constexpr int kStopPollMs = 200;

  CurlSession();
  ~CurlSession();
  CurlSession(const CurlSession&) = delete;
  CurlSession& operator=(const CurlSession&) = delete;

  CurlTransfer& transfer() { return transfer_; }

  /// Runs the prepared hop.
  CURLcode Run(const StopToken* stop);

 private:
  CURLM* const multi_;
  CurlTransfer transfer_;
};

/// libcurl's global state, made at the first call; SIGPIPE is ignored from then on. Threads: safe.
void InitCurlOnce();

}  // namespace tocsin
