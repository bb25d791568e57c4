#pragma once

#include <string_view>

#include "api/http/message.h"

namespace tocsin::http {

enum class ContentEncoding { kIdentity, kGzip, kZstd, kDeflate };

/// Bodies below this are sent as they are.
inline constexpr size_t kCompressBytesMin = 1024;

/// What the client's Accept-Encoding lets us use: gzip before zstd (it costs less to make), deflate where neither is wanted, else identity.
ContentEncoding ChooseEncoding(std::string_view accept_encoding);

/// Compresses the body, or wraps the stream, as the request allows, and says so in the headers, as well as that the answer depends on
/// Accept-Encoding. Leaves alone what is small, has a Content-Encoding already, or is an event stream.
void CompressResponse(const Request& request, Response* response);

}  // namespace tocsin::http
