#include "api/main/command_table.h"

#include <array>

namespace tocsin {
namespace {

using enum FlagKind;

constexpr ToolFlag kCheckFlags[] = {{"query.lookback-delta", kDuration}};
constexpr ToolFlag kCheckConfigFlags[] = {
    {"syntax-only", kBool}, {"lint", kText}, {"lint-fatal", kBool}, {"ignore-unknown-fields", kBool}, {"agent", kBool}};
constexpr ToolFlag kCheckRulesFlags[] = {{"lint", kText}, {"lint-fatal", kBool}, {"ignore-unknown-fields", kBool}};
constexpr ToolFlag kCheckMetricsFlags[] = {{"extended", kBool}, {"lint", kText}};
constexpr ToolFlag kCheckServerFlags[] = {{"http.config.file", kText}, {"url", kText}};
constexpr ToolFlag kCheckDiscoveryFlags[] = {{"timeout", kDuration}};

constexpr ToolFlag kQueryFlags[] = {{"format", kText, 'o'}, {"http.config.file", kText}};
constexpr ToolFlag kInstantFlags[] = {{"time", kText}, {"header", kTexts}};
constexpr ToolFlag kRangeFlags[] = {{"header", kTexts}, {"start", kText}, {"end", kText}, {"step", kDuration}};
constexpr ToolFlag kSeriesFlags[] = {{"match", kTexts, 0, true}, {"start", kText}, {"end", kText}};
constexpr ToolFlag kLabelsFlags[] = {{"match", kTexts}, {"start", kText}, {"end", kText}};
constexpr ToolFlag kAnalyzeFlags[] = {
    {"server", kText, 0, true}, {"type", kText, 0, true}, {"duration", kDuration}, {"time", kText}, {"match", kTexts, 0, true}};

constexpr ToolFlag kPushFlags[] = {{"http.config.file", kText}};
constexpr ToolFlag kPushMetricsFlags[] = {
    {"label", kTexts}, {"timeout", kDuration}, {"header", kTexts}, {"protobuf_message", kText}, {"remote-write.path", kText}};

constexpr ToolFlag kTestFlags[] = {{"junit", kText}};
constexpr ToolFlag kTestRulesFlags[] = {
    {"run", kTexts}, {"debug", kBool}, {"diff", kBool}, {"ignore-unknown-fields", kBool}, {"summary", kBool}};

constexpr ToolFlag kTsdbAnalyzeFlags[] = {{"limit", kInteger}, {"extended", kBool}, {"match", kText}};
constexpr ToolFlag kTsdbListFlags[] = {{"human-readable", kBool, 'r'}};
constexpr ToolFlag kTsdbDumpFlags[] = {
    {"sandbox-dir-root", kText}, {"min-time", kInteger}, {"max-time", kInteger}, {"match", kTexts}, {"format", kText}};
constexpr ToolFlag kTsdbDumpOpenMetricsFlags[] = {
    {"sandbox-dir-root", kText}, {"min-time", kInteger}, {"max-time", kInteger}, {"match", kTexts}};
constexpr ToolFlag kTsdbBenchFlags[] = {{"out", kText}, {"metrics", kInteger}, {"scrapes", kInteger}};
constexpr ToolFlag kCreateBlocksFlags[] = {{"human-readable", kBool, 'r'}, {"quiet", kBool, 'q'}};
constexpr ToolFlag kCreateFromTextFlags[] = {{"label", kTexts}};
constexpr ToolFlag kCreateFromRulesFlags[] = {{"http.config.file", kText}, {"url", kText},
                                              {"start", kText, 0, true},   {"end", kText},
                                              {"output-dir", kText},       {"eval-interval", kDuration}};
constexpr ToolFlag kSetMatcherFlags[] = {{"type", kText, 't'}};

constexpr std::array kTools = std::to_array<ToolSpec>({
    {"check", "Check files and servers.", kCheckFlags, 0, 0, true},
    {"check config", "Check configuration files and what they refer to.", kCheckConfigFlags, 1, -1},
    {"check rules", "Check rule files, or standard input.", kCheckRulesFlags, 0, -1},
    {"check metrics", "Check metrics on standard input for consistency and correctness.", kCheckMetricsFlags, 0, 0},
    {"check web-config", "Check web configuration files.", {}, 1, -1},
    {"check service-discovery", "Discover the targets of a job and print them as JSON: FILE JOB.", kCheckDiscoveryFlags, 2, 2},
    {"check healthy", "Ask a server whether it is healthy.", kCheckServerFlags, 0, 0},
    {"check ready", "Ask a server whether it is ready.", kCheckServerFlags, 0, 0},
    {"query", "Ask a server.", kQueryFlags, 0, 0, true},
    {"query instant", "SERVER EXPR", kInstantFlags, 2, 2},
    {"query range", "SERVER EXPR", kRangeFlags, 2, 2},
    {"query series", "SERVER", kSeriesFlags, 1, 1},
    {"query labels", "SERVER NAME", kLabelsFlags, 2, 2},
    {"query analyze", "Usage of the buckets of histograms.", kAnalyzeFlags, 0, 0},
    {"push", "Push to a server.", kPushFlags, 0, 0, true},
    {"push metrics", "Send an exposition by remote write: URL [FILE...]", kPushMetricsFlags, 1, -1},
    {"test", "Run tests.", kTestFlags, 0, 0, true},
    {"test rules", "Unit tests of rules.", kTestRulesFlags, 1, -1},
    {"test promql", "Scripts in the language of Prometheus's promqltest.", {}, 1, -1},
    {"debug", "Collect what helps to find a fault of a server.", {}, 0, 0, true},
    {"debug pprof", "SERVER", {}, 1, 1},
    {"debug metrics", "SERVER", {}, 1, 1},
    {"debug all", "SERVER", {}, 1, 1},
    {"tsdb", "Look at the store of a stopped server.", {}, 0, 0, true},
    {"tsdb analyze", "[FOLDER]", kTsdbAnalyzeFlags, 0, 2},
    {"tsdb list", "[FOLDER]", kTsdbListFlags, 0, 1},
    {"tsdb dump", "[FOLDER]", kTsdbDumpFlags, 0, 1},
    {"tsdb dump-openmetrics", "[FOLDER]", kTsdbDumpOpenMetricsFlags, 0, 1},
    {"tsdb bench", "Benchmarks of the store.", {}, 0, 0, true},
    {"tsdb bench write", "[FILE]", kTsdbBenchFlags, 0, 1},
    {"tsdb create-blocks-from", "Make blocks of other data.", kCreateBlocksFlags, 0, 0, true},
    {"tsdb create-blocks-from openmetrics", "FILE [FOLDER]", kCreateFromTextFlags, 1, 2},
    {"tsdb create-blocks-from rules", "FILE...", kCreateFromRulesFlags, 1, -1},
    {"promql", "Format and edit queries.", {}, 0, 0, true},
    {"promql format", "EXPR", {}, 1, 1},
    {"promql label-matchers", "Edit label matchers.", {}, 0, 0, true},
    {"promql label-matchers set", "EXPR NAME VALUE", kSetMatcherFlags, 3, 3},
    {"promql label-matchers delete", "EXPR NAME", {}, 2, 2},
});

}  // namespace

std::span<const ToolSpec> ToolTable() { return kTools; }

}  // namespace tocsin
