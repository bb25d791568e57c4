#include "api/main/server.h"

#include <algorithm>
#include <map>
#include <utility>

#include "api/main/config_fingerprint.h"
#include "api/main/process.h"
#include "base/env.h"
#include "base/log.h"
#include "base/status.h"
#include "base/strings.h"

namespace tocsin {
namespace {

/// Running requests may finish for so long when the server ends.
constexpr DurationMs kShutdownGraceMs = 5 * kSecond;
constexpr DurationMs kDefaultRetentionMs = 15 * kDay;
constexpr int64_t kDefaultMaxExemplars = 100'000;

HeadOptions StoreOptions(const ServerFlags& flags, const Config& config) {
  HeadOptions options;
  const StorageConfig::Tsdb& tsdb = config.storage.tsdb;
  options.retention_ms = tsdb.retention_time_ms > 0 ? tsdb.retention_time_ms : flags.retention_ms;
  options.retention_bytes = static_cast<int64_t>(tsdb.retention_size_bytes > 0 ? tsdb.retention_size_bytes : flags.retention_bytes);
  if (options.retention_ms == 0 && options.retention_bytes == 0) {
    options.retention_ms = kDefaultRetentionMs;
  }
  options.out_of_order_window_ms = tsdb.out_of_order_time_window_ms;
  options.start_timestamps = flags.features.st_storage;
  options.start_zero_samples = flags.features.created_timestamp_zero_ingestion;
  if (flags.features.exemplar_storage) {
    options.max_exemplars = static_cast<size_t>(std::max<int64_t>(config.storage.max_exemplars.value_or(kDefaultMaxExemplars), 0));
  }
  return options;
}

LoadOptions ConfigOptions(const FeatureFlags& features) {
  LoadOptions options;
  options.environment = &ReadEnvironment;
  options.prefer_protobuf = features.st_storage || features.created_timestamp_zero_ingestion;
  options.extra_scrape_metrics = features.extra_scrape_metrics;
  return options;
}

std::map<std::string, std::vector<SdConfig>> ScrapePools(const Config& config) {
  std::map<std::string, std::vector<SdConfig>> pools;
  for (const ScrapeConfig& job : config.scrape_configs) {
    pools.emplace(job.job_name, job.discovery);
  }
  return pools;
}

ScrapeManager::Options ScrapeOptions(const ServerFlags& flags, const std::string& external_url) {
  ScrapeManager::Options options;
  options.host_name = HostName();
  options.listen_address = flags.listen_addresses.empty() ? "" : flags.listen_addresses.front();
  const size_t scheme_end = external_url.find("://");
  options.external_scheme = external_url.substr(0, scheme_end);
  const std::string rest = external_url.substr(scheme_end + 3);
  options.external_host = rest.substr(0, rest.find('/'));
  options.created_timestamps = flags.features.st_storage || flags.features.created_timestamp_zero_ingestion;
  options.type_and_unit_labels = flags.features.language.type_and_unit_labels;
  options.append_metadata = flags.features.metadata_wal_records;
  return options;
}

}  // namespace

ProgramServer::ProgramServer(ServerFlags flags, const Clock& clock)
    : flags_(std::move(flags)),
      clock_(clock),
      metrics_(clock),
      notifications_(flags_.notification_subscribers_max, clock, &metrics_.registry()),
      query_log_(clock, &metrics_.registry()),
      memory_budget_(static_cast<int64_t>(flags_.memory_max_bytes > 0 ? flags_.memory_max_bytes : DefaultMemoryMax())),
      web_guard_(flags_.web_config_file, clock) {}

ProgramServer::~ProgramServer() { Stop(); }

absl::StatusOr<std::unique_ptr<ProgramServer>> ProgramServer::Start(ServerFlags flags, const Clock& clock) {
  std::unique_ptr<ProgramServer> server(new ProgramServer(std::move(flags), clock));
  RETURN_IF_ERROR(server->Open());
  return server;
}

absl::Status ProgramServer::Open() {
  status_.start_time = clock_.NowMs();
  ASSIGN_OR_RETURN(Config loaded, LoadConfigFile(flags_.config_file, ConfigOptions(flags_.features)));
  auto config = std::make_shared<const Config>(std::move(loaded));
  ASSIGN_OR_RETURN(cors_origin_, AnchoredRegex::Create(flags_.cors_origin));
  RETURN_IF_ERROR(OpenHttp());
  ASSIGN_OR_RETURN(external_url_, ExternalUrl(flags_, http_->addresses().front(), HostName()));
  RETURN_IF_ERROR(OpenStore(*config));
  OpenParts(*config);
  FillSources();
  {
    MutexLock lock(reload_mu_);
    const absl::Status applied = Apply(std::move(config));
    metrics_.SetReloaded(applied.ok());
    if (!applied.ok() && flags_.strict_reload) {
      return applied;
    }
    if (!applied.ok()) {
      LogError("parts of the configuration were left out", {{"err", applied}});
    }
  }
  rules_->Start();
  InstallFullHandler();
  RETURN_IF_ERROR(OpenGrpc());
  maintenance_ = std::thread([this] { Maintain(); });
  status_.readiness = api::Readiness::kReady;
  metrics_.SetReady(true);
  return absl::OkStatus();
}

absl::Status ProgramServer::OpenStore(const Config& config) {
  HeadOptions options = StoreOptions(flags_, config);
  options.memory_budget = &memory_budget_;
  options.registry = &metrics_.registry();
  if (flags_.memory_only) {
    head_ = Head::OpenMemoryOnly(options, clock_);
    return absl::OkStatus();
  }
  notifications_.Add(api::kStartingUpText);
  ASSIGN_OR_RETURN(head_, Head::Open(flags_.storage_path, options, clock_, SystemEnv(), &replay_progress_));
  notifications_.Delete(api::kStartingUpText);
  return absl::OkStatus();
}

void ProgramServer::OpenParts(const Config& config) {
  promql::EngineOptions engine_options = flags_.engine;
  engine_options.default_subquery_step_ms = config.global.evaluation_interval_ms;
  engine_options.registry = &metrics_.registry();
  engine_options.memory_budget = &memory_budget_;
  if (!flags_.memory_only) {
    engine_options.active_queries_file = Cat(OwnFolder(), "/queries.active");
  }
  engine_ = promql::NewEngine(engine_options, clock_);
  queryable_ = std::make_unique<FanoutQueryable>(*head_, [this] { return head_->min_time(); }, clock_);

  NotifierOptions notifier_options;
  notifier_options.queue_capacity = static_cast<size_t>(flags_.notification_queue_capacity);
  notifier_options.batch_size = static_cast<size_t>(flags_.notification_batch_size);
  notifier_options.drain_on_shutdown = flags_.drain_notifications;
  notifier_ = std::make_unique<Notifier>(notifier_options, clock_, &metrics_.registry());
  rules_ = rules::Manager::Create(RuleOptions());
  RemoteWriteManager::Options sender_options;
  sender_options.storage_path = flags_.memory_only ? "" : flags_.storage_path;
  sender_options.flush_deadline_ms = flags_.flush_deadline_ms;
  sender_options.metadata = [this] { return FamilyMetadataOfTargets(); };
  remote_senders_ = std::make_unique<RemoteWriteManager>(std::move(sender_options), *head_, clock_, SystemEnv(), metrics_.registry());

  ScrapeManager::Options scrape_options = ScrapeOptions(flags_, external_url_);
  scrape_options.memory_budget = &memory_budget_;
  scrape_options.spill_folder = flags_.memory_only ? "" : OwnFolder();
  scrape_ = std::make_unique<ScrapeManager>(std::move(scrape_options), *head_, clock_, metrics_.registry());
  scrape_discovery_ = std::make_unique<DiscoveryManager>(
      DiscoveryManager::Options{.name = "scrape", .update_interval_ms = flags_.discovery_interval_ms}, clock_, metrics_.registry(),
      [this](const DiscoveredSnapshot& found) { scrape_->UpdateTargets(found); });
  notify_discovery_ = std::make_unique<DiscoveryManager>(
      DiscoveryManager::Options{.name = "notify", .update_interval_ms = flags_.discovery_interval_ms}, clock_, metrics_.registry(),
      [this](const DiscoveredSnapshot& found) { notifier_->ApplyTargets(found); });
}

std::string ProgramServer::OwnFolder() const { return Cat(flags_.storage_path, flags_.storage_path.ends_with('/') ? "" : "/", "tocsin"); }

rules::ManagerOptions ProgramServer::RuleOptions() {
  rules::ManagerOptions options;
  options.engine = engine_.get();
  options.queryable = queryable_.get();
  options.appendable = head_.get();
  options.sink = notifier_.get();
  options.clock = &clock_;
  options.registry = &metrics_.registry();
  options.outage_tolerance_ms = flags_.outage_tolerance_ms;
  options.grace_period_ms = flags_.grace_period_ms;
  options.resend_delay_ms = flags_.resend_delay_ms;
  options.max_concurrent_evals = flags_.max_concurrent_evals;
  options.concurrent_rule_eval = flags_.features.concurrent_rule_eval;
  options.strict_reload = flags_.strict_reload;
  options.features = flags_.features.language;
  options.state_folder = flags_.memory_only ? "" : OwnFolder();
  return options;
}

absl::Status ProgramServer::Apply(std::shared_ptr<const Config> config) {
  for (const std::string& warning : config->warnings) {
    LogWarn(warning, {{"file", config->file}});
  }
  {
    MutexLock lock(config_mu_);
    config_ = config;
  }
  if (const absl::Status logged = query_log_.SetFile(config->global.query_log_file); !logged.ok()) {
    LogError("the query log cannot be written", {{"err", logged}});
  }
  engine_->SetQueryLog(query_log_.enabled() ? [this](const promql::QueryLogEntry& entry) { query_log_.Write(entry); } : promql::QueryLog());
  if (flags_.auto_reload) {
    config_fingerprint_ = ConfigFingerprint(*config);
  }
  notifier_->ApplyConfig(*config);
  notify_discovery_->ApplyConfig(Notifier::AlertmanagerPools(*config));
  notifier_->ApplyTargets(notify_discovery_->snapshot());  // of pools that go on
  scrape_->ApplyConfig(config);
  scrape_discovery_->ApplyConfig(ScrapePools(*config));
  remote_senders_->Apply(*config);
  queryable_->Apply(config->remote_read, config->global.external_labels);
  return ApplyRules(*config);
}

absl::Status ProgramServer::ApplyRules(const Config& config) {
  ASSIGN_OR_RETURN(std::vector<std::string> files, ExpandGlobs(config.rule_files));
  rules::RuleConfig rule_config;
  rule_config.files = std::move(files);
  rule_config.interval_ms = config.global.evaluation_interval_ms;
  rule_config.query_offset_ms = config.global.rule_query_offset_ms;
  rule_config.external_labels = config.global.external_labels;
  rule_config.external_url = external_url_;
  rule_config.legacy_names = config.global.name_validation_scheme == NameScheme::kLegacy;
  return rules_->Update(rule_config);
}

absl::Status ProgramServer::Reload() {
  MutexLock lock(reload_mu_);
  LogInfo("Loading configuration file", {{"filename", flags_.config_file}});
  absl::StatusOr<Config> loaded = LoadConfigFile(flags_.config_file, ConfigOptions(flags_.features));
  const absl::Status status = loaded.ok() ? Apply(std::make_shared<const Config>(*std::move(loaded))) : loaded.status();
  metrics_.SetReloaded(status.ok());
  if (status.ok()) {
    notifications_.Delete(api::kReloadFailedText);
    LogInfo("Completed loading of configuration file", {{"filename", flags_.config_file}});
  } else {
    notifications_.Add(api::kReloadFailedText);
    LogError("Error reloading config", {{"err", status}});
  }
  return status;
}

void ProgramServer::ReloadIfChanged() {
  {
    MutexLock lock(reload_mu_);
    const std::string now = ConfigFingerprint(*config());
    if (now == config_fingerprint_) {
      return;
    }
    config_fingerprint_ = now;  // a configuration that cannot be loaded is not tried again until it changes
  }
  LogInfo("Configuration file change detected, reloading the configuration.");
  Reload().IgnoreError();  // it has logged it
}

std::shared_ptr<const Config> ProgramServer::config() const {
  MutexLock lock(config_mu_);
  return config_;
}

void ProgramServer::Maintain() {
  bool resolving_allowed = false;
  TimestampMs next_look = clock_.NowMs() + flags_.auto_reload_interval_ms;
  while (clock_.WaitUntil(clock_.NowMs() + Head::kMaintenanceInterval, maintenance_stop_)) {
    memory_budget_.SetMeasured(MemoryBudget::ResidentBytes());
    head_->Maintain();
    if (!flags_.web_config_file.empty()) {
      ReloadWebConfig();
    }
    if (flags_.auto_reload && clock_.NowMs() >= next_look) {
      ReloadIfChanged();
      next_look = clock_.NowMs() + flags_.auto_reload_interval_ms;
    }
    if (!resolving_allowed && scrape_->first_round_done()) {
      rules_->AllowResolving();
      resolving_allowed = true;
    }
  }
}

void ProgramServer::Stop() {
  if (http_ == nullptr) {
    return;
  }
  status_.readiness = api::Readiness::kStopping;
  metrics_.SetReady(false);
  notifications_.Add(api::kShuttingDownText);
  maintenance_stop_.Stop();
  if (maintenance_.joinable()) {
    maintenance_.join();
  }
  if (rules_ != nullptr) {  // else the start failed before there were parts
    scrape_discovery_->Stop();
    scrape_->Stop();
    rules_->Stop();
    remote_senders_->Stop();  // sends what the last scrapes and rules brought
    notifier_->Stop();
    notify_discovery_->Stop();
  }
  notifications_.EndStreams();
  rpc_.reset();
  http_->Stop(kShutdownGraceMs);
  http_.reset();
}

}  // namespace tocsin
