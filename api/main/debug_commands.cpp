// debug pprof, metrics, all

#include <cstdio>
#include <fstream>

#include "api/main/commands.h"
#include "api/main/server_client.h"
#include "api/main/tar_archive.h"
#include "base/secret.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr DurationMs kCollectTimeoutMs = 60 * kSecond;
constexpr const char* kArchive = "debug.tar.gz";

struct DebugFile {
  const char* path;
  const char* name;
};
constexpr DebugFile kMetricsFiles[] = {{"/metrics", "metrics.txt"}};
/// Beyond promtool: what tells most about this server.
constexpr DebugFile kStatusFiles[] = {
    {"/api/v1/status/config", "config.json"}, {"/api/v1/status/flags", "flags.json"}, {"/api/v1/status/runtimeinfo", "runtime.json"},
    {"/api/v1/status/tsdb", "tsdb.json"},     {"/api/v1/targets", "targets.json"},    {"/api/v1/rules", "rules.json"}};

int DebugFailure(std::string_view reason) {
  std::fprintf(stderr, "error completing debug command: %s\n", std::string(reason).c_str());
  return 1;
}

/// Adds what the server has; false when it cannot be reached. What it does not have is left out.
bool Collect(const ServerClient& client, std::span<const DebugFile> files, TarArchive* archive, std::string* error) {
  for (const DebugFile& file : files) {
    std::printf("collecting: %s%s\n", RedactUrl(client.url()).c_str(), file.path);
    const absl::StatusOr<HttpResponse> response = client.Get(file.path, kCollectTimeoutMs);
    if (!response.ok()) {
      *error = Cat("error executing HTTP request: ", Message(response.status()));
      return false;
    }
    if (response->ok()) {
      archive->Add(file.name, response->body);
    }
  }
  return true;
}

int Debug(const CommandLine& line, bool metrics, bool status) {
  const absl::StatusOr<std::unique_ptr<ServerClient>> client = ServerClient::Create(line.arguments[0], line);
  if (!client.ok()) {
    return DebugFailure(Message(client.status()));
  }
  TarArchive archive;
  std::string error;
  if ((metrics && !Collect(**client, kMetricsFiles, &archive, &error)) || (status && !Collect(**client, kStatusFiles, &archive, &error))) {
    return DebugFailure(error);
  }
  std::ofstream file(kArchive, std::ios::binary | std::ios::trunc);
  file << archive.Finish();
  if (!file.flush()) {
    return DebugFailure(Cat("error creating archive \"", kArchive, "\""));
  }
  std::printf("Compiling debug information complete, all files written in \"%s\".\n", kArchive);
  return 0;
}

}  // namespace

int DebugPprof(const CommandLine& line) {
  std::printf("profiles of Go's runtime do not exist here: nothing to collect\n");
  return Debug(line, false, false);
}

int DebugMetrics(const CommandLine& line) { return Debug(line, true, false); }

int DebugAll(const CommandLine& line) { return Debug(line, true, true); }

}  // namespace tocsin
