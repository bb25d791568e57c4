#include <string>

#include "base/strings.h"
#include "engine/config/foreign_sd.h"
#include "engine/config/print_blocks.h"

namespace tocsin {
namespace {

void PrintStaticGroup(const TargetGroup& group, yaml::Emitter* out) {
  out->BeginMap();
  out->Key("targets");
  out->BeginList(group.targets.empty());
  for (const Labels& target : group.targets) {
    out->String(target.Get("__address__"));
  }
  out->EndList();
  if (!group.labels.empty()) {
    out->Key("labels");
    out->BeginMap();
    for (const Label label : group.labels) {
      out->Key(label.name);
      out->String(label.value);
    }
    out->EndMap();
  }
  out->EndMap();
}

void PrintEntry(const StaticSdConfig& config, yaml::Emitter* out) {
  for (const TargetGroup& group : config.groups) {
    PrintStaticGroup(group, out);
  }
}

void PrintEntry(const FileSdConfig& config, yaml::Emitter* out) {
  out->BeginMap();
  out->Key("files");
  PrintStrings(config.files, out);
  PrintDuration("refresh_interval", config.refresh_interval_ms, out);
  out->EndMap();
}

void PrintEntry(const HttpSdConfig& config, yaml::Emitter* out) {
  out->BeginMap();
  PrintHttp(config.http, out);
  PrintDuration("refresh_interval", config.refresh_interval_ms, out);
  out->Key("url");
  out->String(RedactUrl(config.url));
  out->EndMap();
}

void PrintEntry(const DnsSdConfig& config, yaml::Emitter* out) {
  out->BeginMap();
  out->Key("names");
  PrintStrings(config.names, out);
  PrintDuration("refresh_interval", config.refresh_interval_ms, out);
  out->Key("type");
  out->String(config.type);
  out->Key("port");
  out->Int(config.port);
  out->EndMap();
}

void PrintAttachMetadata(const KubernetesSdConfig& config, yaml::Emitter* out) {
  const std::pair<std::string_view, bool> fields[] = {{"node", config.attach_node},
                                                      {"namespace", config.attach_namespace},
                                                      {"deployment", config.attach_deployment},
                                                      {"job", config.attach_job},
                                                      {"cronjob", config.attach_cronjob}};
  bool any = false;
  for (const auto& [name, value] : fields) {
    any = any || value;
  }
  if (!any) {
    return;
  }
  out->Key("attach_metadata");
  out->BeginMap();
  for (const auto& [name, value] : fields) {
    out->Key(name);
    out->Bool(value);
  }
  out->EndMap();
}

void PrintEntry(const KubernetesSdConfig& config, yaml::Emitter* out) {
  out->BeginMap();
  PrintOptional("api_server", RedactUrl(config.api_server), out);
  out->Key("role");
  out->String(ToString(config.role));
  out->Key("kubeconfig_file");
  out->String(config.kubeconfig_file);
  PrintHttp(config.http, out);
  if (config.own_namespace || !config.namespaces.empty()) {
    out->Key("namespaces");
    out->BeginMap();
    out->Key("own_namespace");
    out->Bool(config.own_namespace);
    out->Key("names");
    PrintStrings(config.namespaces, out);
    out->EndMap();
  }
  if (!config.selectors.empty()) {
    out->Key("selectors");
    out->BeginList();
    for (const KubernetesSelector& selector : config.selectors) {
      out->BeginMap();
      PrintOptional("role", ToString(selector.role), out);
      PrintOptional("label", selector.label, out);
      PrintOptional("field", selector.field, out);
      out->EndMap();
    }
    out->EndList();
  }
  PrintAttachMetadata(config, out);
  out->EndMap();
}

void PrintEntry(const ForeignSdConfig& config, yaml::Emitter* out) { PrintYamlText(config.yaml, out); }

}  // namespace

void PrintDiscovery(const std::vector<SdConfig>& discovery, yaml::Emitter* out) {
  const auto print = [&](std::string_view mechanism) {
    bool open = false;
    for (const SdConfig& config : discovery) {
      if (MechanismOf(config) != mechanism) {
        continue;
      }
      if (!open) {
        out->Key(mechanism == "static" ? "static_configs" : Cat(mechanism, "_sd_configs"));
        out->BeginList();
        open = true;
      }
      std::visit([out](const auto& one) { PrintEntry(one, out); }, config);
    }
    if (open) {
      out->EndList();
    }
  };
  bool static_done = false;
  for (const std::string_view mechanism : SdMechanisms()) {
    if (!static_done && mechanism > "static") {
      print("static");
      static_done = true;
    }
    print(mechanism);
  }
}

}  // namespace tocsin
