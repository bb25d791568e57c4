#include "base/http_client/curl_session.h"

#include <csignal>

#include "base/check.h"

namespace tocsin {

void InitCurlOnce() {
  // OpenSSL writes without MSG_NOSIGNAL, and libcurl leaves the signal to us (CURLOPT_NOSIGNAL).
  static const CURLcode initialized = (std::signal(SIGPIPE, SIG_IGN), curl_global_init(CURL_GLOBAL_DEFAULT));
  TOCSIN_CHECK_OP(initialized, ==, CURLE_OK);
}

CurlSession::CurlSession() : multi_((InitCurlOnce(), curl_multi_init())) {}

CurlSession::~CurlSession() { curl_multi_cleanup(multi_); }

CURLcode CurlSession::Run(const StopToken* stop) {
  curl_multi_add_handle(multi_, transfer_.easy());
  CURLcode result = CURLE_OK;
  for (bool done = false; !done;) {
    int running = 0;
    const CURLMcode code = curl_multi_perform(multi_, &running);
    TOCSIN_CHECK_OP(code, ==, CURLM_OK);
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      done = true;
      result = message->data.result;
    }
    if (!done && stop != nullptr && stop->stopped()) {
      transfer_.Fail(absl::CancelledError("context canceled"));
      break;
    }
    if (!done) {
      curl_multi_poll(multi_, nullptr, 0, stop != nullptr ? kStopPollMs : 1000, nullptr);
    }
  }
  curl_multi_remove_handle(multi_, transfer_.easy());
  return result;
}

}  // namespace tocsin
