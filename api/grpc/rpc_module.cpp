#include "api/grpc/rpc_module.h"

#include <dlfcn.h>

#include <filesystem>
#include <utility>

#include "base/status.h"

namespace tocsin::rpc {
namespace {

constexpr std::string_view kModuleName = "libtocsin_grpc.so";

}  // namespace

std::string FindRpcModule() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const std::filesystem::path& place : {folder / kModuleName, folder.parent_path() / "lib" / "tocsin" / kModuleName}) {
    if (std::filesystem::exists(place, error)) {
      return place.string();
    }
  }
  return "";
}

absl::StatusOr<std::unique_ptr<Server>> StartRpcServer(const std::string& path, const ServerOptions& options, CallHandler handler) {
  if (path.empty()) {
    return absl::NotFoundError(
        Cat("--grpc.listen-address needs ", kModuleName, " beside the program or in ../lib/tocsin; it is in neither"));
  }
  void* const module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (module == nullptr) {
    return absl::FailedPreconditionError(Cat("the gRPC module cannot be loaded: ", dlerror()));
  }
  const auto start = reinterpret_cast<StartFunction>(dlsym(module, kStartFunctionName));
  if (start == nullptr) {
    return absl::FailedPreconditionError(Cat(path, " is not the gRPC module: it has no ", kStartFunctionName));
  }
  std::string error;
  std::unique_ptr<Server> server(start(options, handler, &error));
  if (server == nullptr) {
    return absl::UnavailableError(Cat("gRPC on ", options.address, ": ", error));
  }
  return server;
}

}  // namespace tocsin::rpc
