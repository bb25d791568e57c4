#include "api/v1/openapi_table.h"

#include <array>

namespace tocsin::api {
namespace {

using enum ParameterKind;

constexpr ParameterSpec kQuery = {"query", kText, "PromQL expression.", true};
constexpr ParameterSpec kStart = {"start", kTime, "Start of the time range."};
constexpr ParameterSpec kEnd = {"end", kTime, "End of the time range."};
constexpr ParameterSpec kLimit = {"limit", kInteger, "Most elements of the answer; 0 for all."};
constexpr ParameterSpec kMatch = {"match[]", kTexts, "Series selectors; their union counts."};
constexpr ParameterSpec kTimeout = {"timeout", kDuration, "Longest time of the evaluation."};
constexpr ParameterSpec kLookback = {"lookback_delta", kDuration, "How far back a sample is looked for."};
constexpr ParameterSpec kStats = {"stats", kText, "true or all: with statistics of the query."};

constexpr ParameterSpec kInstantQuery[] = {kQuery, {"time", kTime, "Time of the evaluation."}, kTimeout, kLimit, kLookback, kStats};
constexpr ParameterSpec kRangeQuery[] = {kQuery,
                                         {"start", kTime, "Time of the first step.", true},
                                         {"end", kTime, "Time of the last step.", true},
                                         {"step", kDuration, "Distance of the steps.", true},
                                         kTimeout,
                                         kLimit,
                                         kLookback,
                                         kStats};
constexpr ParameterSpec kExemplars[] = {kQuery, kStart, kEnd};
constexpr ParameterSpec kQueryOnly[] = {kQuery};
constexpr ParameterSpec kSeriesList[] = {{"match[]", kTexts, "Series selectors; their union counts.", true}, kStart, kEnd, kLimit};
constexpr ParameterSpec kLabelList[] = {kMatch, kStart, kEnd, kLimit};
constexpr ParameterSpec kValueList[] = {{":name", kText, "Name of the label.", true}, kMatch, kStart, kEnd, kLimit};

constexpr ParameterSpec kSearch = {"search[]", kTexts, "Texts to look for; one must fit."};
constexpr ParameterSpec kThreshold = {"fuzz_threshold", kInteger, "0 to 100: the least score in percent."};
constexpr ParameterSpec kAlgorithm = {"fuzz_alg", kText, "subsequence or jarowinkler."};
constexpr ParameterSpec kCase = {"case_sensitive", kBool, "Whether capital letters differ."};
constexpr ParameterSpec kSortBy = {"sort_by", kText, "alpha or score."};
constexpr ParameterSpec kSortDirection = {"sort_dir", kText, "asc or dsc, with sort_by=alpha."};
constexpr ParameterSpec kScore = {"include_score", kBool, "With the score of each result."};
constexpr ParameterSpec kBatch = {"batch_size", kInteger, "Results of one line."};
constexpr ParameterSpec kSearchNames[] = {kSearch,        kMatch, kThreshold,
                                          kAlgorithm,     kCase,  kSortBy,
                                          kSortDirection, kScore, {"include_metadata", kBool, "With type, help and unit."},
                                          kStart,         kEnd,   kLimit,
                                          kBatch};
constexpr ParameterSpec kSearchLabels[] = {kSearch,        kMatch, kThreshold, kAlgorithm, kCase,  kSortBy,
                                           kSortDirection, kScore, kStart,     kEnd,       kLimit, kBatch};
constexpr ParameterSpec kSearchValues[] = {{"label", kText, "Name of the label.", true},
                                           kSearch,
                                           kMatch,
                                           kThreshold,
                                           kAlgorithm,
                                           kCase,
                                           kSortBy,
                                           kSortDirection,
                                           kScore,
                                           kStart,
                                           kEnd,
                                           kLimit,
                                           kBatch};

constexpr ParameterSpec kPool = {"scrapePool", kText, "Name of the scrape pool."};
constexpr ParameterSpec kNeededPool = {"scrapePool", kText, "Name of the scrape pool.", true};
constexpr ParameterSpec kTargets[] = {{"state", kText, "active, dropped or any."}, kPool};
constexpr ParameterSpec kTargetsMetadata[] = {
    {"match_target", kText, "Selector of the targets by their labels."}, {"metric", kText, "Name of the metric."}, kLimit};
constexpr ParameterSpec kRelabelSteps[] = {kNeededPool, {"labels", kText, "Labels before relabelling, a JSON object.", true}};
constexpr ParameterSpec kPoolConfig[] = {kNeededPool};
constexpr ParameterSpec kMetadata[] = {
    kLimit, {"limit_per_metric", kInteger, "Most entries of a metric."}, {"metric", kText, "Name of the metric."}};
constexpr ParameterSpec kRules[] = {{"type", kText, "alert or record."},
                                    {"rule_name[]", kTexts, "Names of rules."},
                                    {"rule_group[]", kTexts, "Names of groups."},
                                    {"file[]", kTexts, "Paths of rule files."},
                                    {"match[]", kTexts, "Selectors of the labels written in the rules."},
                                    {"exclude_alerts", kBool, "Without the alerts."},
                                    {"group_limit", kInteger, "Most groups of the answer."},
                                    {"group_next_token", kText, "groupNextToken of the page before."}};
constexpr ParameterSpec kTsdb[] = {{"limit", kInteger, "Rows of each table, 10 without it."}};
constexpr ParameterSpec kSelfMetrics[] = {{"metric_name_pattern", kText, "Regular expression of the names, anchored."}};
constexpr ParameterSpec kDeleteSeries[] = {{"match[]", kTexts, "Series selectors.", true}, kStart, kEnd};
constexpr ParameterSpec kSnapshot[] = {{"skip_head", kBool, "Without the newest samples."}};
constexpr ParameterSpec kOpenApi[] = {{"openapi_version", kText, "3.1 or 3.2."}};

constexpr std::array kEndpoints = std::to_array<EndpointSpec>({
    {"/query", "get post", "query", "Evaluate an instant query", kInstantQuery},
    {"/query_range", "get post", "query", "Evaluate a range query", kRangeQuery},
    {"/query_exemplars", "get post", "query", "Query exemplars", kExemplars},
    {"/format_query", "get post", "query", "Format a query", kQueryOnly},
    {"/parse_query", "get post", "query", "Parse a query", kQueryOnly},
    {"/labels", "get post", "labels", "List label names", kLabelList},
    {"/label/:name/values", "get", "labels", "List the values of a label", kValueList},
    {"/series", "get post", "series", "List series", kSeriesList},
    {"/search/metric_names", "get post", "search", "Search for metric names", kSearchNames, AnswerKind::kLines},
    {"/search/label_names", "get post", "search", "Search for label names", kSearchLabels, AnswerKind::kLines},
    {"/search/label_values", "get post", "search", "Search for values of a label", kSearchValues, AnswerKind::kLines},
    {"/metadata", "get", "metadata", "List the metadata of metrics", kMetadata},
    {"/scrape_pools", "get", "targets", "List scrape pools", {}},
    {"/scrape_pools/config", "get", "targets", "Show the configuration of a scrape pool", kPoolConfig},
    {"/targets", "get", "targets", "List targets", kTargets},
    {"/targets/metadata", "get", "targets", "List the metadata of targets", kTargetsMetadata},
    {"/targets/relabel_steps", "get", "targets", "Show what each relabelling rule does", kRelabelSteps},
    {"/rules", "get", "rules", "List rule groups", kRules},
    {"/alerts", "get", "alerts", "List active alerts", {}},
    {"/alertmanagers", "get", "alerts", "List Alertmanagers", {}},
    {"/status/config", "get", "status", "Show the configuration", {}},
    {"/status/runtimeinfo", "get", "status", "Show the state of the process", {}},
    {"/status/buildinfo", "get", "status", "Show the version", {}},
    {"/status/flags", "get", "status", "Show the flags", {}},
    {"/status/tsdb", "get", "status", "Show the cardinality of the store", kTsdb},
    {"/status/tsdb/blocks", "get", "status", "List blocks", {}},
    {"/status/walreplay", "get", "status", "Show how far the log has been read", {}},
    {"/status/self_metrics", "get", "status", "Show the metrics of the server itself", kSelfMetrics},
    {"/admin/tsdb/delete_series", "post put", "admin", "Delete series", kDeleteSeries, AnswerKind::kNothing},
    {"/admin/tsdb/clean_tombstones", "post put", "admin", "Clean tombstones", {}, AnswerKind::kNothing},
    {"/admin/tsdb/snapshot", "post put", "admin", "Make a snapshot", kSnapshot},
    {"/features", "get", "features", "List features", {}},
    {"/write", "post", "remote", "Remote write", {}, AnswerKind::kProtobufWrite},
    {"/read", "post", "remote", "Remote read", {}, AnswerKind::kProtobufRead},
    {"/otlp/v1/metrics", "post", "otlp", "Take OpenTelemetry metrics", {}, AnswerKind::kOpenTelemetry},
    {"/notifications", "get", "notifications", "List notifications", {}},
    {"/notifications/live", "get", "notifications", "Stream notifications", {}, AnswerKind::kEvents},
    {"/openapi.yaml", "get", "status", "Show this document", kOpenApi, AnswerKind::kYaml},
});

}  // namespace

std::span<const EndpointSpec> EndpointTable() { return kEndpoints; }

}  // namespace tocsin::api
