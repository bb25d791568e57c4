// What the endpoints of /api/v1 read of the running program.

#include <prometheus/metric_family.h>
#include <unistd.h>

#include <thread>
#include <tuple>

#include "absl/container/btree_set.h"
#include "api/main/process.h"
#include "api/main/server.h"
#include "api/main/version.h"
#include "base/strings.h"
#include "base/text/duration.h"

namespace tocsin {
namespace {

api::FeatureSwitches Switches(const ServerFlags& flags) {
  api::FeatureSwitches switches;
  switches.language = flags.features.language;
  switches.admin_api = flags.admin_api;
  switches.lifecycle = flags.lifecycle;
  switches.remote_write_receiver = flags.remote_write_receiver;
  switches.otlp_receiver = flags.otlp_receiver;
  switches.search = flags.features.search_api;
  switches.otlp_delta_conversion = flags.features.otlp_delta_to_cumulative;
  switches.otlp_native_delta = flags.features.otlp_native_delta;
  switches.auto_reload = flags.auto_reload;
  switches.concurrent_rule_eval = flags.features.concurrent_rule_eval;
  switches.exemplar_storage = flags.features.exemplar_storage;
  switches.start_timestamps = flags.features.st_storage;
  switches.start_zero_samples = flags.features.created_timestamp_zero_ingestion;
  return switches;
}

/// "15d", "2GiB", "15d or 2GiB"
std::string RetentionText(const ServerFlags& flags, const Config& config) {
  const StorageConfig::Tsdb& tsdb = config.storage.tsdb;
  const DurationMs time = tsdb.retention_time_ms > 0 ? tsdb.retention_time_ms : flags.retention_ms;
  const uint64_t size = tsdb.retention_size_bytes > 0 ? tsdb.retention_size_bytes : flags.retention_bytes;
  std::string text = time > 0 || size == 0 ? FormatDuration(time > 0 ? time : 15 * kDay) : "";
  if (size > 0) {
    Append(&text, text.empty() ? "" : " or ", size, "B");
  }
  return text;
}

}  // namespace

std::vector<FamilyMetadataEntry> ProgramServer::FamilyMetadataOfTargets() const {
  absl::btree_set<std::tuple<std::string, std::string, std::string, std::string>> entries;
  scrape_->VisitMetadata([&entries](const TargetMetadata& target) {
    for (const FamilyMetadata& family : target.families) {
      entries.emplace(family.family, family.type, family.help, family.unit);
    }
  });
  std::vector<FamilyMetadataEntry> families;
  families.reserve(entries.size());
  for (const auto& [name, type, help, unit] : entries) {
    families.push_back({name, {type, help, unit}});
  }
  return families;
}

void ProgramServer::FillSources() {
  sources_.engine = engine_.get();
  sources_.queryable = queryable_.get();
  sources_.clock = &clock_;
  sources_.features = flags_.features.language;
  sources_.rules = [this] { return rules_->Status(); };
  sources_.targets = [this] { return scrape_->targets(); };
  sources_.pool_names = [this] { return scrape_->pool_names(); };
  sources_.pool_config = [this](std::string_view name) { return scrape_->pool_config(name); };
  sources_.visit_metadata = [this](const std::function<void(const TargetMetadata&)>& visit) { scrape_->VisitMetadata(visit); };
  sources_.print_scrape_config = &PrintScrapeConfig;
  sources_.store = head_.get();
  sources_.memory_budget = &memory_budget_;
  sources_.notifications = &notifications_;
  sources_.replay_progress = &replay_progress_;
  sources_.alertmanagers = [this] {
    AlertmanagersStatus status = notifier_->Status();
    return api::AlertmanagerUrls{.active = std::move(status.active), .dropped = std::move(status.dropped)};
  };
  sources_.config_yaml = [this] { return PrintConfig(*config()); };
  sources_.flags = flags_.shown;
  sources_.feature_switches = Switches(flags_);
  sources_.self_metrics = [this] { return metrics_.Collect(); };
  sources_.search_limit_max = flags_.search_limit_max;
  sources_.external_url = external_url_;
  sources_.cors_origin = cors_origin_;
  const std::string working_directory = WorkingDirectory();
  const std::string host_name = HostName();
  sources_.runtime_info = [this, working_directory, host_name] {
    api::RuntimeInfo info;
    info.start_time = status_.start_time;
    info.working_directory = working_directory;
    info.host_name = host_name;
    info.reload_config_success = metrics_.reload_successful();
    info.last_config_time = metrics_.last_reload();
    info.thread_count = ReadProcessStatus().threads;
    info.cores = static_cast<int>(std::thread::hardware_concurrency());
    info.memory_limit_bytes = static_cast<int64_t>(flags_.memory_max_bytes > 0 ? flags_.memory_max_bytes : DefaultMemoryMax());
    info.storage_retention = RetentionText(flags_, *config());
    return info;
  };
}

}  // namespace tocsin
