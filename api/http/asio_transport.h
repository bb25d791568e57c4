#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "api/http/transport.h"

namespace tocsin::http {

using StreamSocket = boost::asio::generic::stream_protocol::socket;

std::unique_ptr<Transport> MakePlainTransport(StreamSocket socket, std::string remote_address);
/// The context is kept for as long as the connection lives.
std::unique_ptr<Transport> MakeTlsTransport(StreamSocket socket, std::string remote_address,
                                            std::shared_ptr<boost::asio::ssl::context> context);

}  // namespace tocsin::http
