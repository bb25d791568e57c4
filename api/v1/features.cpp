#include "api/v1/features.h"

#include <array>
#include <map>
#include <string_view>

#include "base/json/writer.h"
#include "promql/ast.h"

namespace tocsin::api {
namespace {

using Category = std::map<std::string, bool, std::less<>>;

constexpr std::array kFunctionNames = {"abs",
                                       "absent",
                                       "absent_over_time",
                                       "acos",
                                       "acosh",
                                       "asin",
                                       "asinh",
                                       "atan",
                                       "atanh",
                                       "avg_over_time",
                                       "ceil",
                                       "changes",
                                       "clamp",
                                       "clamp_max",
                                       "clamp_min",
                                       "cos",
                                       "cosh",
                                       "count_over_time",
                                       "day_of_month",
                                       "day_of_week",
                                       "day_of_year",
                                       "days_in_month",
                                       "deg",
                                       "delta",
                                       "deriv",
                                       "double_exponential_smoothing",
                                       "end",
                                       "exp",
                                       "first_over_time",
                                       "floor",
                                       "histogram_avg",
                                       "histogram_count",
                                       "histogram_fraction",
                                       "histogram_quantile",
                                       "histogram_quantiles",
                                       "histogram_stddev",
                                       "histogram_stdvar",
                                       "histogram_sum",
                                       "hour",
                                       "idelta",
                                       "increase",
                                       "info",
                                       "irate",
                                       "label_join",
                                       "label_replace",
                                       "last_over_time",
                                       "ln",
                                       "log10",
                                       "log2",
                                       "mad_over_time",
                                       "max_of",
                                       "max_over_time",
                                       "min_of",
                                       "min_over_time",
                                       "minute",
                                       "month",
                                       "pi",
                                       "predict_linear",
                                       "present_over_time",
                                       "quantile_over_time",
                                       "rad",
                                       "range",
                                       "rate",
                                       "resets",
                                       "round",
                                       "scalar",
                                       "sgn",
                                       "sin",
                                       "sinh",
                                       "sort",
                                       "sort_by_label",
                                       "sort_by_label_desc",
                                       "sort_desc",
                                       "sqrt",
                                       "start",
                                       "start_timestamp",
                                       "stddev_over_time",
                                       "stdvar_over_time",
                                       "step",
                                       "sum_over_time",
                                       "tan",
                                       "tanh",
                                       "time",
                                       "timestamp",
                                       "ts_of_first_over_time",
                                       "ts_of_last_over_time",
                                       "ts_of_max_over_time",
                                       "ts_of_min_over_time",
                                       "vector",
                                       "year"};

constexpr std::array kOperators = {"!=",           "!~",    "%",   "*",   "+",  "-",        "/",      "<",      "</",  "<=",      "==",
                                   "=~",           ">",     ">/",  ">=",  "@",  "^",        "and",    "atan2",  "avg", "bottomk", "count",
                                   "count_values", "group", "max", "min", "or", "quantile", "stddev", "stdvar", "sum", "topk",    "unless"};

constexpr std::array kTemplateFunctions = {"args",
                                           "externalURL",
                                           "first",
                                           "graphLink",
                                           "humanize",
                                           "humanize1024",
                                           "humanizeDuration",
                                           "humanizePercentage",
                                           "humanizeTimestamp",
                                           "label",
                                           "match",
                                           "now",
                                           "parseDuration",
                                           "pathPrefix",
                                           "query",
                                           "reReplaceAll",
                                           "safeHtml",
                                           "sortByLabel",
                                           "stripDomain",
                                           "stripPort",
                                           "strvalue",
                                           "tableLink",
                                           "title",
                                           "toDuration",
                                           "toLower",
                                           "toTime",
                                           "toUpper",
                                           "urlQueryEscape",
                                           "value"};

template <typename Names>
Category All(const Names& names) {
  Category category;
  for (const char* name : names) {
    category[name] = true;
  }
  return category;
}

Category ApiCategory(const FeatureSwitches& switches) {
  return {{"admin", switches.admin_api},
          {"exclude_alerts", true},
          {"label_values_match", true},
          {"lifecycle", switches.lifecycle},
          {"openapi_3.1", true},
          {"openapi_3.2", true},
          {"otlp_write_receiver", switches.otlp_receiver},
          {"query_stats", true},
          {"query_warnings", true},
          {"remote_write_receiver", switches.remote_write_receiver},
          {"search", switches.search},
          {"search_fuzz_alg_jarowinkler", true},
          {"search_fuzz_alg_subsequence", true},
          {"time_range_labels", true},
          {"time_range_series", true}};
}

Category LanguageCategory(const promql::LanguageFeatures& language) {
  Category category = All(std::array{"at_modifier", "bool", "by", "duration_expr", "group_left", "group_right", "ignoring",
                                     "negative_offset", "offset", "on", "per_query_lookback_delta", "subqueries", "without"});
  for (const char* name : {"anchored", "smoothed"}) {
    category[name] = language.extended_range_selectors;
  }
  for (const char* name : {"fill", "fill_left", "fill_right"}) {
    category[name] = language.fill_modifiers;
  }
  category["delayed_name_removal"] = language.delayed_name_removal;
  category["per_step_stats"] = language.per_step_stats;
  category["type_and_unit_labels"] = language.type_and_unit_labels;
  return category;
}

Category FunctionCategory(const promql::LanguageFeatures& language) {
  Category category;
  for (const char* name : kFunctionNames) {
    const promql::Function* function = promql::FindFunction(name);
    category[name] = function != nullptr && (!function->experimental || language.experimental_functions);
  }
  return category;
}

}  // namespace

std::string FeaturesJson(const FeatureSwitches& switches) {
  const promql::LanguageFeatures& language = switches.language;
  std::map<std::string, Category> categories;
  categories["api"] = ApiCategory(switches);
  categories["otlp_receiver"] = {{"delta_conversion", switches.otlp_delta_conversion},
                                 {"native_delta_ingestion", switches.otlp_native_delta}};
  categories["prometheus"] = {
      {"agent_mode", false}, {"auto_reload_config", switches.auto_reload}, {"server_mode", true}, {"stringlabels", true}};
  categories["promql"] = LanguageCategory(language);
  categories["promql_functions"] = FunctionCategory(language);
  categories["promql_operators"] = All(kOperators);
  categories["promql_operators"]["limitk"] = language.experimental_functions;
  categories["promql_operators"]["limit_ratio"] = language.experimental_functions;
  categories["rules"] = {{"concurrent_rule_eval", switches.concurrent_rule_eval}, {"keep_firing_for", true}, {"query_offset", true}};
  categories["scrape"] = {{"extra_scrape_metrics", true},
                          {"start_timestamp_zero_ingestion", switches.start_zero_samples},
                          {"type_and_unit_labels", language.type_and_unit_labels}};
  // Only those that find targets here; the others are accepted in the configuration and find none.
  categories["service_discovery_providers"] = All(std::array{"dns", "file", "http", "kubernetes", "static"});
  categories["templating_functions"] = All(kTemplateFunctions);
  categories["tsdb"] = {{"exemplar_storage", switches.exemplar_storage},
                        {"isolation", true},
                        {"native_histograms", true},
                        {"st_storage", switches.start_timestamps}};
  categories["ui"] = {{"ui_v2", false}, {"ui_v3", false}};

  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  for (const auto& [name, features] : categories) {
    json.Key(name);
    json.BeginObject();
    for (const auto& [feature, enabled] : features) {
      json.PlainKey(feature);  // operators such as >= stay readable
      json.Bool(enabled);
    }
    json.EndObject();
  }
  json.EndObject();
  return out;
}

}  // namespace tocsin::api
