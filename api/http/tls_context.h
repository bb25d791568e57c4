#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "absl/status/statusor.h"
#include "api/http/server.h"

namespace tocsin::http {

/// A server's context of that material; errors say which part is bad, never what is in it.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> MakeTlsContext(const TlsMaterial& material);

}  // namespace tocsin::http
