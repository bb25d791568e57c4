#include "engine/scrape/sample_labels.h"

#include <algorithm>
#include <vector>

#include "base/status.h"
#include "base/strings.h"
#include "base/text/quote.h"
#include "engine/relabel/relabel.h"

namespace tocsin {
namespace {

constexpr std::string_view kExportedPrefix = "exported_";
constexpr size_t kShownNameBytes = 50;

/// An exposed label without a value is honored too: the series has none of that name then.
void AddMissingTargetLabels(const Labels& target_labels, const LabelPairs& exposed, LabelsBuilder* labels) {
  for (const Label label : target_labels) {
    if (std::none_of(exposed.begin(), exposed.end(), [&](const auto& pair) { return pair.first == label.name; })) {
      labels->Set(label.name, label.value);
    }
  }
}

void AddTargetLabels(const Labels& target_labels, LabelsBuilder* labels) {
  std::vector<std::pair<std::string, std::string>> conflicts;
  for (const Label label : target_labels) {
    const std::string_view exposed = labels->Get(label.name);
    if (!exposed.empty()) {
      conflicts.emplace_back(label.name, exposed);
    }
    labels->Set(label.name, label.value);
  }
  std::stable_sort(conflicts.begin(), conflicts.end(), [](const auto& a, const auto& b) { return a.first.size() < b.first.size(); });
  for (const auto& [name, value] : conflicts) {
    std::string free_name = Cat(kExportedPrefix, name);
    while (!labels->Get(free_name).empty()) {
      free_name = Cat(kExportedPrefix, free_name);
    }
    labels->Set(free_name, value);
  }
}

std::string_view Shown(std::string_view text) { return text.substr(0, kShownNameBytes); }

absl::Status CheckLimits(const Labels& labels, const ScrapeLimits& limits) {
  const std::string_view metric = Shown(labels.metric_name());
  if (limits.labels > 0 && labels.size() > limits.labels) {
    return absl::ResourceExhaustedError(
        av(Cat("label_limit exceeded (metric: ", metric, ", number of labels: ", labels.size(), ", limit: ", limits.labels, ")")));
  }
  if (limits.label_name_length == 0 && limits.label_value_length == 0) {
    return absl::OkStatus();
  }
  for (const Label label : labels) {
    if (limits.label_name_length > 0 && label.name.size() > limits.label_name_length) {
      return absl::ResourceExhaustedError(av(Cat("label_name_length_limit exceeded (metric: ", metric, ", label name: ", Shown(label.name),
                                                 ", length: ", label.name.size(), ", limit: ", limits.label_name_length, ")")));
    }
    if (limits.label_value_length > 0 && label.value.size() > limits.label_value_length) {
      return absl::ResourceExhaustedError(av(Cat("label_value_length_limit exceeded (metric: ", metric, ", label name: ", Shown(label.name),
                                                 ", value: ", GoQuoted(Shown(label.value)), ", length: ", label.value.size(),
                                                 ", limit: ", limits.label_value_length, ")")));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNames(const Labels& labels, NameScheme scheme) {
  if (labels.metric_name().empty()) {
    return absl::InvalidArgumentError("missing metric name (__name__ label)");
  }
  bool valid = IsValidMetricName(scheme, labels.metric_name());
  for (const Label label : labels) {
    valid = valid && (label.name == kMetricName || IsValidLabelName(scheme, label.name)) && IsValidUtf8(label.value);
  }
  return valid ? absl::OkStatus() : absl::InvalidArgumentError(av(Cat("invalid metric name or label names: ", labels.ToString())));
}

/// The name of a label that is there twice with a value, or "".
std::string_view FindTwice(const LabelPairs& pairs) {
  std::vector<std::string_view> names;
  names.reserve(pairs.size());
  for (const auto& [name, value] : pairs) {
    names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  const auto found = std::adjacent_find(names.begin(), names.end());
  return found == names.end() ? std::string_view() : *found;
}

}  // namespace

absl::StatusOr<SeriesLabels> MakeSeriesLabels(const LabelPairs& exposed, const Labels& target_labels, const ScrapeConfig& config,
                                              bool* limit_exceeded) {
  LabelsBuilder builder;
  for (const auto& [name, value] : exposed) {
    builder.Set(name, value);
  }
  if (config.honor_labels) {
    AddMissingTargetLabels(target_labels, exposed, &builder);
  } else {
    AddTargetLabels(target_labels, &builder);
  }
  SeriesLabels made;
  if (!Relabel(config.metric_relabel_configs, &builder)) {
    made.dropped = true;
    return made;
  }
  made.labels = builder.Build();
  if (made.labels.empty()) {
    made.dropped = true;
    return made;
  }
  RETURN_IF_ERROR(CheckNames(made.labels, config.name_validation_scheme));
  if (absl::Status status = CheckLimits(made.labels, config.limits); !status.ok()) {
    *limit_exceeded = true;
    return status;
  }
  if (const std::string_view twice = FindTwice(exposed); !twice.empty() && made.labels.Has(twice)) {
    return absl::InvalidArgumentError(av(Cat("label name \"", twice, "\" is not unique: invalid sample")));
  }
  return made;
}

}  // namespace tocsin
