#include "base/status.h"
#include "engine/config/config_yaml.h"
#include "engine/config/http_yaml.h"

namespace tocsin {

std::string GoTypeName(const AlertmanagerConfig*) { return "*config.AlertmanagerConfig"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, AlertmanagerConfig* out) {
  *out = AlertmanagerConfig{};
  yaml::StructReader reader(decoder, node, "config.AlertmanagerConfig");
  HttpFields http(decoder, node, reader, &out->http);
  reader.Field("scheme", &out->scheme).Field("path_prefix", &out->path_prefix);
  const yaml::Node* version = reader.Take("api_version");
  if (version != nullptr && !version->IsNull()) {
    yaml::Read(decoder, *version, &out->api_version);
    if (out->api_version != "v2") {
      decoder.Fail(*version, Cat("expected Alertmanager api version to be one of [v2] but got ", out->api_version));
    }
  }
  const yaml::Node* signing = reader.Take("sigv4");
  if (signing != nullptr && !signing->IsNull()) {
    out->signing.kind = "sigv4";
    DecodeYaml(decoder, *signing, &out->signing);
  }
  TakeDuration(decoder, reader, "timeout", &out->timeout_ms);
  TakeDiscovery(decoder, reader, &out->discovery);
  TakeRelabelConfigs(decoder, reader, "relabel_configs", "empty or null Alertmanager target relabeling rule", &out->relabel_configs);
  TakeRelabelConfigs(decoder, reader, "alert_relabel_configs", "empty or null Alertmanager alert relabeling rule",
                     &out->alert_relabel_configs);
  if (!reader.Finish() || decoder.failed() || !http.Validate()) {
    return;
  }
  const bool http_auth = out->http.basic_auth != nullptr || out->http.authorization != nullptr || out->http.oauth2 != nullptr;
  if (http_auth && !out->signing.kind.empty()) {
    decoder.Fail(node, "at most one of basic_auth, authorization, oauth2, & sigv4 must be configured");
  }
  if (out->relabel_configs.empty()) {
    CheckStaticTargets(decoder, node, out->discovery);
  }
}

std::string GoTypeName(const AlertingConfig*) { return "config.plain"; }
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, AlertingConfig* out) {
  *out = AlertingConfig{};
  yaml::StructReader reader(decoder, node, "config.plain");
  TakeRelabelConfigs(decoder, reader, "alert_relabel_configs", "empty or null alert relabeling rule", &out->alert_relabel_configs);
  reader.Field("alertmanagers", &out->alertmanagers);
  reader.Finish();
}

}  // namespace tocsin
