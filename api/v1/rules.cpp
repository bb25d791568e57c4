// /rules, /alerts

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "absl/strings/ascii.h"
#include "api/v1/api.h"
#include "api/v1/parameters.h"
#include "base/json/writer.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "base/text/time_text.h"

namespace tocsin::api {
namespace {

using rules::AlertStatus;
using rules::GroupStatus;
using rules::RuleStatus;

void WriteTime(std::string_view key, std::optional<TimestampMs> time, JsonWriter* json) {
  json->Field(key, FormatRfc3339Nano(time.value_or(kGoZeroTimeMs)));
}

void WriteAlert(const AlertStatus& alert, JsonWriter* json) {
  json->BeginObject();
  json->Key("labels");
  json->LabelSet(alert.labels);
  json->Key("annotations");
  json->LabelSet(alert.annotations);
  json->Field("state", rules::AlertStateText(alert.state));
  WriteTime("activeAt", alert.active_at, json);
  if (alert.keep_firing_since.has_value()) {
    WriteTime("keepFiringSince", alert.keep_firing_since, json);
  }
  json->Field("value", GoFloat(alert.value, 'e'));
  json->EndObject();
}

/// What this program says beyond upstream: messages of the last evaluation, and selectors that found nothing.
void WriteRuleDetails(const RuleStatus& rule, JsonWriter* json) {
  const auto texts = [json](std::string_view key, const std::vector<std::string>& values) {
    if (!values.empty()) {
      json->Key(key);
      json->BeginArray();
      for (const std::string& value : values) {
        json->String(value);
      }
      json->EndArray();
    }
  };
  texts("warnings", rule.warnings);
  texts("infos", rule.infos);
  if (!rule.no_input) {
    return;
  }
  json->Key("noInput");
  json->BeginArray();
  for (const rules::SelectorStatus& selector : rule.selectors) {
    json->BeginObject();
    json->Field("selector", selector.selector);
    json->Key("matchedSeries");
    json->Int(selector.matched_series);
    texts("didYouMean", selector.did_you_mean);
    json->EndObject();
  }
  json->EndArray();
}

void WriteRule(const RuleStatus& rule, bool exclude_alerts, JsonWriter* json) {
  json->BeginObject();
  if (rule.alerting) {
    json->Field("state", rules::AlertStateText(rule.state));
  }
  json->Field("name", rule.name);
  json->Field("query", rule.query);
  if (rule.alerting) {
    json->Key("duration");
    json->Float(static_cast<double>(rule.duration_ms) / 1000);
    json->Key("keepFiringFor");
    json->Float(static_cast<double>(rule.keep_firing_for_ms) / 1000);
  }
  json->Key("labels");
  json->LabelSet(rule.labels);
  if (rule.alerting) {
    json->Key("annotations");
    json->LabelSet(rule.annotations);
    json->Key("alerts");
    if (exclude_alerts) {
      json->Null();
    } else {
      json->BeginArray();
      for (const AlertStatus& alert : rule.alerts) {
        WriteAlert(alert, json);
      }
      json->EndArray();
    }
  }
  json->Field("health", rules::RuleHealthText(rule.health));
  if (!rule.last_error.empty()) {
    json->Field("lastError", rule.last_error);
  }
  json->Key("evaluationTime");
  json->Float(rule.evaluation_seconds);
  WriteTime("lastEvaluation", rule.last_evaluation, json);
  json->Field("type", rule.alerting ? "alerting" : "recording");
  WriteRuleDetails(rule, json);
  json->EndObject();
}

struct RulesFilter {
  bool alerting = true;
  bool recording = true;
  bool exclude_alerts = false;
  std::vector<std::string_view> rule_names;
  std::vector<std::string_view> group_names;
  std::vector<std::string_view> files;
  MatcherSets matchers;
  int64_t group_limit = 0;  // 0: none
  std::string_view next_token;
};

bool AcceptsName(const std::vector<std::string_view>& names, std::string_view name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

/// One set of matchers must hold for the labels as they are written in the rule.
bool AcceptsLabels(const MatcherSets& sets, const Labels& labels) {
  return sets.empty() || std::any_of(sets.begin(), sets.end(), [&](const std::vector<Matcher>& matchers) {
           return std::all_of(matchers.begin(), matchers.end(),
                              [&](const Matcher& matcher) { return matcher.Matches(labels.Get(matcher.name())); });
         });
}

bool Accepts(const RulesFilter& filter, const RuleStatus& rule) {
  return (rule.alerting ? filter.alerting : filter.recording) && AcceptsName(filter.rule_names, rule.name) &&
         AcceptsLabels(filter.matchers, rule.labels);
}

/// Names a group to the next request of a paged listing: the SHA-256 of "file;name".
std::string GroupToken(const GroupStatus& group) {
  const std::string text = Cat(group.file, ";", group.name);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    constexpr char kDigits[] = "0123456789abcdef";
    out.push_back(kDigits[digest[i] >> 4]);
    out.push_back(kDigits[digest[i] & 15]);
  }
  return out;
}

std::optional<Result> ReadPaging(const http::Request& request, RulesFilter* filter) {
  const std::string_view limit = request.query.Get("group_limit");
  filter->next_token = request.query.Get("group_next_token");
  if (!filter->next_token.empty() && limit.empty()) {
    return InvalidParameter("group_next_token", "group_limit needs to be present in order to paginate over the groups");
  }
  if (limit.empty()) {
    return std::nullopt;
  }
  absl::StatusOr<int64_t> groups = ParseInteger(limit, "ParseInt");
  if (groups.ok() && (*groups > INT32_MAX || *groups < INT32_MIN)) {
    groups = absl::InvalidArgumentError(Cat("strconv.ParseInt: parsing ", GoQuoted(limit), ": value out of range"));
  }
  if (!groups.ok()) {
    return InvalidParameter("group_limit", Cat("group_limit needs to be a valid number: ", Message(groups.status())));
  }
  if (*groups <= 0) {
    return InvalidParameter("group_limit", "group_limit needs to be greater than 0");
  }
  filter->group_limit = *groups;
  return std::nullopt;
}

std::optional<Result> ReadFilter(const http::Request& request, RulesFilter* filter) {
  if (!request.form_error.empty()) {
    return BadData(Cat("error parsing form values: ", request.form_error));
  }
  filter->rule_names = request.form.All("rule_name[]");
  filter->group_names = request.form.All("rule_group[]");
  filter->files = request.form.All("file[]");
  absl::StatusOr<MatcherSets> matchers = MatchersParameter(request);
  if (!matchers.ok()) {
    return BadData(Message(matchers.status()));
  }
  filter->matchers = *std::move(matchers);
  const std::string type = absl::AsciiStrToLower(av(request.query.Get("type")));
  if (!type.empty() && type != "alert" && type != "record") {
    return InvalidParameter("type", Cat("not supported value ", GoQuoted(type)));
  }
  filter->alerting = type != "record";
  filter->recording = type != "alert";
  if (const std::string exclude = absl::AsciiStrToLower(av(request.query.Get("exclude_alerts"))); !exclude.empty()) {
    const absl::StatusOr<bool> parsed = ParseBool(exclude);
    if (!parsed.ok()) {
      return InvalidParameter("exclude_alerts", Cat("error converting exclude_alerts: ", Message(parsed.status())));
    }
    filter->exclude_alerts = *parsed;
  }
  return ReadPaging(request, filter);
}

void WriteGroup(const GroupStatus& group, const std::vector<const RuleStatus*>& shown, bool exclude_alerts, JsonWriter* json) {
  json->BeginObject();
  json->Field("name", group.name);
  json->Field("file", group.file);
  json->Key("rules");
  json->BeginArray();
  for (const RuleStatus* rule : shown) {
    WriteRule(*rule, exclude_alerts, json);
  }
  json->EndArray();
  json->Key("interval");
  json->Float(static_cast<double>(group.interval_ms) / 1000);
  json->Key("limit");
  json->Int(group.limit);
  json->Key("evaluationTime");
  json->Float(group.evaluation_seconds);
  WriteTime("lastEvaluation", group.last_evaluation, json);
  json->EndObject();
}

void WriteFailedFiles(const std::vector<rules::RuleFileError>& files, JsonWriter* json) {
  if (files.empty()) {
    return;
  }
  json->Key("failedFiles");
  json->BeginArray();
  for (const rules::RuleFileError& file : files) {
    json->BeginObject();
    json->Field("file", file.file);
    json->Key("errors");
    json->BeginArray();
    for (const std::string& error : file.errors) {
      json->String(error);
    }
    json->EndArray();
    json->Key("lastGoodInUse");
    json->Bool(file.last_good_in_use);
    json->EndObject();
  }
  json->EndArray();
}

Result Rules(const Sources& sources, const http::Request& request) {
  RulesFilter filter;
  if (std::optional<Result> failure = ReadFilter(request, &filter)) {
    return *std::move(failure);
  }
  const rules::RulesStatus status = sources.rules();
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  json.Key("groups");
  json.BeginArray();
  bool token_found = filter.next_token.empty();
  int64_t written = 0;
  std::string next_token;
  for (const GroupStatus& group : status.groups) {
    token_found = token_found || GroupToken(group) == filter.next_token;
    if (!token_found || !AcceptsName(filter.group_names, group.name) || !AcceptsName(filter.files, group.file)) {
      continue;
    }
    std::vector<const RuleStatus*> shown;
    for (const RuleStatus& rule : group.rules) {
      if (Accepts(filter, rule)) {
        shown.push_back(&rule);
      }
    }
    if (shown.empty()) {
      continue;
    }
    if (filter.group_limit > 0 && written == filter.group_limit) {
      next_token = GroupToken(group);
      break;
    }
    WriteGroup(group, shown, filter.exclude_alerts, &json);
    ++written;
  }
  if (!token_found) {
    return InvalidParameter("group_next_token", Cat("invalid group_next_token '", filter.next_token, "'. were rule groups changed?"));
  }
  json.EndArray();
  if (!next_token.empty()) {
    json.Field("groupNextToken", next_token);
  }
  WriteFailedFiles(status.failed_files, &json);
  json.EndObject();
  return result;
}

Result Alerts(const Sources& sources) {
  const rules::RulesStatus status = sources.rules();
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  json.Key("alerts");
  json.BeginArray();
  for (const GroupStatus& group : status.groups) {
    for (const RuleStatus& rule : group.rules) {
      for (const AlertStatus& alert : rule.alerts) {
        WriteAlert(alert, &json);
      }
    }
  }
  json.EndArray();
  json.EndObject();
  return result;
}

}  // namespace

void RegisterRules(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET", "/rules", [&sources](const http::Request& request) { return Rules(sources, request); });
  registrar->Add("GET", "/alerts", [&sources](const http::Request&) { return Alerts(sources); });
}

}  // namespace tocsin::api
