#include <array>

#include "base/strings.h"
#include "base/text/quote.h"
#include "engine/config/config_yaml.h"
#include "engine/config/foreign_sd.h"
#include "engine/config/http_yaml.h"
#include "engine/config/kubernetes_yaml.h"
#include "engine/config/target_group_yaml.h"
#include "engine/config/url_check.h"

namespace tocsin {
namespace {

constexpr std::string_view kStaticGroupType =
    "struct { Targets []string \"yaml:\\\"targets\\\"\"; Labels model.LabelSet \"yaml:\\\"labels\\\"\" }";

// DIRECTORY/NAME with one '*' pattern in the last part at most, and an ending that tells the format.
bool IsFileSdPattern(std::string_view path) {
  static const std::shared_ptr<const AnchoredRegex> pattern = *AnchoredRegex::Create(R"([^*]*(\*[^/]*)?\.(json|yml|yaml|JSON|YML|YAML))");
  return pattern->Matches(path);
}

std::string Upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  return out;
}

}  // namespace

std::string GoTypeName(const TargetGroup*) { return "*targetgroup.Group"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TargetGroup* out) {
  yaml::StructReader reader(decoder, node, kStaticGroupType);
  std::vector<std::string> targets;
  std::map<std::string, std::string> labels;
  reader.Field("targets", &targets);
  TakeLabelSet(decoder, reader, "labels", &labels);
  reader.Finish();
  for (const std::string& target : targets) {
    out->targets.push_back(Labels::Of({{"__address__", target}}));
  }
  out->labels = Labels::FromPairs({labels.begin(), labels.end()});
}

static std::string GoTypeName(const FileSdConfig*) { return "*file.SDConfig"; }
static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, FileSdConfig* out) {
  yaml::StructReader reader(decoder, node, "file.plain");
  reader.Field("files", &out->files);
  TakeDuration(decoder, reader, "refresh_interval", &out->refresh_interval_ms);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  if (out->files.empty()) {
    decoder.Fail(node, "file service discovery config must contain at least one path name");
  }
  for (const std::string& file : out->files) {
    if (!IsFileSdPattern(file)) {
      decoder.Fail(*node.Find("files"), Cat("path name ", GoQuoted(file), " is not valid for file discovery"));
    }
  }
}

static std::string GoTypeName(const HttpSdConfig*) { return "*http.SDConfig"; }
static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, HttpSdConfig* out) {
  yaml::StructReader reader(decoder, node, "http.plain");
  reader.Field("url", &out->url);
  TakeDuration(decoder, reader, "refresh_interval", &out->refresh_interval_ms);
  HttpFields http(decoder, node, reader, &out->http);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  if (out->url.empty()) {
    decoder.Fail(node, "URL is missing");
    return;
  }
  CheckHttpUrl(decoder, *node.Find("url"), out->url);
  http.Validate();
}

static std::string GoTypeName(const DnsSdConfig*) { return "*dns.SDConfig"; }
static void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, DnsSdConfig* out) {
  yaml::StructReader reader(decoder, node, "dns.plain");
  int64_t port = 0;
  reader.Field("names", &out->names).Field("type", &out->type).Field("port", &port);
  TakeDuration(decoder, reader, "refresh_interval", &out->refresh_interval_ms);
  if (!reader.Finish() || decoder.failed()) {
    return;
  }
  out->port = static_cast<int>(port);
  if (out->names.empty()) {
    decoder.Fail(node, "DNS-SD config must contain at least one SRV record name");
    return;
  }
  const std::string type = Upper(out->type);
  constexpr std::array<std::string_view, 4> kWithPort = {"A", "AAAA", "MX", "NS"};
  if (std::find(kWithPort.begin(), kWithPort.end(), type) != kWithPort.end()) {
    if (port == 0) {
      decoder.Fail(node, "a port is required in DNS-SD configs for all record types except SRV");
    }
  } else if (type != "SRV") {
    decoder.Fail(*node.Find("type"), Cat("invalid DNS-SD records type ", out->type));
  }
}

namespace {

template <typename T>
void TakeMechanism(yaml::Decoder& decoder, yaml::StructReader& reader, std::string_view key, std::vector<SdConfig>* out) {
  const yaml::Node* node = reader.Take(key);
  if (node == nullptr) {
    return;
  }
  std::vector<T> configs;
  yaml::Read(decoder, *node, &configs);
  for (const yaml::Node* item : node->items) {
    if (item->IsNull()) {
      decoder.Fail(*item, Cat("empty or null section in ", key));
    }
  }
  for (T& config : configs) {
    out->emplace_back(std::move(config));
  }
}

void TakeStatic(yaml::Decoder& decoder, yaml::StructReader& reader, std::vector<SdConfig>* out) {
  const yaml::Node* node = reader.Take("static_configs");
  if (node == nullptr) {
    return;
  }
  StaticSdConfig config;
  yaml::Read(decoder, *node, &config.groups);
  for (size_t i = 0; i < config.groups.size(); ++i) {
    config.groups[i].source = std::to_string(i);
    if (node->items[i]->IsNull()) {
      decoder.Fail(*node->items[i], "empty or null section in static_configs");
    }
  }
  if (!config.groups.empty()) {
    out->emplace_back(std::move(config));
  }
}

}  // namespace

void CheckHttpUrl(yaml::Decoder& decoder, const yaml::Node& node, std::string_view url) {
  const absl::StatusOr<UrlParts> parts = ParseUrl(url);
  if (!decoder.Check(node, parts.status())) {
    return;
  }
  if (parts->scheme != "http" && parts->scheme != "https") {
    decoder.Fail(node, "URL scheme must be 'http' or 'https'");
  } else if (parts->host.empty()) {
    decoder.Fail(node, "host is missing in URL");
  }
}

void TakeDiscovery(yaml::Decoder& decoder, yaml::StructReader& reader, std::vector<SdConfig>* out) {
  for (const std::string_view mechanism : SdMechanisms()) {
    const std::string key = Cat(mechanism, "_sd_configs");
    if (mechanism == "file") {
      TakeMechanism<FileSdConfig>(decoder, reader, key, out);
    } else if (mechanism == "http") {
      TakeMechanism<HttpSdConfig>(decoder, reader, key, out);
    } else if (mechanism == "dns") {
      TakeMechanism<DnsSdConfig>(decoder, reader, key, out);
    } else if (mechanism == "kubernetes") {
      TakeMechanism<KubernetesSdConfig>(decoder, reader, key, out);
    } else {
      TakeForeign(decoder, reader, mechanism, out);
    }
  }
  TakeStatic(decoder, reader, out);
}

void CheckStaticTargets(yaml::Decoder& decoder, const yaml::Node& node, const std::vector<SdConfig>& discovery) {
  for (const SdConfig& config : discovery) {
    const auto* fixed = std::get_if<StaticSdConfig>(&config);
    if (fixed == nullptr) {
      continue;
    }
    for (const TargetGroup& group : fixed->groups) {
      for (const Labels& target : group.targets) {
        const std::string_view address = target.Get("__address__");
        if (address.find('/') != std::string_view::npos) {
          decoder.Fail(*node.Find("static_configs"), Cat(GoQuoted(address), " is not a valid hostname"));
        }
      }
    }
  }
}

std::string_view MechanismOf(const SdConfig& config) {
  constexpr std::array<std::string_view, 5> kNames = {"static", "file", "http", "dns", "kubernetes"};
  const auto* foreign = std::get_if<ForeignSdConfig>(&config);
  return foreign != nullptr ? std::string_view(foreign->mechanism) : kNames[config.index()];
}

}  // namespace tocsin
