#include <cstdio>

#include "api/main/commands.h"
#include "api/main/process.h"
#include "api/main/server.h"
#include "api/main/version.h"
#include "base/log.h"
#include "base/strings.h"

namespace tocsin {
namespace {

void LogStart(const ServerFlags& flags) {
  LogInfo("Starting Tocsin", {{"version", TOCSIN_VERSION}, {"answers_as_prometheus", kPrometheusVersion}});
  std::string names;
  for (const std::string& name : flags.without_meaning) {
    Append(&names, names.empty() ? "--" : ", --", name);
  }
  if (!names.empty()) {
    LogWarn("flags of Prometheus without a meaning here are ignored", {{"flags", names}});
  }
  for (const std::string& name : flags.features.unknown) {
    LogWarn("Unknown option for --enable-feature", {{"option", name}});
  }
  for (const std::string& name : flags.features.without_effect) {
    LogWarn("This option for --enable-feature is a no-op", {{"option", name}});
  }
}

}  // namespace

int Serve(const CommandLine& line) {
  const absl::StatusOr<ServerFlags> flags = ReadServerFlags(line.flags);
  if (!flags.ok()) {
    std::fprintf(stderr, "tocsin: error: %s, try --help\n", std::string(Message(flags.status())).c_str());
    return 2;
  }
  if (!line.arguments.empty()) {
    std::fprintf(stderr, "tocsin: error: unexpected %s, try --help\n", line.arguments.front().c_str());
    return 2;
  }
  SetLogging(flags->log_level, flags->log_format);
  BlockSignals();
  RaiseOpenFilesLimit();
  LogStart(*flags);

  const SystemClock clock;
  absl::StatusOr<std::unique_ptr<ProgramServer>> server = ProgramServer::Start(*flags, clock);
  if (!server.ok()) {
    LogError("the server does not start", {{"err", server.status()}});
    return 1;
  }
  LogInfo("Server is ready to receive web requests.");
  while (WaitForSignal() == SignalReceived::kReload) {
    (*server)->Reload().IgnoreError();  // it has logged it
  }
  LogInfo("Received a signal to terminate, exiting gracefully...");
  (*server)->Stop();
  LogInfo("See you next time!");
  return 0;
}

}  // namespace tocsin
