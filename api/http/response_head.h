#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/http/message.h"
#include "base/types.h"

namespace tocsin::http {

struct HeadOptions {
  bool http_1_0 = false;
  bool keep_alive = true;
  std::optional<uint64_t> content_length;  // none: chunked, or until the end of the connection for HTTP/1.0
  TimestampMs now = 0;
};

/// The status line and the headers with the blank line behind them. Line breaks in header values become blanks.
std::string ResponseHead(int status, const HttpHeaders& headers, const HeadOptions& options);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7)
std::string HttpDate(TimestampMs t);

}  // namespace tocsin::http
