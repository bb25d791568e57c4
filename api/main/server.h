#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "api/grpc/rpc_server.h"
#include "api/http/server.h"
#include "api/main/self_metrics.h"
#include "api/main/server_flags.h"
#include "api/main/server_status.h"
#include "api/main/web.h"
#include "api/main/web_guard.h"
#include "api/receive/federation.h"
#include "api/receive/otlp_receiver.h"
#include "api/receive/remote_read_handler.h"
#include "api/receive/remote_write_receiver.h"
#include "api/v1/api.h"
#include "api/v1/notifications.h"
#include "api/v1/query_log.h"
#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/mutex.h"
#include "engine/config/config.h"
#include "engine/discover/discovery_manager.h"
#include "engine/notify/notifier.h"
#include "engine/remote/remote_read_querier.h"
#include "engine/remote/remote_write_manager.h"
#include "engine/scrape/scrape_manager.h"
#include "promql/engine.h"
#include "rules/manager.h"
#include "storage/head.h"
#include "storage/wal/replay.h"

namespace tocsin {

/// The running program: store, engine, discovery, scrapes, rules, notifications and the HTTP server, made and wired here and nowhere else.
///
///   discovery -> scrape -> store <- rules -> notifier -> Alertmanagers
///                            ^- HTTP API (queries, remote write)
///
/// Threads: Reload and Stop are safe; Stop once.
class ProgramServer {
 public:
  /// Loads the configuration, binds the addresses, starts all parts. An error is one line for people; nothing runs then.
  static absl::StatusOr<std::unique_ptr<ProgramServer>> Start(ServerFlags flags, const Clock& clock);
  ~ProgramServer();

  /// Reads the configuration again. After an error of the file itself the old one goes on; after errors of single rule files all the rest
  /// has been taken over.
  absl::Status Reload();

  /// Ends discovery, scrapes and rules, sends what waits for Alertmanagers, finishes running requests, closes the store.
  void Stop();

  std::vector<std::string> addresses() const { return http_->addresses(); }

 private:
  ProgramServer(ServerFlags flags, const Clock& clock);

  absl::Status Open();
  absl::Status OpenStore(const Config& config);
  void OpenParts(const Config& config);
  absl::Status OpenHttp();
  absl::Status OpenGrpc();
  /// Where all own files lie.
  std::string OwnFolder() const;
  rules::ManagerOptions RuleOptions();
  WebOptions WebPaths();
  void ReloadWebConfig();
  void InstallFullHandler();
  void RegisterReceivers(http::Router* router);
  void OpenOtlp();
  void RegisterOtlp(http::Router* router);
  void RegisterReaders(http::Router* router);
  void FillSources();
  std::vector<FamilyMetadataEntry> FamilyMetadataOfTargets() const;
  absl::Status Apply(std::shared_ptr<const Config> config) REQUIRES(reload_mu_);
  absl::Status ApplyRules(const Config& config) REQUIRES(reload_mu_);
  std::shared_ptr<const Config> config() const;
  void Maintain();
  void ReloadIfChanged();

  const ServerFlags flags_;
  const Clock& clock_;
  SelfMetrics metrics_;
  ServerStatus status_;
  std::string external_url_;

  mutable Mutex config_mu_;
  std::shared_ptr<const Config> config_ GUARDED_BY(config_mu_);
  Mutex reload_mu_;  // one reload at a time

  api::Notifications notifications_;
  api::QueryLog query_log_;
  ReplayProgress replay_progress_;
  MemoryBudget memory_budget_;
  std::unique_ptr<Head> head_;
  std::unique_ptr<FanoutQueryable> queryable_;  // the store and those of remote_read
  std::unique_ptr<promql::Engine> engine_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<rules::Manager> rules_;
  std::unique_ptr<ScrapeManager> scrape_;
  std::unique_ptr<DiscoveryManager> scrape_discovery_;
  std::unique_ptr<DiscoveryManager> notify_discovery_;
  std::unique_ptr<RemoteWriteManager> remote_senders_;
  std::unique_ptr<RemoteWriteReceiver> remote_write_;
  std::unique_ptr<RemoteReadHandler> remote_read_;
  std::unique_ptr<OtlpReceiver> otlp_;
  std::unique_ptr<FederationHandler> federation_;
  std::shared_ptr<const AnchoredRegex> cors_origin_;
  api::Sources sources_;

  // Requests are answered by what handler_ points to: the small set of paths until all parts are there. Both live as long as http_.
  std::string route_prefix_;
  api::Sources starting_sources_;
  std::shared_ptr<HttpMetrics> http_metrics_;
  http::RootHandler starting_handler_;
  http::RootHandler full_handler_;
  std::atomic<const http::RootHandler*> handler_{nullptr};
  WebGuard web_guard_;
  std::unique_ptr<http::TlsMaterial> tls_in_use_;  // after the start: of the maintenance thread
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<rpc::Server> rpc_;  // with --grpc.listen-address

  std::string config_fingerprint_ GUARDED_BY(reload_mu_);  // of the files as they were loaded last, with auto reload
  StopToken maintenance_stop_;
  std::thread maintenance_;
};

}  // namespace tocsin
