#include "engine/scrape/check_discovery.h"

#include <set>

#include "base/json/writer.h"
#include "base/status.h"
#include "engine/config/config.h"
#include "engine/discover/discover_once.h"
#include "engine/scrape/target.h"

namespace tocsin {
namespace {

std::string IndentedLabels(const Labels& labels) {
  if (labels.empty()) {
    return "{}";
  }
  std::string out = "{";
  for (const Label label : labels) {
    out.append(out.size() > 1 ? ",\n      " : "\n      ");
    AppendJsonString(label.name, &out);
    out.append(": ");
    AppendJsonString(label.value, &out);
  }
  return out + "\n    }";
}

std::string IndentedTarget(const TargetGroupPtr& group, size_t index, const ScrapeConfig& job) {
  const absl::StatusOr<std::optional<Target>> target = MakeTarget(group, index, job);
  std::string out = Cat("  {\n    \"discoveredLabels\": ", IndentedLabels(DiscoveredLabels(*group, index, job)),
                        ",\n    \"labels\": ", IndentedLabels(target.ok() && *target ? (*target)->labels : Labels()));
  if (!target.ok()) {
    out.append(",\n    \"error\": ");
    AppendJsonString(Message(target.status()), &out);
  }
  return out + "\n  }";
}

const ScrapeConfig* FindJob(const Config& config, const std::string& name) {
  for (const ScrapeConfig& job : config.scrape_configs) {
    if (job.job_name == name) {
      return &job;
    }
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<std::string> CheckServiceDiscovery(const std::string& config_path, const std::string& job_name, DurationMs timeout_ms,
                                                  const Clock& clock) {
  LoadOptions options;
  options.environment = ReadEnvironment;
  ASSIGN_OR_RETURN(const Config config, LoadConfigFile(config_path, options));
  const ScrapeConfig* job = FindJob(config, job_name);
  if (job == nullptr) {
    std::string names;
    for (const ScrapeConfig& one : config.scrape_configs) {
      Append(&names, "\n\t", one.job_name);
    }
    return absl::NotFoundError(Cat("Job ", job_name, " not found. Select one of:", names));
  }
  std::string out;
  std::set<std::string> seen;
  for (const TargetGroupPtr& group : DiscoverOnce(job->discovery, timeout_ms, clock)) {
    for (size_t i = 0; i < group->targets.size(); ++i) {
      std::string target = IndentedTarget(group, i, *job);
      if (seen.insert(target).second) {
        Append(&out, out.empty() ? "[\n" : ",\n", target);
      }
    }
  }
  return out.empty() ? "[]" : out + "\n]";
}

}  // namespace tocsin
