// OTLP over gRPC, where it is asked for.

#include "api/grpc/otlp_call.h"
#include "api/grpc/rpc_module.h"
#include "api/main/server.h"
#include "base/log.h"
#include "base/status.h"

namespace tocsin {

absl::Status ProgramServer::OpenGrpc() {
  if (flags_.grpc_listen_address.empty()) {
    return absl::OkStatus();
  }
  rpc::ServerOptions options;
  options.address = flags_.grpc_listen_address;
  if (tls_in_use_ != nullptr) {
    options.tls = *tls_in_use_;
    if (!options.tls->cipher_suites.empty() || !options.tls->curves.empty() || !options.tls->min_version.empty() ||
        !options.tls->max_version.empty()) {
      LogWarn("TLS versions, cipher suites and curves of the web configuration do not apply to gRPC: it takes TLS 1.2 and 1.3");
    }
  }
  options.log = [](std::string text) { LogWarn("gRPC", {{"err", text}}); };
  const http::RootHandler receiver = [this](http::Request& request) { return otlp_->Handle(request); };
  ASSIGN_OR_RETURN(rpc_, rpc::StartRpcServer(rpc::FindRpcModule(), options, [this, receiver](rpc::Call call) {
                     return rpc::AnswerOtlpCall(std::move(call),
                                                [this, &receiver](http::Request& request) { return web_guard_.Handle(request, receiver); });
                   }));
  LogInfo("Start listening for gRPC", {{"address", flags_.grpc_listen_address}, {"port", rpc_->port()}});
  return absl::OkStatus();
}

}  // namespace tocsin
