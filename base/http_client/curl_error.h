#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tocsin {

/// The error of a transfer in Go's words: `Get "URL": dial tcp 127.0.0.1:1: connect: connection refused`.
/// `detail` is libcurl's own text, used where Go's cannot be told from the code.
absl::Status CurlFailure(CURL* easy, CURLcode code, std::string_view method, std::string_view url, std::string_view detail);

/// `Get "URL": <reason>`, the URL without its password.
std::string RequestErrorText(std::string_view method, std::string_view url, std::string_view reason);

/// "connection refused" for ECONNREFUSED.
std::string ErrnoText(long error);

}  // namespace tocsin
