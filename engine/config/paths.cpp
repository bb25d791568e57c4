#include <glob.h>

#include <algorithm>

#include "base/strings.h"
#include "engine/config/config_yaml.h"
#include "engine/config/http_yaml.h"

namespace tocsin {
namespace {

void SetDiscoveryFolder(std::string_view folder, std::vector<SdConfig>* discovery) {
  for (SdConfig& config : *discovery) {
    if (auto* file = std::get_if<FileSdConfig>(&config)) {
      for (std::string& path : file->files) {
        path = JoinFolder(folder, path);
      }
    } else if (auto* http = std::get_if<HttpSdConfig>(&config)) {
      JoinFolders(folder, &http->http);
    } else if (auto* kubernetes = std::get_if<KubernetesSdConfig>(&config)) {
      JoinFolders(folder, &kubernetes->http);
      kubernetes->kubeconfig_file = JoinFolder(folder, kubernetes->kubeconfig_file);
    }
  }
}

// An unclosed bracket is the one malformed pattern.
bool IsMalformed(std::string_view pattern) {
  const size_t open = pattern.rfind('[');
  return open != std::string_view::npos && pattern.find(']', open + 2) == std::string_view::npos;
}

}  // namespace

void SetFolder(std::string_view folder, ScrapeConfig* job) {
  SetDiscoveryFolder(folder, &job->discovery);
  JoinFolders(folder, &job->http);
  job->scrape_failure_log_file = JoinFolder(folder, job->scrape_failure_log_file);
}

void SetFolder(std::string_view folder, Config* config) {
  config->global.query_log_file = JoinFolder(folder, config->global.query_log_file);
  config->global.scrape_failure_log_file = JoinFolder(folder, config->global.scrape_failure_log_file);
  for (AlertmanagerConfig& alertmanager : config->alerting.alertmanagers) {
    SetDiscoveryFolder(folder, &alertmanager.discovery);
    JoinFolders(folder, &alertmanager.http);
  }
  if (config->tracing) {
    JoinFolders(folder, &config->tracing->tls);
  }
  for (std::string& path : config->rule_files) {
    path = JoinFolder(folder, path);
  }
  for (std::string& path : config->scrape_config_files) {
    path = JoinFolder(folder, path);
  }
  for (ScrapeConfig& job : config->scrape_configs) {
    SetFolder(folder, &job);
  }
  for (RemoteWriteConfig& remote : config->remote_write) {
    JoinFolders(folder, &remote.http);
  }
  for (RemoteReadConfig& remote : config->remote_read) {
    JoinFolders(folder, &remote.http);
  }
}

absl::StatusOr<std::vector<std::string>> ExpandGlobs(const std::vector<std::string>& patterns) {
  std::vector<std::string> files;
  for (const std::string& pattern : patterns) {
    if (IsMalformed(pattern)) {
      return absl::InvalidArgumentError(Cat(pattern, ": syntax error in pattern"));
    }
    glob_t found{};
    if (glob(pattern.c_str(), GLOB_PERIOD, nullptr, &found) == 0) {
      for (size_t i = 0; i < found.gl_pathc; ++i) {
        const std::string path = found.gl_pathv[i];
        const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
        if (name != "." && name != ".." && std::find(files.begin(), files.end(), path) == files.end()) {
          files.push_back(path);
        }
      }
    }
    globfree(&found);
  }
  return files;
}

}  // namespace tocsin
