#include "engine/scrape/target.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "base/http_client/oauth2.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/quote.h"
#include "engine/relabel/relabel.h"

namespace tocsin {
namespace {

constexpr std::string_view kJobLabel = "job";
constexpr std::string_view kInstanceLabel = "instance";
constexpr std::string_view kAddressLabel = "__address__";
constexpr std::string_view kSchemeLabel = "__scheme__";
constexpr std::string_view kMetricsPathLabel = "__metrics_path__";
constexpr std::string_view kScrapeIntervalLabel = "__scrape_interval__";
constexpr std::string_view kScrapeTimeoutLabel = "__scrape_timeout__";
constexpr std::string_view kParamPrefix = "__param_";
constexpr std::string_view kMetaPrefix = "__meta_";
constexpr std::string_view kUnixSocketLabel = "__unix_socket__";
constexpr std::string_view kNhcbLabel = "__convert_classic_histograms_to_nhcb__";
constexpr std::string_view kClassicLabel = "__always_scrape_classic_histograms__";
constexpr std::string_view kNativeLabel = "__scrape_native_histograms__";

std::string_view BoolText(std::optional<bool> flag) { return flag.value_or(false) ? "true" : "false"; }

/// Go's strconv.ParseBool.
std::optional<bool> ParseGoBool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == yes) {
      return true;
    }
  }
  for (const std::string_view no : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == no) {
      return false;
    }
  }
  return std::nullopt;
}

void SetDiscovered(const TargetGroup& group, size_t index, const ScrapeConfig& config, LabelsBuilder* labels) {
  labels->Reset(group.labels);
  for (const Label label : group.targets[index]) {
    labels->Set(label.name, label.value);
  }
  const auto set_default = [&](std::string_view name, std::string_view value) {
    if (labels->Get(name).empty()) {
      labels->Set(name, value);
    }
  };
  set_default(kJobLabel, config.job_name);
  set_default(kScrapeIntervalLabel, FormatDuration(config.scrape_interval_ms));
  set_default(kScrapeTimeoutLabel, FormatDuration(config.scrape_timeout_ms));
  set_default(kMetricsPathLabel, config.metrics_path);
  set_default(kSchemeLabel, config.scheme);
  set_default(kNhcbLabel, BoolText(config.convert_classic_histograms_to_nhcb));
  set_default(kClassicLabel, BoolText(config.always_scrape_classic_histograms));
  set_default(kNativeLabel, BoolText(config.scrape_native_histograms));
  for (const auto& [name, values] : config.params) {
    if (!values.empty()) {
      set_default(Cat(kParamPrefix, name), values[0]);
    }
  }
}

/// Go's URL.EscapedPath for a path that is not encoded.
std::string EscapePath(std::string_view path) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out = path.starts_with('/') ? "" : "/";
  for (const char c : path) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || std::string_view("-_.~$&+,/:;=@").find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

std::string TargetUrl(const Labels& labels, const ScrapeConfig& config) {
  std::map<std::string, std::vector<std::string>> params = config.params;
  for (const Label label : labels) {
    if (!label.name.starts_with(kParamPrefix)) {
      continue;
    }
    std::vector<std::string>& values = params[std::string(label.name.substr(kParamPrefix.size()))];
    values.resize(std::max<size_t>(values.size(), 1));
    values[0] = label.value;
  }
  std::string query;
  for (const auto& [name, values] : params) {
    for (const std::string& value : values) {
      Append(&query, query.empty() ? "?" : "&", FormEscape(name), "=", FormEscape(value));
    }
  }
  std::string_view host = labels.Get(kAddressLabel);
  if (host.empty()) {
    host = "localhost";
  }
  return Cat(labels.Get(kSchemeLabel), "://", host, EscapePath(labels.Get(kMetricsPathLabel)), query);
}

absl::StatusOr<DurationMs> DurationLabel(const LabelsBuilder& labels, std::string_view name, std::string_view what) {
  const absl::StatusOr<DurationMs> duration = ParseDuration(labels.Get(name));
  if (!duration.ok()) {
    return absl::InvalidArgumentError(av(Cat("error parsing scrape ", what, ": ", Message(duration.status()))));
  }
  if (*duration == 0) {
    return absl::InvalidArgumentError(av(Cat("scrape ", what, " cannot be 0")));
  }
  return *duration;
}

absl::StatusOr<bool> BoolLabel(const LabelsBuilder& labels, std::string_view name, std::string_view what) {
  const std::string_view text = labels.Get(name);
  if (text.empty()) {
    return false;
  }
  const std::optional<bool> flag = ParseGoBool(text);
  if (!flag.has_value()) {
    return absl::InvalidArgumentError(av(Cat("error parsing ", what, ": strconv.ParseBool: parsing ", GoQuoted(text), ": invalid syntax")));
  }
  return *flag;
}

absl::Status CheckAddress(const LabelsBuilder& labels) {
  const std::string_view address = labels.Get(kAddressLabel);
  if (address.empty()) {
    return absl::InvalidArgumentError("no address");
  }
  if (address.find('/') != std::string_view::npos) {
    return absl::InvalidArgumentError(av(Cat(GoQuoted(address), " is not a valid hostname")));
  }
  return absl::OkStatus();
}

}  // namespace

Labels DiscoveredLabels(const TargetGroup& group, size_t index, const ScrapeConfig& config) {
  LabelsBuilder labels;
  SetDiscovered(group, index, config, &labels);
  return labels.Build();
}

absl::StatusOr<std::optional<Target>> MakeTarget(TargetGroupPtr group, size_t index, const ScrapeConfig& config) {
  LabelsBuilder labels;
  SetDiscovered(*group, index, config, &labels);
  if (!Relabel(config.relabel_configs, &labels)) {
    return std::nullopt;
  }
  RETURN_IF_ERROR(CheckAddress(labels));
  Target target;
  ASSIGN_OR_RETURN(target.interval_ms, DurationLabel(labels, kScrapeIntervalLabel, "interval"));
  ASSIGN_OR_RETURN(target.timeout_ms, DurationLabel(labels, kScrapeTimeoutLabel, "timeout"));
  if (target.timeout_ms > target.interval_ms) {
    return absl::InvalidArgumentError(
        av(Cat("scrape timeout cannot be greater than scrape interval (", GoQuoted(labels.Get(kScrapeTimeoutLabel)), " > ",
               GoQuoted(labels.Get(kScrapeIntervalLabel)), ")")));
  }
  ASSIGN_OR_RETURN(target.convert_to_nhcb, BoolLabel(labels, kNhcbLabel, "convert classic histograms to nhcb"));
  ASSIGN_OR_RETURN(target.classic_histograms, BoolLabel(labels, kClassicLabel, "always scrape classic histograms"));
  ASSIGN_OR_RETURN(target.native_histograms, BoolLabel(labels, kNativeLabel, "scrape native histograms"));
  if (labels.Get(kInstanceLabel).empty()) {
    labels.Set(kInstanceLabel, std::string(labels.Get(kAddressLabel)));
  }
  std::vector<std::pair<std::string, std::string>> all;
  std::vector<std::pair<std::string, std::string>> shown;
  for (const auto& [name, value] : labels.pairs()) {
    if (name.starts_with(kMetaPrefix)) {
      continue;
    }
    if (!IsValidUtf8(value)) {
      return absl::InvalidArgumentError(av(Cat("invalid label value for ", GoQuoted(name), ": ", GoQuoted(value))));
    }
    all.emplace_back(name, value);
    if (!name.starts_with("__")) {
      shown.emplace_back(name, value);
    }
  }
  target.group = std::move(group);
  target.index = index;
  target.labels = Labels::FromPairs(std::move(all));
  target.public_labels = Labels::FromPairs(std::move(shown));
  target.unix_socket = target.labels.Get(kUnixSocketLabel);
  target.url = TargetUrl(target.labels, config);
  return std::optional<Target>(std::move(target));
}

}  // namespace tocsin
