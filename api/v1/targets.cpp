// /targets, /targets/metadata, /targets/relabel_steps, /scrape_pools, /scrape_pools/config, /metadata

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/ascii.h"
#include "api/v1/api.h"
#include "api/v1/parameters.h"
#include "api/v1/relabel_json.h"
#include "base/json/writer.h"
#include "base/strings.h"
#include "base/text/duration.h"
#include "base/text/time_text.h"
#include "promql/parser.h"

namespace tocsin::api {
namespace {

void WriteActive(const ActiveTarget& target, JsonWriter* json) {
  json->BeginObject();
  json->Key("discoveredLabels");
  json->LabelSet(target.discovered_labels);
  json->Key("labels");
  json->LabelSet(target.labels);
  json->Field("scrapePool", target.scrape_pool);
  json->Field("scrapeUrl", target.scrape_url);
  json->Field("globalUrl", target.global_url);
  json->Field("lastError", target.last_error);
  json->Field("lastScrape", FormatRfc3339Nano(target.last_scrape == 0 ? kGoZeroTimeMs : target.last_scrape));
  json->Key("lastScrapeDuration");
  json->Float(target.last_scrape_duration_seconds);
  json->Field("health", ToString(target.health));
  json->Field("scrapeInterval", FormatDuration(target.scrape_interval_ms));
  json->Field("scrapeTimeout", FormatDuration(target.scrape_timeout_ms));
  if (target.refused_series > 0) {
    json->Key("refusedSeries");
    json->Uint(target.refused_series);
  }
  json->EndObject();
}

void WriteDropped(const DroppedTarget& target, JsonWriter* json) {
  json->BeginObject();
  json->Key("discoveredLabels");
  json->LabelSet(target.discovered_labels);
  json->Field("scrapePool", target.scrape_pool);
  json->Field("droppedBy", target.dropped_by);
  json->EndObject();
}

Result Targets(const Sources& sources, const http::Request& request) {
  const std::string_view pool = request.query.Get("scrapePool");
  const std::string state = absl::AsciiStrToLower(av(request.query.Get("state")));
  const bool any = state.empty() || state == "any";
  const TargetsStatus status = sources.targets();
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  json.Key("activeTargets");
  json.BeginArray();
  for (const ActiveTarget& target : status.active) {
    if ((any || state == "active") && (pool.empty() || target.scrape_pool == pool)) {
      WriteActive(target, &json);
    }
  }
  json.EndArray();
  json.Key("droppedTargets");
  json.BeginArray();
  for (const DroppedTarget& target : status.dropped) {
    if ((any || state == "dropped") && (pool.empty() || target.scrape_pool == pool)) {
      WriteDropped(target, &json);
    }
  }
  json.EndArray();
  json.Key("droppedTargetCounts");
  if (any || state == "dropped") {
    json.BeginObject();
    for (const auto& [name, count] : status.dropped_counts) {
      json.Key(name);
      json.Uint(count);
    }
    json.EndObject();
  } else {
    json.Null();
  }
  json.EndObject();
  return result;
}

/// "limit" and the like: absent is -1.
bool ReadCount(const http::Request& request, std::string_view name, int64_t* count, Result* failure) {
  *count = -1;
  const std::string_view text = request.form.Get(name);
  if (text.empty()) {
    return true;
  }
  const absl::StatusOr<int64_t> parsed = ParseInteger(text);
  if (!parsed.ok()) {
    *failure = BadData(Cat(name, " must be a number"));
    return false;
  }
  *count = *parsed;
  return true;
}

void WriteFamily(const Labels& target, const FamilyMetadata& family, bool with_name, JsonWriter* json) {
  json->BeginObject();
  json->Key("target");
  json->LabelSet(target);
  if (with_name) {
    json->Field("metric", family.family);
  }
  json->Field("type", family.type);
  json->Field("help", family.help);
  json->Field("unit", family.unit);
  json->EndObject();
}

Result TargetsMetadata(const Sources& sources, const http::Request& request) {
  int64_t limit = -1;
  Result failure;
  if (!ReadCount(request, "limit", &limit, &failure)) {
    return failure;
  }
  std::vector<Matcher> matchers;
  if (const std::string_view match_target = request.form.Get("match_target"); !match_target.empty()) {
    absl::StatusOr<std::vector<Matcher>> parsed = promql::ParseMetricSelector(match_target);
    if (!parsed.ok()) {
      return InvalidParameter("match_target", Message(parsed.status()));
    }
    matchers = *std::move(parsed);
  }
  const std::string_view metric = request.form.Get("metric");
  Result result;
  JsonWriter json(&result.data);
  json.BeginArray();
  int64_t written = 0;
  sources.visit_metadata([&](const TargetMetadata& target) {
    const bool matches = std::all_of(matchers.begin(), matchers.end(),
                                     [&](const Matcher& matcher) { return matcher.Matches(target.labels.Get(matcher.name())); });
    if (!matches || (limit >= 0 && written >= limit)) {
      return;
    }
    for (const FamilyMetadata& family : target.families) {
      if (metric.empty() || family.family == metric) {
        WriteFamily(target.labels, family, metric.empty(), &json);
        ++written;
      }
    }
  });
  json.EndArray();
  return result;
}

/// type, help, unit
using FamilyTexts = std::tuple<std::string, std::string, std::string>;

Result Metadata(const Sources& sources, const http::Request& request) {
  int64_t limit = -1;
  int64_t per_metric = -1;
  Result failure;
  if (!ReadCount(request, "limit", &limit, &failure) || !ReadCount(request, "limit_per_metric", &per_metric, &failure)) {
    return failure;
  }
  const std::string_view metric = request.form.Get("metric");
  std::map<std::string, std::set<FamilyTexts>> metrics;
  sources.visit_metadata([&](const TargetMetadata& target) {
    for (const FamilyMetadata& family : target.families) {
      if (!metric.empty() && family.family != metric) {
        continue;
      }
      std::set<FamilyTexts>& texts = metrics[family.family];
      if (per_metric <= 0 || texts.size() < static_cast<size_t>(per_metric)) {
        texts.emplace(family.type, family.help, family.unit);
      }
    }
  });
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  int64_t written = 0;
  for (const auto& [name, texts] : metrics) {
    if (limit >= 0 && written++ >= limit) {
      break;
    }
    json.Key(name);
    json.BeginArray();
    for (const auto& [type, help, unit] : texts) {
      json.BeginObject();
      json.Field("type", type);
      json.Field("unit", unit);
      json.Field("help", help);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  return result;
}

/// The mechanisms in a pool's configuration that this program leaves to http_sd.
std::vector<std::string> ForeignMechanisms(const Sources& sources, const std::string& pool) {
  std::vector<std::string> mechanisms;
  if (const std::shared_ptr<const ScrapeConfig> config = sources.pool_config(pool); config != nullptr) {
    for (const SdConfig& discovery : config->discovery) {
      if (const auto* foreign = std::get_if<ForeignSdConfig>(&discovery)) {
        mechanisms.push_back(foreign->mechanism);
      }
    }
  }
  return mechanisms;
}

/// Beside upstream's list: which pools have mechanisms that find no targets here. The member is there only when there is such a pool.
Result ScrapePools(const Sources& sources) {
  Result result;
  JsonWriter json(&result.data);
  json.BeginObject();
  json.Key("scrapePools");
  json.BeginArray();
  std::map<std::string, std::vector<std::string>> foreign;
  for (const std::string& name : sources.pool_names()) {
    json.String(name);
    if (std::vector<std::string> mechanisms = ForeignMechanisms(sources, name); !mechanisms.empty()) {
      foreign[name] = std::move(mechanisms);
    }
  }
  json.EndArray();
  if (!foreign.empty()) {
    json.Key("unsupportedDiscovery");
    json.BeginObject();
    for (const auto& [name, mechanisms] : foreign) {
      json.Key(name);
      json.BeginArray();
      for (const std::string& mechanism : mechanisms) {
        json.String(mechanism);
      }
      json.EndArray();
    }
    json.EndObject();
  }
  json.EndObject();
  return result;
}

/// The pool's configuration; null with the failure in `*failure`.
std::shared_ptr<const ScrapeConfig> FindPool(const Sources& sources, const http::Request& request, Result* failure) {
  const std::string_view pool = request.form.Get("scrapePool");
  if (pool.empty()) {
    *failure = BadData("no scrapePool parameter provided");
    return nullptr;
  }
  std::shared_ptr<const ScrapeConfig> config = sources.pool_config(pool);
  if (config == nullptr) {
    *failure = BadData(Cat("error retrieving scrape config: scrape pool \"", pool, "\" not found"));
  }
  return config;
}

Result RelabelSteps(const Sources& sources, const http::Request& request) {
  if (!request.form.Get("scrapePool").empty() && request.form.Get("labels").empty()) {
    return BadData("no labels parameter provided");
  }
  Result failure;
  if (request.form.Get("scrapePool").empty()) {
    return BadData("no scrapePool parameter provided");
  }
  const absl::StatusOr<Labels> labels = ParseLabelsJson(request.form.Get("labels"));
  if (!labels.ok()) {
    return BadData(Cat("error parsing labels: ", Message(labels.status())));
  }
  const std::shared_ptr<const ScrapeConfig> config = FindPool(sources, request, &failure);
  if (config == nullptr) {
    return failure;
  }
  Result result;
  JsonWriter json(&result.data);
  WriteRelabelSteps(config->relabel_configs, *labels, &json);
  return result;
}

}  // namespace

void RegisterTargets(const Sources& sources, Registrar* registrar) {
  registrar->Add("GET", "/targets", [&sources](const http::Request& request) { return Targets(sources, request); });
  registrar->Add("GET", "/targets/metadata", [&sources](const http::Request& request) { return TargetsMetadata(sources, request); });
  registrar->Add("GET", "/targets/relabel_steps", [&sources](const http::Request& request) { return RelabelSteps(sources, request); });
  registrar->Add("GET", "/scrape_pools", [&sources](const http::Request&) { return ScrapePools(sources); });
  registrar->Add("GET", "/scrape_pools/config", [&sources](const http::Request& request) {
    Result result;
    if (const std::shared_ptr<const ScrapeConfig> config = FindPool(sources, request, &result)) {
      JsonWriter json(&result.data);
      json.BeginObject();
      json.Field("yaml", sources.print_scrape_config(*config));
      json.EndObject();
    }
    return result;
  });
  registrar->Add("GET", "/metadata", [&sources](const http::Request& request) { return Metadata(sources, request); });
}

}  // namespace tocsin::api
