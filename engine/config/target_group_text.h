#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/config/target_group.h"

namespace tocsin {

/// Lists of target groups as file_sd and http_sd read them: [{"targets": ["host:port"], "labels": {"name": "value"}}]. Unknown fields, null
/// groups and invalid label names are errors with upstream's texts. Sources are left empty.
absl::StatusOr<std::vector<TargetGroup>> ParseTargetGroupsJson(std::string_view text);

/// `file` stands in front of the errors, with line and column.
absl::StatusOr<std::vector<TargetGroup>> ParseTargetGroupsYaml(std::string_view text, std::string_view file);

/// By the ending of the path: .json, else YAML.
absl::StatusOr<std::vector<TargetGroup>> ReadTargetGroupFile(const std::string& path);

}  // namespace tocsin
