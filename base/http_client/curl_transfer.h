#pragma once

#include <curl/curl.h>

#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/file_texts.h"
#include "base/http_client/http_message.h"
#include "base/http_client/http_options.h"

namespace tocsin {

/// One request from its start over its redirects to its response, on one libcurl easy handle. Whoever drives it (a blocking loop or the
/// event loop) does:
///   Begin, then until Completed is true: PrepareHop, let libcurl run easy(), Completed; then TakeResult.
/// Reusable after TakeResult. Threads: none of its own; one at a time.
class CurlTransfer {
 public:
  using OnChunk = std::function<bool(std::string_view)>;
  static constexpr int kRedirectsMax = 10;
  static constexpr long kReceiveBufferBytes = 256 * 1024;
  /// What a server says of its body's size is believed so far only.
  static constexpr uint64_t kReserveBytesMax = 64 << 20;

  CurlTransfer();
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  /// `options`, `files` and `clock` outlive the transfer; `on_chunk` may be empty. `started_ns` is where the timeout begins.
  void Begin(const HttpClientOptions& options, FileTexts& files, const Clock& clock, HttpRequest request, std::string buffer,
             OnChunk on_chunk, int64_t started_ns);

  /// Sets up the easy handle for the next hop. `token` is the OAuth2 token where the client has one. After an error: TakeResult gives it.
  absl::Status PrepareHop(std::string_view token);

  /// True: finished. False: there is another hop.
  bool Completed(CURLcode code);

  /// Ends it with that error, whatever libcurl says.
  void Fail(absl::Status error) { error_ = std::move(error); }

  absl::StatusOr<HttpResponse> TakeResult();

  CURL* easy() { return easy_; }
  bool received_any() const { return received_any_; }
  const HttpRequest& request() const { return request_; }

 private:
  static size_t OnHeader(char* data, size_t size, size_t count, void* self);
  static size_t OnBody(char* data, size_t size, size_t count, void* self);

  absl::Status SetHeaders(std::string_view token);
  absl::Status SetTarget();
  void SetBody();
  void ReserveBody();
  /// What the server says of its body's size; 0: nothing.
  uint64_t DeclaredBytes() const;
  bool Overflow(std::string_view piece);
  bool FollowRedirect();
  uint64_t body_bytes_max() const { return request_.body_bytes_max == 0 ? kDefaultBodyBytesMax : request_.body_bytes_max; }

  CURL* const easy_;
  const HttpClientOptions* options_ = nullptr;
  FileTexts* files_ = nullptr;
  const Clock* clock_ = nullptr;
  HttpRequest request_;
  OnChunk on_chunk_;
  int64_t started_ns_ = 0;
  HttpResponse response_;
  absl::Status error_;
  int hops_ = 0;
  bool same_origin_ = true;
  bool received_any_ = false;
  bool overflowed_ = false;
  uint64_t body_bytes_ = 0;
  curl_slist* header_list_ = nullptr;
  curl_slist* connect_to_ = nullptr;
  curl_slist* proxy_headers_ = nullptr;
  char error_buffer_[CURL_ERROR_SIZE] = {};
};

}  // namespace tocsin
