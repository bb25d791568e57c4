#pragma once

#include <string>

#include "base/yaml/decode.h"
#include "engine/config/target_group.h"

namespace tocsin {

/// Reads one group of `static_configs` or of a file of file_sd.
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, TargetGroup* out);
std::string GoTypeName(const TargetGroup*);

}  // namespace tocsin
