#include <cstdlib>
#include <filesystem>
#include <map>

#include "base/status.h"
#include "base/text/quote.h"
#include "engine/config/config.h"
#include "engine/config/config_yaml.h"
#include "engine/config/external_labels.h"
#include "engine/config/text_file.h"

namespace tocsin {
namespace {

// At most one '*' pattern, and only in the last part of the path.
bool IsGlobPath(const std::string& path) {
  const size_t star = path.find('*');
  return star == std::string::npos || path.find('/', star) == std::string::npos;
}

// FILE:LINE:COLUMN: in front of a text of the parser.
absl::StatusOr<yaml::Document> ParseFileText(std::string_view text, std::string_view file) {
  yaml::Position at;
  absl::StatusOr<yaml::Document> document = yaml::Parse(text, nullptr, &at);
  if (!document.ok()) {
    return absl::InvalidArgumentError(Cat(file, ":", at.line, ":", at.column, ": ", Message(document.status())));
  }
  return document;
}

// Reads the top of the file; the jobs' nodes are kept for the places of errors found later.
class ConfigReader {
 public:
  ConfigReader(const yaml::Node& root, const LoadOptions& options, Config* config) : root_(root), options_(options), config_(*config) {}

  void Read() {
    config_.global.extra_scrape_metrics = options_.extra_scrape_metrics;
    yaml::StructReader reader(decoder_, root_, "config.plain");
    reader.Field("global", &config_.global)
        .Field("alerting", &config_.alerting)
        .Field("rule_files", &config_.rule_files)
        .Field("scrape_config_files", &config_.scrape_config_files)
        .Field("scrape_configs", &config_.scrape_configs)
        .Field("storage", &config_.storage)
        .Field("tracing", &config_.tracing)
        .Field("remote_write", &config_.remote_write)
        .Field("remote_read", &config_.remote_read)
        .Field("otlp", &config_.otlp);
    const yaml::Node* runtime = reader.Take("runtime");
    if (runtime != nullptr && !runtime->IsNull()) {
      yaml::StructReader(decoder_, *runtime, "config.RuntimeConfig").Field("gogc", &config_.gogc).Finish();
    }
    if (options_.prefer_protobuf && config_.global.scrape_protocols.empty()) {
      config_.global.scrape_protocols = DefaultProtocols(/*proto_first=*/true);
    }
    if (reader.Finish() && !decoder_.failed()) {
      CheckPaths();
      CompleteJobs();
      CompleteAlerting();
      CompleteRemotes();
      CheckModes();
    }
  }

  absl::Status status(std::string_view file) const { return decoder_.status(file); }

 private:
  void CheckPaths() {
    for (const std::string& path : config_.rule_files) {
      if (!IsGlobPath(path)) {
        decoder_.Fail(*root_.Find("rule_files"), Cat("invalid rule file path ", GoQuoted(path)));
      }
    }
    for (const std::string& path : config_.scrape_config_files) {
      if (!IsGlobPath(path)) {
        decoder_.Fail(*root_.Find("scrape_config_files"), Cat("invalid scrape config file path ", GoQuoted(path)));
      }
    }
  }

  void CompleteJobs() {
    std::map<std::string, bool> names;
    const yaml::Node* jobs = root_.Find("scrape_configs");
    for (size_t i = 0; i < config_.scrape_configs.size(); ++i) {
      const yaml::Node& node = *jobs->items[i];
      ScrapeConfig& job = config_.scrape_configs[i];
      if (node.IsNull()) {
        decoder_.Fail(node, "empty or null scrape config section");
      }
      decoder_.Check(node, CompleteScrapeConfig(config_.global, &job));
      if (!names.emplace(job.job_name, true).second) {
        decoder_.Fail(node, Cat("found multiple scrape configs with job name ", GoQuoted(job.job_name)));
      }
    }
    config_.main_file_scrape_configs = config_.scrape_configs.size();
  }

  void CheckRules(const yaml::Node* node, std::vector<RelabelConfig>* rules) {
    for (RelabelConfig& rule : *rules) {
      decoder_.Check(*node, ValidateRelabel(config_.global.name_validation_scheme, &rule));
    }
  }

  void CompleteAlerting() {
    const yaml::Node* alerting = root_.Find("alerting");
    if (alerting == nullptr) {
      return;
    }
    CheckRules(alerting, &config_.alerting.alert_relabel_configs);
    for (AlertmanagerConfig& alertmanager : config_.alerting.alertmanagers) {
      CheckRules(alerting, &alertmanager.alert_relabel_configs);
      CheckRules(alerting, &alertmanager.relabel_configs);
    }
  }

  void CompleteRemotes() {
    std::map<std::string, bool> names;
    const yaml::Node* writes = root_.Find("remote_write");
    for (size_t i = 0; i < config_.remote_write.size(); ++i) {
      const yaml::Node& node = *writes->items[i];
      RemoteWriteConfig& remote = config_.remote_write[i];
      if (node.IsNull()) {
        decoder_.Fail(node, "empty or null remote write config section");
      }
      if (!remote.name.empty() && !names.emplace(remote.name, true).second) {
        decoder_.Fail(node, Cat("found multiple remote write configs with job name ", GoQuoted(remote.name)));
      }
      CheckRules(&node, &remote.write_relabel_configs);
    }
    names.clear();
    const yaml::Node* reads = root_.Find("remote_read");
    for (size_t i = 0; i < config_.remote_read.size(); ++i) {
      const yaml::Node& node = *reads->items[i];
      const RemoteReadConfig& remote = config_.remote_read[i];
      if (node.IsNull()) {
        decoder_.Fail(node, "empty or null remote read config section");
      }
      if (!remote.name.empty() && !names.emplace(remote.name, true).second) {
        decoder_.Fail(node, Cat("found multiple remote read configs with job name ", GoQuoted(remote.name)));
      }
    }
  }

  void CheckModes() {
    const OtlpTranslation otlp = config_.otlp.translation_strategy;
    const bool needs_utf8 = otlp == OtlpTranslation::kNoTranslation || otlp == OtlpTranslation::kNoUtf8EscapingWithSuffixes;
    if (needs_utf8 && config_.global.name_validation_scheme == NameScheme::kLegacy) {
      decoder_.Fail(*root_.Find("otlp"),
                    Cat("OTLP translation strategy ", GoQuoted(ToString(otlp)), " is not allowed when UTF8 is disabled"));
    }
    if (!options_.agent_mode) {
      return;
    }
    if (!config_.alerting.alertmanagers.empty() || !config_.alerting.alert_relabel_configs.empty()) {
      decoder_.Fail(*root_.Find("alerting"), "field alerting is not allowed in agent mode");
    }
    if (!config_.rule_files.empty()) {
      decoder_.Fail(*root_.Find("rule_files"), "field rule_files is not allowed in agent mode");
    }
    if (!config_.remote_read.empty()) {
      decoder_.Fail(*root_.Find("remote_read"), "field remote_read is not allowed in agent mode");
    }
  }

  yaml::Decoder decoder_;
  const yaml::Node& root_;
  const LoadOptions& options_;
  Config& config_;
};

// The jobs of one file of scrape_config_files, behind those that are there already.
absl::Status AddScrapeConfigFile(const std::string& path, std::map<std::string, std::string>* names, Config* config) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  ASSIGN_OR_RETURN(const yaml::Document document, ParseFileText(text, path));
  if (document.root() == nullptr) {
    return absl::OkStatus();
  }
  yaml::Decoder decoder;
  std::vector<ScrapeConfig> jobs;
  yaml::StructReader reader(decoder, *document.root(), "config.ScrapeConfigs");
  const yaml::Node* list = document.root()->Find("scrape_configs");
  reader.Field("scrape_configs", &jobs).Finish();
  for (size_t i = 0; i < jobs.size() && decoder.ok(); ++i) {
    const yaml::Node& node = *list->items[i];
    if (node.IsNull()) {
      decoder.Fail(node, "empty or null scrape config section");
    }
    decoder.Check(node, CompleteScrapeConfig(config->global, &jobs[i]));
    const auto [it, added] = names->emplace(jobs[i].job_name, GoQuoted(std::filesystem::absolute(path).string()));
    if (!added) {
      decoder.Fail(node, Cat("found multiple scrape configs with job name ", GoQuoted(jobs[i].job_name), ", first found in ", it->second));
    }
    SetFolder(std::filesystem::path(path).parent_path().string(), &jobs[i]);
    config->scrape_configs.push_back(std::move(jobs[i]));
  }
  return decoder.status(path);
}

absl::Status AddScrapeConfigFiles(Config* config) {
  std::map<std::string, std::string> names;
  for (const ScrapeConfig& job : config->scrape_configs) {
    names.emplace(job.job_name, "main config file");
  }
  ASSIGN_OR_RETURN(const std::vector<std::string> files, ExpandGlobs(config->scrape_config_files));
  for (const std::string& file : files) {
    RETURN_IF_ERROR(AddScrapeConfigFile(file, &names, config));
  }
  return absl::OkStatus();
}

void WarnOfDiscovery(std::string_view where, const std::vector<SdConfig>& discovery, std::vector<std::string>* warnings) {
  for (const SdConfig& config : discovery) {
    if (const auto* foreign = std::get_if<ForeignSdConfig>(&config)) {
      warnings->push_back(Cat(where, ": ", foreign->mechanism,
                              "_sd_configs finds no targets here; serve its targets over HTTP and use "
                              "http_sd_configs instead"));
    }
  }
}

void CollectWarnings(Config* config) {
  for (const ScrapeConfig& job : config->scrape_configs) {
    WarnOfDiscovery(Cat("scrape config ", GoQuoted(job.job_name)), job.discovery, &config->warnings);
  }
  for (const AlertmanagerConfig& alertmanager : config->alerting.alertmanagers) {
    WarnOfDiscovery("alertmanagers", alertmanager.discovery, &config->warnings);
    if (!alertmanager.signing.kind.empty()) {
      config->warnings.push_back(Cat("alertmanagers: ", alertmanager.signing.kind, " is not supported; requests go unsigned"));
    }
  }
  for (const RemoteWriteConfig& remote : config->remote_write) {
    if (!remote.signing.kind.empty()) {
      config->warnings.push_back(Cat("remote_write: ", remote.signing.kind, " is not supported; requests go unsigned"));
    }
  }
}

}  // namespace

std::string ReadEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

absl::StatusOr<Config> LoadConfig(std::string_view text, const std::string& path, const LoadOptions& options) {
  ASSIGN_OR_RETURN(const yaml::Document document, ParseFileText(text, path));
  Config config;
  config.file = path;
  if (document.root() != nullptr) {
    ConfigReader reader(*document.root(), options, &config);
    reader.Read();
    RETURN_IF_ERROR(reader.status(path));
  }
  config.global.external_labels = ExpandExternalLabels(config.global.external_labels, options.environment);
  SetFolder(std::filesystem::path(path).parent_path().string(), &config);
  RETURN_IF_ERROR(AddScrapeConfigFiles(&config));
  CollectWarnings(&config);
  return config;
}

absl::StatusOr<Config> LoadConfigFile(const std::string& path, const LoadOptions& options) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  return LoadConfig(text, path, options);
}

}  // namespace tocsin
