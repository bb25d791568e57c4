// The gRPC module: a server that hands each unary call to a function, without generated classes. See api/grpc/rpc_server.h.

#include <grpc/support/log.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "api/grpc/rpc_server.h"

namespace tocsin::rpc {
namespace {

constexpr int kStreamsMax = 100;  // of one connection at once
constexpr int kIdleConnectionMs = 5 * kMinute;
constexpr int kMetadataBytesMax = 32 << 10;
/// What all connections together may hold in gRPC's own buffers, in messages of the largest size.
constexpr size_t kQuotaMessages = 8;

std::string TextOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (buffer.Dump(&slices).ok()) {
    text.reserve(buffer.Length());
    for (const grpc::Slice& slice : slices) {
      text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
  }
  return text;
}

/// One call (of a service that ends after its calls): reads its message, answers, and deletes itself when gRPC is done with it.
class CallReactor : public grpc::ServerGenericBidiReactor {
 public:
  CallReactor(grpc::GenericCallbackServerContext* context, const CallHandler& handler, const std::optional<http::TlsMaterial>& tls)
      : context_(context), handler_(handler), tls_(tls) {
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "a call without a message"));
      return;
    }
    if (!NameIsAllowed()) {
      Finish(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "the client certificate has none of the allowed names"));
      return;
    }
    Call call;
    call.method = context_->method();
    const auto authorization = context_->client_metadata().find("authorization");
    if (authorization != context_->client_metadata().end()) {
      call.authorization.assign(authorization->second.data(), authorization->second.size());
    }
    call.peer = context_->peer();
    call.tls = tls_.has_value();
    call.message = TextOf(request_);
    request_.Clear();
    const Answer answer = Handle(std::move(call));
    if (answer.code != Code::kOk) {
      Finish(grpc::Status(static_cast<grpc::StatusCode>(answer.code), answer.error));
      return;
    }
    const grpc::Slice slice(answer.message);
    answer_ = grpc::ByteBuffer(&slice, 1);
    StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
  }

  void OnDone() override { delete this; }

 private:
  /// Nothing is expected to throw; what does (a full memory) must not take the others with it.
  Answer Handle(Call call) const {
    try {
      return handler_(std::move(call));
    } catch (const std::exception& e) {
      return {Code::kInternal, e.what(), ""};
    }
  }

  bool NameIsAllowed() const {
    if (!tls_.has_value() || tls_->client_allowed_sans.empty()) {
      return true;
    }
    const std::vector<std::string>& allowed = tls_->client_allowed_sans;
    for (const grpc::string_ref& name : context_->auth_context()->FindPropertyValues("x509_subject_alternative_name")) {
      if (std::find(allowed.begin(), allowed.end(), std::string(name.data(), name.size())) != allowed.end()) {
        return true;
      }
    }
    return false;
  }

  grpc::GenericCallbackServerContext* const context_;
  const CallHandler& handler_;
  const std::optional<http::TlsMaterial>& tls_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
};

class CallService : public grpc::CallbackGenericService {
 public:
  CallService(const CallHandler& handler, const std::optional<http::TlsMaterial>& tls) : handler_(handler), tls_(tls) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    return new CallReactor(context, handler_, tls_);
  }

 private:
  const CallHandler& handler_;
  const std::optional<http::TlsMaterial>& tls_;
};

grpc_ssl_client_certificate_request_type ClientCertificates(const http::TlsMaterial& tls) {
  if (tls.require_client_certificate) {
    return tls.verify_client_certificate ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                         : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY;
  }
  if (tls.request_client_certificate) {
    return tls.verify_client_certificate ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY
                                         : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY;
  }
  return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
}

std::shared_ptr<grpc::ServerCredentials> Credentials(const std::optional<http::TlsMaterial>& tls) {
  if (!tls.has_value()) {
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions options(ClientCertificates(*tls));
  options.pem_root_certs = tls->client_ca;
  options.pem_key_cert_pairs.push_back({tls->key, tls->certificate});
  return grpc::SslServerCredentials(options);
}

/// The function that what gRPC reports goes to; set once, by the first server.
std::function<void(std::string)>& LogFunction() {
  static std::function<void(std::string)> log;
  return log;
}

void LogError(gpr_log_func_args* args) {
  if (args->severity == GPR_LOG_SEVERITY_ERROR && LogFunction()) {
    LogFunction()(args->message);
  }
}

class GenericServer : public Server {
 public:
  GenericServer(ServerOptions options, CallHandler handler) : options_(std::move(options)), handler_(std::move(handler)) {
    address_ = options_.address.starts_with(':') ? "[::]" + options_.address : options_.address;
  }
  ~GenericServer() override { Shutdown(); }

  bool Start() {
    service_ = std::make_unique<CallService>(handler_, options_.tls);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address_, Credentials(options_.tls), &port_);
    builder.RegisterCallbackGenericService(service_.get());
    builder.SetMaxReceiveMessageSize(static_cast<int>(options_.message_bytes_max));
    // Messages stay packed: the receiver unpacks them within its own limit, where gRPC has none.
    builder.AddChannelArgument(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kStreamsMax);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kIdleConnectionMs);
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
    builder.SetResourceQuota(grpc::ResourceQuota("tocsin").Resize(kQuotaMessages * options_.message_bytes_max));
    server_ = builder.BuildAndStart();
    if (server_ != nullptr && port_ > 0) {
      // A port that the kernel chose is kept over ReplaceTls.
      const size_t colon = address_.rfind(':');
      if (!address_.starts_with("unix:")) {
        address_ = address_.substr(0, colon + 1) + std::to_string(port_);
      }
    }
    return server_ != nullptr;
  }

  int port() const override { return address_.starts_with("unix:") ? 0 : port_; }

  bool ReplaceTls(const http::TlsMaterial& tls) override {
    Shutdown();
    const std::optional<http::TlsMaterial> old = std::exchange(options_.tls, tls);
    if (Start()) {
      return true;
    }
    options_.tls = old;
    Start();
    return false;
  }

 private:
  void Shutdown() {
    if (server_ != nullptr) {
      server_->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_millis(kGrace, GPR_TIMESPAN)));
      server_->Wait();
      server_.reset();
    }
  }

  ServerOptions options_;
  const CallHandler handler_;
  std::string address_;
  int port_ = 0;
  std::unique_ptr<CallService> service_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace
}  // namespace tocsin::rpc

extern "C" __attribute__((visibility("default"))) tocsin::rpc::Server* TocsinStartRpcServer(const tocsin::rpc::ServerOptions& options,
                                                                                            const tocsin::rpc::CallHandler& handler,
                                                                                            std::string* error) {
  if (options.log && !tocsin::rpc::LogFunction()) {
    tocsin::rpc::LogFunction() = options.log;
    gpr_set_log_function(&tocsin::rpc::LogError);
  }
  auto server = std::make_unique<tocsin::rpc::GenericServer>(options, handler);
  if (!server->Start()) {
    *error = "the address cannot be used, or the certificates do not fit (what gRPC said is in the log)";
    return nullptr;
  }
  return server.release();
}
