#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/router.h"
#include "api/v1/features.h"
#include "api/v1/notifications.h"
#include "api/v1/result.h"
#include "base/clock.h"
#include "base/model/regex.h"
#include "engine/config/scrape_config.h"
#include "engine/scrape/target_status.h"
#include "promql/engine.h"
#include "rules/rule_status.h"
#include "storage/head.h"
#include "storage/head_status.h"
#include "storage/querier.h"
#include "storage/wal/replay.h"

namespace prometheus {
struct MetricFamily;
}  // namespace prometheus

namespace tocsin {
class MemoryBudget;
}

namespace tocsin::api {

enum class Readiness { kStarting, kReady, kStopping };

struct BuildInfo {
  std::string version;
  std::string revision;
  std::string branch;
  std::string build_user;
  std::string build_date;
  std::string go_version;  // of the compiler, here
};

struct RuntimeInfo {
  TimestampMs start_time = 0;
  std::string working_directory;
  std::string host_name;
  bool reload_config_success = false;
  TimestampMs last_config_time = 0;
  int64_t corruption_count = 0;
  int thread_count = 0;
  int cores = 0;
  int64_t memory_limit_bytes = 0;
  std::string storage_retention;  // "15d or 10GiB"
};

struct AlertmanagerUrls {
  std::vector<std::string> active;
  std::vector<std::string> dropped;
};

/// What the endpoints are made of. The pointers are borrowed and outlive the server; the functions are called at each request, from several
/// threads at once, and are never null once the API is registered.
struct Sources {
  promql::Engine* engine = nullptr;
  Queryable* queryable = nullptr;
  Head* store = nullptr;
  MemoryBudget* memory_budget = nullptr;  // null: no limit
  Notifications* notifications = nullptr;
  const ReplayProgress* replay_progress = nullptr;
  const Clock* clock = nullptr;
  promql::LanguageFeatures features;

  std::function<Readiness()> readiness;
  std::function<rules::RulesStatus()> rules;
  std::function<TargetsStatus()> targets;
  std::function<std::vector<std::string>()> pool_names;
  std::function<std::shared_ptr<const ScrapeConfig>(std::string_view name)> pool_config;  // null: no such pool
  std::function<void(const std::function<void(const TargetMetadata&)>& visit)> visit_metadata;
  std::function<std::string(const ScrapeConfig&)> print_scrape_config;
  std::function<AlertmanagerUrls()> alertmanagers;
  std::function<std::string()> config_yaml;
  std::function<RuntimeInfo()> runtime_info;
  std::function<std::vector<prometheus::MetricFamily>()> self_metrics;
  std::map<std::string, std::string> flags;
  BuildInfo build_info;
  FeatureSwitches feature_switches;
  int64_t search_limit_max = 0;  // largest limit of /search; 0: none
  std::string external_url;      // without a slash at the end

  /// Anchored as upstream does: ^(?:...)$
  std::shared_ptr<const AnchoredRegex> cors_origin;
};

using Endpoint = std::function<Result(const http::Request&)>;

/// Registers endpoints below a prefix with what they share: readiness, CORS, the envelope of answers.
class Registrar {
 public:
  /// `prefix`: "/api/v1", or with a route prefix in front of it.
  Registrar(const Sources& sources, std::string prefix, http::Router* router)
      : sources_(sources), prefix_(std::move(prefix)), router_(router) {}

  /// 503 while the server is not ready.
  void Add(std::string_view methods, std::string_view path, Endpoint endpoint);
  /// Answers at any time.
  void AddAlways(std::string_view methods, std::string_view path, Endpoint endpoint);
  /// A handler that makes its answer without the envelope; 503 while the server is not ready.
  void AddAnswer(std::string_view methods, std::string_view path, http::Handler handler);
  /// A handler that makes its whole answer itself, at any time.
  void AddRaw(std::string_view methods, std::string_view path, http::Handler handler);

 private:
  const Sources& sources_;
  std::string prefix_;
  http::Router* router_;
};

/// Adds Vary and, when the request has an Origin, the Access-Control headers.
void SetCors(const AnchoredRegex& origin_pattern, const http::Request& request, http::Response* response);

/// 503 with X-Prometheus-Stopping.
http::Response NotReadyAnswer(Readiness readiness);

/// Wraps `handler` so that it answers 503 while the server is not ready.
http::Handler WhenReady(const Sources& sources, http::Handler handler);

/// Each in a file of its own, named for it.
void RegisterQueries(const Sources& sources, Registrar* registrar);
void RegisterSeries(const Sources& sources, Registrar* registrar);
void RegisterRules(const Sources& sources, Registrar* registrar);
void RegisterTargets(const Sources& sources, Registrar* registrar);
void RegisterStatus(const Sources& sources, Registrar* registrar);
void RegisterParseQuery(const Sources& sources, Registrar* registrar);
void RegisterExemplars(const Sources& sources, Registrar* registrar);
void RegisterAdmin(const Sources& sources, Registrar* registrar);

/// What /status/buildinfo and /version answer.
std::string BuildInfoJson(const BuildInfo& info);

void RegisterTsdbStatus(const Sources& sources, Registrar* registrar);
void RegisterNotifications(const Sources& sources, Registrar* registrar);
void RegisterSearch(const Sources& sources, Registrar* registrar);
void RegisterSelfMetrics(const Sources& sources, Registrar* registrar);
void RegisterOpenApi(const Sources& sources, Registrar* registrar);

/// All of /api/v1. `sources` outlives the router.
void RegisterApi(const Sources& sources, const std::string& route_prefix, http::Router* router);

/// What is answered before all parts are there: walreplay and notifications; 503 for the rest. Of `sources` it needs readiness,
/// cors_origin, notifications and replay_progress.
void RegisterEarlyApi(const Sources& sources, const std::string& route_prefix, http::Router* router);

}  // namespace tocsin::api
