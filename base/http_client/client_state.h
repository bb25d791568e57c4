#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/http_client/curl_session.h"
#include "base/http_client/file_texts.h"
#include "base/http_client/http_client.h"
#include "base/http_client/oauth2.h"
#include "base/mutex.h"

namespace tocsin {

/// What HttpClient and HttpTransfers share of one client.
struct HttpClient::Impl {
  Impl(HttpClientOptions options_in, const Clock& clock_in);

  const HttpClientOptions options;
  const Clock& clock;
  FileTexts files;

  /// Null without oauth2; `token_client` asks for the tokens.
  std::unique_ptr<OAuth2Tokens> tokens;
  std::shared_ptr<HttpClient> token_client;

  /// Sessions with open connections that no call is using.
  static constexpr size_t kIdleSessionsMax = 8;
  Mutex mu;
  std::vector<std::unique_ptr<CurlSession>> idle GUARDED_BY(mu);
};

/// Undoes the Content-Encoding of a body; the limit counts for what comes out.
absl::Status DecodeResponseBody(uint64_t bytes_max, HttpResponse* response);

}  // namespace tocsin
