#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "api/grpc/rpc_server.h"

namespace tocsin::rpc {

/// Where the module lies: beside the program, or in ../lib/tocsin from there; "" when it is in neither.
std::string FindRpcModule();

/// Loads the module from `path` (it stays loaded until the process ends) and starts a server with it.
absl::StatusOr<std::unique_ptr<Server>> StartRpcServer(const std::string& path, const ServerOptions& options, CallHandler handler);

}  // namespace tocsin::rpc
