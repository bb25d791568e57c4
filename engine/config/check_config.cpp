#include "engine/config/check_config.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/status.h"
#include "base/text/duration.h"
#include "base/text/quote.h"
#include "engine/config/target_group_text.h"

namespace tocsin {
namespace {

absl::Status RequireFile(const std::string& path, std::string_view what) {
  struct stat info{};
  if (path.empty() || stat(path.c_str(), &info) == 0) {
    return absl::OkStatus();
  }
  std::string reason = std::strerror(errno);
  reason[0] = static_cast<char>(tolower(static_cast<unsigned char>(reason[0])));
  return absl::FailedPreconditionError(Cat("error checking ", what, " ", GoQuoted(path), ": stat ", path, ": ", reason));
}

absl::Status CheckTlsFiles(const TlsOptions& tls) {
  RETURN_IF_ERROR(RequireFile(tls.cert_file, "client cert file"));
  return RequireFile(tls.key_file, "client key file");
}

absl::Status CheckCredentialFiles(const ScrapeConfig& job) {
  if (job.http.authorization != nullptr) {
    RETURN_IF_ERROR(RequireFile(job.http.authorization->credentials_file, "authorization credentials or bearer token file"));
  }
  RETURN_IF_ERROR(CheckTlsFiles(job.http.tls));
  for (const SdConfig& config : job.discovery) {
    if (const auto* kubernetes = std::get_if<KubernetesSdConfig>(&config)) {
      RETURN_IF_ERROR(CheckTlsFiles(kubernetes->http.tls));
    }
  }
  return absl::OkStatus();
}

// `where` is "scrape job \"x\"" or "alertmanager config".
absl::Status CheckDiscoveryFiles(const std::vector<SdConfig>& discovery, std::string_view where, std::vector<std::string>* warnings) {
  for (const SdConfig& config : discovery) {
    const auto* file_sd = std::get_if<FileSdConfig>(&config);
    if (file_sd == nullptr) {
      continue;
    }
    for (const std::string& pattern : file_sd->files) {
      ASSIGN_OR_RETURN(const std::vector<std::string> files, ExpandGlobs({pattern}));
      for (const std::string& file : files) {
        if (const absl::StatusOr<std::vector<TargetGroup>> groups = ReadTargetGroupFile(file); !groups.ok()) {
          return absl::InvalidArgumentError(Cat("checking SD file ", GoQuoted(pattern), ": ", Message(groups.status())));
        }
      }
      if (files.empty()) {
        warnings->push_back(Cat("file ", GoQuoted(pattern), " for file_sd in ", where, " does not exist"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status FindRuleFiles(const Config& config, std::vector<std::string>* out) {
  for (const std::string& pattern : config.rule_files) {
    ASSIGN_OR_RETURN(const std::vector<std::string> files, ExpandGlobs({pattern}));
    if (files.empty() && pattern.find('*') == std::string::npos) {
      return absl::FailedPreconditionError(Cat(GoQuoted(pattern), " does not point to an existing file"));
    }
    out->insert(out->end(), files.begin(), files.end());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CheckedConfig> CheckConfigFile(const std::string& path, const CheckConfigOptions& options) {
  CheckedConfig checked;
  LoadOptions load;
  load.agent_mode = options.agent_mode;
  load.environment = ReadEnvironment;
  ASSIGN_OR_RETURN(checked.config, LoadConfigFile(path, load));
  checked.warnings = checked.config.warnings;
  if (options.syntax_only) {
    return checked;
  }
  RETURN_IF_ERROR(FindRuleFiles(checked.config, &checked.rule_files));
  for (const ScrapeConfig& job : checked.config.scrape_configs) {
    RETURN_IF_ERROR(CheckCredentialFiles(job));
    RETURN_IF_ERROR(CheckDiscoveryFiles(job.discovery, Cat("scrape job ", GoQuoted(job.job_name)), &checked.warnings));
  }
  for (const AlertmanagerConfig& alertmanager : checked.config.alerting.alertmanagers) {
    RETURN_IF_ERROR(CheckDiscoveryFiles(alertmanager.discovery, "alertmanager config", &checked.warnings));
  }
  return checked;
}

std::vector<std::string> LintScrapeIntervals(const Config& config, DurationMs lookback_delta_ms) {
  std::vector<std::string> lints;
  for (const ScrapeConfig& job : config.scrape_configs) {
    if (lookback_delta_ms > 0 && job.scrape_interval_ms >= lookback_delta_ms) {
      lints.push_back(Cat("too long scrape interval found, data point will be marked as stale - job: ", job.job_name,
                          ", interval: ", FormatDuration(job.scrape_interval_ms)));
    }
  }
  return lints;
}

}  // namespace tocsin
