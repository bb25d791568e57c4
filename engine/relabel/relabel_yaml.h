#pragma once

#include <string>

#include "base/yaml/decode.h"
#include "engine/relabel/relabel.h"

namespace tocsin {

/// Reads one entry of `relabel_configs`; what the action permits is checked by ValidateRelabel() once the name scheme is known.
void DecodeYaml(yaml::Decoder& decoder, const yaml::Node& node, RelabelConfig* out);
std::string GoTypeName(const RelabelConfig*);

}  // namespace tocsin
