#pragma once

#include "api/main/cli.h"
#include "promql/engine.h"

namespace tocsin {

/// The whole program; returns its exit code: 0, 1 (a failure), 2 (a wrong flag of the server), 3 (fatal lints).
int RunCommandLine(int argc, char** argv);

// Each returns the process's exit code. Texts and codes are promtool's.

/// The server, until it is told to end.
int Serve(const CommandLine& line);

int CheckConfig(const CommandLine& line);
int CheckMetrics(const CommandLine& line);
int CheckRules(const CommandLine& line);
int CheckWebConfig(const CommandLine& line);
int CheckServiceDiscovery(const CommandLine& line);
int CheckHealthy(const CommandLine& line);
int CheckReady(const CommandLine& line);

int TestRules(const CommandLine& line);
int TestPromql(const CommandLine& line);

int PromqlFormat(const CommandLine& line);
int PromqlSetMatcher(const CommandLine& line);
int PromqlDeleteMatcher(const CommandLine& line);

int QueryInstant(const CommandLine& line);
int QueryRange(const CommandLine& line);
int QuerySeries(const CommandLine& line);
int QueryLabels(const CommandLine& line);
int QueryAnalyze(const CommandLine& line);

int PushMetrics(const CommandLine& line);

int TsdbAnalyze(const CommandLine& line);
int TsdbDump(const CommandLine& line);
int TsdbDumpOpenMetrics(const CommandLine& line);
int TsdbList(const CommandLine& line);
/// What upstream has for its blocks alone: says why not.
int TsdbBlocksOnly(const CommandLine& line);

int DebugPprof(const CommandLine& line);
int DebugMetrics(const CommandLine& line);
int DebugAll(const CommandLine& line);

/// The features of PromQL that --enable-feature names; unknown ones are told on standard output.
promql::LanguageFeatures ToolFeatures(const CommandLine& line);

}  // namespace tocsin
