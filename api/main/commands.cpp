#include "api/main/commands.h"

#include <cstdio>

#include "api/main/server_flags.h"

namespace tocsin {
namespace {

struct Command {
  std::string_view path;
  int (*run)(const CommandLine& line);
};

constexpr Command kCommands[] = {
    {"serve", &Serve},
    {"check config", &CheckConfig},
    {"check rules", &CheckRules},
    {"check metrics", &CheckMetrics},
    {"check web-config", &CheckWebConfig},
    {"check service-discovery", &CheckServiceDiscovery},
    {"check healthy", &CheckHealthy},
    {"check ready", &CheckReady},
    {"test rules", &TestRules},
    {"test promql", &TestPromql},
    {"promql format", &PromqlFormat},
    {"promql label-matchers set", &PromqlSetMatcher},
    {"promql label-matchers delete", &PromqlDeleteMatcher},
    {"query instant", &QueryInstant},
    {"query range", &QueryRange},
    {"query series", &QuerySeries},
    {"query labels", &QueryLabels},
    {"query analyze", &QueryAnalyze},
    {"push metrics", &PushMetrics},
    {"tsdb analyze", &TsdbAnalyze},
    {"tsdb dump", &TsdbDump},
    {"tsdb dump-openmetrics", &TsdbDumpOpenMetrics},
    {"tsdb list", &TsdbList},
    {"tsdb bench write", &TsdbBlocksOnly},
    {"tsdb create-blocks-from openmetrics", &TsdbBlocksOnly},
    {"tsdb create-blocks-from rules", &TsdbBlocksOnly},
    {"debug pprof", &DebugPprof},
    {"debug metrics", &DebugMetrics},
    {"debug all", &DebugAll},
};

}  // namespace

promql::LanguageFeatures ToolFeatures(const CommandLine& line) {
  FlagValues values;
  values["enable-feature"] = line.All("enable-feature");
  const absl::StatusOr<ServerFlags> flags = ReadServerFlags(values);
  if (!flags.ok()) {
    return {};
  }
  for (const std::string& unknown : flags->features.unknown) {
    std::printf("  WARNING: Unknown feature passed to --enable-feature: %s", unknown.c_str());
  }
  return flags->features.language;
}

int RunCommandLine(int argc, char** argv) {
  int exit_code = 0;
  const CommandLine line = ParseCommandLine(argc, argv, &exit_code);
  if (exit_code >= 0) {
    return exit_code;
  }
  for (const Command& command : kCommands) {
    if (command.path == line.command) {
      return command.run(line);
    }
  }
  std::fprintf(stderr, "tocsin: error: command %s is not available\n", line.command.c_str());
  return 1;
}

}  // namespace tocsin
