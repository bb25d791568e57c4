#pragma once

#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/json/writer.h"
#include "base/model/labels.h"
#include "engine/relabel/relabel.h"

namespace tocsin::api {

/// {"a":"b",...} with string values only.
absl::StatusOr<Labels> ParseLabelsJson(std::string_view text);

/// {"steps":[{"rule":{...},"output":{...},"keep":true},...]}: one entry a rule; those behind a rule that dropped have no labels.
void WriteRelabelSteps(std::span<const RelabelConfig> rules, const Labels& input, JsonWriter* json);

}  // namespace tocsin::api
