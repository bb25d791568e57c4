// The program's HTTP server: a small set of paths while the store is replayed, then all of them.

#include <climits>

#include "api/main/process.h"
#include "api/main/server.h"
#include "api/main/version.h"
#include "api/main/web.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace tocsin {

absl::Status ProgramServer::OpenHttp() {
  route_prefix_ = RoutePrefix(flags_, flags_.external_url);
  sources_.readiness = [this] { return status_.readiness.load(); };
  sources_.build_info = ThisBuild();
  starting_sources_ = sources_;
  starting_sources_.cors_origin = cors_origin_;
  starting_sources_.notifications = &notifications_;
  starting_sources_.replay_progress = &replay_progress_;
  auto router = std::make_shared<http::Router>();
  RegisterWeb(WebPaths(), starting_sources_, &metrics_, router.get());
  api::RegisterEarlyApi(starting_sources_, route_prefix_, router.get());
  http_metrics_ = std::make_shared<HttpMetrics>(&metrics_.registry());
  starting_handler_ = InstrumentedHandler(router, route_prefix_, http_metrics_, clock_);
  handler_ = &starting_handler_;

  http::ServerOptions options;
  options.listen = flags_.listen_addresses;
  options.connections_max = flags_.connections_max;
  options.read_timeout_ms = flags_.read_timeout_ms;
  options.bodies = &memory_budget_.bodies();
  RETURN_IF_ERROR(web_guard_.Load());
  ASSIGN_OR_RETURN(tls_in_use_, web_guard_.Tls());
  options.tls = tls_in_use_.get();
  ASSIGN_OR_RETURN(
      http_, http::StartServer(options, [this](http::Request& request) { return web_guard_.Handle(request, *handler_.load()); }, clock_));
  for (const std::string& address : http_->addresses()) {
    LogInfo("Start listening for connections", {{"address", address}});
  }
  return absl::OkStatus();
}

void ProgramServer::ReloadWebConfig() {
  absl::Status status = web_guard_.Load();
  if (status.ok()) {
    absl::StatusOr<std::unique_ptr<http::TlsMaterial>> tls = web_guard_.Tls();
    status = tls.ok() ? absl::OkStatus() : tls.status();
    // TLS is not switched on or off while the server runs; new certificates are for new connections.
    if (tls.ok() && *tls != nullptr && tls_in_use_ != nullptr && **tls != *tls_in_use_) {
      status = http_->ReplaceTls(**tls);
      if (status.ok() && rpc_ != nullptr && !rpc_->ReplaceTls(**tls)) {
        LogError("gRPC goes on with the old certificates: it cannot use the new ones");
      }
      if (status.ok()) {
        tls_in_use_ = *std::move(tls);
      }
    }
  }
  if (!status.ok()) {
    LogError("the web configuration could not be read again: the old one holds", {{"err", status}});
  }
}

WebOptions ProgramServer::WebPaths() {
  return {.route_prefix = route_prefix_, .lifecycle = flags_.lifecycle, .reload = [this] { return Reload(); }, .quit = &RequestTermination};
}

void ProgramServer::InstallFullHandler() {
  auto router = std::make_shared<http::Router>();
  RegisterWeb(WebPaths(), sources_, &metrics_, router.get());
  api::RegisterApi(sources_, route_prefix_, router.get());
  RegisterReceivers(router.get());
  if (flags_.otlp_receiver || !flags_.grpc_listen_address.empty()) {
    OpenOtlp();
  }
  RegisterOtlp(router.get());
  RegisterReaders(router.get());
  full_handler_ = InstrumentedHandler(router, route_prefix_, http_metrics_, clock_);
  handler_ = &full_handler_;
}

void ProgramServer::RegisterReceivers(http::Router* router) {
  const std::string write = route_prefix_ + "/api/v1/write";
  if (!flags_.remote_write_receiver) {
    router->Handle("POST", write, api::WhenReady(sources_, [](const http::Request&) {
                     return http::TextResponse(404, "remote write receiver needs to be enabled with --web.enable-remote-write-receiver\n");
                   }));
    return;
  }
  RemoteWriteOptions options;
  options.accepted_messages = flags_.remote_write_messages;
  options.type_and_unit_labels = flags_.features.language.type_and_unit_labels;
  options.start_timestamps = flags_.features.st_storage || flags_.features.created_timestamp_zero_ingestion;
  options.store_metadata = flags_.features.metadata_wal_records;
  options.bodies = &memory_budget_.bodies();
  remote_write_ = std::make_unique<RemoteWriteReceiver>(options, *head_, clock_, metrics_.registry());
  router->Handle("POST", write, api::WhenReady(sources_, [this](const http::Request& request) { return remote_write_->Handle(request); }));
}

void ProgramServer::RegisterOtlp(http::Router* router) {
  const std::string path = route_prefix_ + "/api/v1/otlp/v1/metrics";
  if (!flags_.otlp_receiver) {
    router->Handle("POST", path, api::WhenReady(sources_, [](const http::Request&) {
                     return http::TextResponse(404, "otlp write receiver needs to be enabled with --web.enable-otlp-receiver\n");
                   }));
    return;
  }
  router->Handle("POST", path, api::WhenReady(sources_, [this](const http::Request& request) { return otlp_->Handle(request); }));
}

void ProgramServer::OpenOtlp() {
  OtlpReceiverOptions options;
  options.lookback_ms = engine_->options().lookback_delta_ms;
  options.type_and_unit_labels = flags_.features.language.type_and_unit_labels;
  options.native_delta = flags_.features.otlp_native_delta;
  options.delta_to_cumulative = flags_.features.otlp_delta_to_cumulative;
  options.bodies = &memory_budget_.bodies();
  otlp_ = std::make_unique<OtlpReceiver>(options, [this] { return config()->otlp; }, *head_, clock_, metrics_.registry());
}

void ProgramServer::RegisterReaders(http::Router* router) {
  RemoteReadOptions options;
  options.memory_budget = &memory_budget_;
  options.sample_limit = static_cast<size_t>(flags_.read_sample_limit);
  options.concurrent_limit = flags_.read_concurrent_limit > 0 ? static_cast<int>(flags_.read_concurrent_limit) : INT_MAX;
  options.max_bytes_in_frame = static_cast<size_t>(flags_.read_frame_bytes_max);
  const auto external_pairs = [this] {
    RemoteReadHandler::ExternalLabels pairs;
    const std::shared_ptr<const Config> now = config();
    for (const Label& label : now->global.external_labels) {
      pairs.emplace_back(label.name, label.value);
    }
    return pairs;
  };
  remote_read_ = std::make_unique<RemoteReadHandler>(options, *head_, external_pairs, metrics_.registry());
  router->Handle("POST", route_prefix_ + "/api/v1/read",
                 api::WhenReady(sources_, [this](const http::Request& request) { return remote_read_->Handle(request); }));
  federation_ = std::make_unique<FederationHandler>(
      *head_, clock_, engine_->options().lookback_delta_ms, [this] { return config()->global.external_labels; }, metrics_.registry(),
      &memory_budget_);
  router->Handle("GET", route_prefix_ + "/federate",
                 api::WhenReady(sources_, [this](const http::Request& request) { return federation_->Handle(request); }));
}

}  // namespace tocsin
