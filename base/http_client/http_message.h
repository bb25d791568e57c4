#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/types.h"

namespace tocsin {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// The value of the first header of that name (any case), or "".
std::string_view FindHeader(const HttpHeaders& headers, std::string_view name);

/// Bodies above this are refused where the caller sets no limit of its own.
inline constexpr uint64_t kDefaultBodyBytesMax = uint64_t{1} << 30;

/// "Not Found" for 404; "" for codes that are not in common use.
std::string_view HttpReason(int status);

/// Where the body of a response goes when its owner has no room for it in memory.
/// Threads: the one that receives, until the response is there.
class BodyOverflow {
 public:
  virtual ~BodyOverflow() = default;

  /// A body begins; what came before (of a redirect) is forgotten.
  virtual void Begin() = 0;
  /// Whether a body that has become, or says it will become, so long may stay in memory. After the first false all of it goes to Append.
  virtual bool HasRoom(uint64_t body_bytes) = 0;
  virtual absl::Status Append(std::string_view piece) = 0;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http:// or https://
  HttpHeaders headers;
  std::string body;

  /// The path of a unix socket to connect to instead of the URL's host; empty: none.
  std::string unix_socket;

  /// From the start to the last byte; 0: no limit.
  DurationMs timeout_ms = 30 * kSecond;

  /// Streams: ends with DEADLINE_EXCEEDED when nothing at all arrives for that long (whole seconds); 0: no limit.
  DurationMs idle_timeout_ms = 0;

  /// Of the body, before and after decompression; 0: kDefaultBodyBytesMax.
  uint64_t body_bytes_max = 0;

  /// Asks for gzip and undoes gzip and zstd. False: the body comes as it was sent and `headers` say what was asked for.
  bool decode_content = true;

  /// Null: the body is held in memory up to its limit. What it has taken is not in the response.
  std::shared_ptr<BodyOverflow> overflow;
};

struct HttpResponse {
  int status = 0;
  /// "404 Not Found": code and reason; the standard reason where the server gave none.
  std::string status_text;
  HttpHeaders headers;
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
};

}  // namespace tocsin
