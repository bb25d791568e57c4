#include "base/http_client/http_client.h"

#include <utility>

#include "base/compress/compress.h"
#include "base/http_client/client_state.h"
#include "base/http_client/curl_error.h"
#include "base/status.h"

namespace tocsin {

HttpClient::Impl::Impl(HttpClientOptions options_in, const Clock& clock_in) : options(std::move(options_in)), clock(clock_in) {
  if (options.oauth2 != nullptr) {
    tokens = std::make_unique<OAuth2Tokens>(*options.oauth2, files, clock);
    HttpClientOptions token_options;
    token_options.tls = options.oauth2->tls;
    token_options.proxy = options.oauth2->proxy;
    token_client = std::make_shared<HttpClient>(std::move(token_options), clock);
  }
}

HttpClient::HttpClient(HttpClientOptions options, const Clock& clock) : impl_(std::make_shared<Impl>(std::move(options), clock)) {}
HttpClient::~HttpClient() = default;

namespace {

/// Asks for a token when there is none in store; "" for clients without OAuth2.
absl::StatusOr<std::string> CurrentToken(OAuth2Tokens* tokens, HttpClient* token_client, const StopToken* stop) {
  if (tokens == nullptr) {
    return std::string();
  }
  std::string token = tokens->Current();
  while (token.empty()) {
    ASSIGN_OR_RETURN(const HttpRequest request, tokens->MakeRequest());
    ASSIGN_OR_RETURN(const HttpResponse response, token_client->Do(request, stop));
    RETURN_IF_ERROR(tokens->Accept(response));
    token = tokens->Current();
  }
  return token;
}

}  // namespace

absl::Status DecodeResponseBody(uint64_t bytes_max, HttpResponse* response) {
  const std::string_view encoding = response->Header("Content-Encoding");
  if (encoding.empty() || response->body.empty()) {
    return absl::OkStatus();
  }
  std::string decoded;
  RETURN_IF_ERROR(ContentDecode(encoding, response->body, bytes_max == 0 ? kDefaultBodyBytesMax : bytes_max, &decoded));
  response->body = std::move(decoded);
  return absl::OkStatus();
}

absl::StatusOr<HttpResponse> HttpClient::Do(const HttpRequest& request, const StopToken* stop) {
  ASSIGN_OR_RETURN(HttpResponse response, Stream(request, nullptr, stop));
  if (request.decode_content) {
    RETURN_IF_ERROR(DecodeResponseBody(request.body_bytes_max, &response));
  }
  return response;
}

absl::StatusOr<HttpResponse> HttpClient::Stream(const HttpRequest& request, const OnChunk& on_chunk, const StopToken* stop) {
  const int64_t started_ns = impl_->clock.MonotonicNs();
  const absl::StatusOr<std::string> token = CurrentToken(impl_->tokens.get(), impl_->token_client.get(), stop);
  if (!token.ok()) {
    return absl::Status(token.status().code(), av(RequestErrorText(request.method, request.url, Message(token.status()))));
  }
  std::unique_ptr<CurlSession> session;
  {
    MutexLock lock(impl_->mu);
    if (!impl_->idle.empty()) {
      session = std::move(impl_->idle.back());
      impl_->idle.pop_back();
    }
  }
  if (session == nullptr) {
    session = std::make_unique<CurlSession>();
  }
  CurlTransfer& transfer = session->transfer();
  transfer.Begin(impl_->options, impl_->files, impl_->clock, request, std::string(), on_chunk, started_ns);
  while (transfer.PrepareHop(*token).ok() && !transfer.Completed(session->Run(stop))) {
  }
  absl::StatusOr<HttpResponse> result = transfer.TakeResult();
  MutexLock lock(impl_->mu);
  if (impl_->idle.size() < Impl::kIdleSessionsMax) {
    impl_->idle.push_back(std::move(session));
  }
  return result;
}

}  // namespace tocsin
