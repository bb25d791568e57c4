#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/yaml/decode.h"
#include "engine/config/discovery_config.h"

namespace tocsin {

void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, KubernetesSdConfig* out);
std::string GoTypeName(const KubernetesSdConfig*);

/// Fails unless `url` is an http or https URL with a host.
void CheckHttpUrl(yaml::Decoder& decoder, const yaml::Node& node, std::string_view url);

/// Kubernetes's own syntax checks, with its texts: "metadata.name=x,spec.nodeName!=y", "app=a,!b,env in (c, d)".
absl::Status CheckFieldSelector(std::string_view selector);
absl::Status CheckLabelSelector(std::string_view selector);

}  // namespace tocsin
