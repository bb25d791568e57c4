#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/http_client/http_message.h"
#include "base/http_client/http_options.h"

namespace tocsin {

/// A request that needs nothing of libcurl: GET over plain HTTP from a numeric address, without proxy.
struct PlainRequest {
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
  std::string host_port;  ///< As in error texts: 10.0.0.1:80, [::1]:80.
  std::string text;       ///< As it is sent.
};

/// Whether a transfer of that client for that URL is of this kind; the answer is the same for all of its requests.
bool IsPlain(const HttpClientOptions& options, const HttpRequest& request);

/// Null: the URL or a header is not of the simple form that this writes.
std::optional<PlainRequest> MakePlainRequest(const HttpRequest& request, const HttpHeaders& headers);

}  // namespace tocsin
