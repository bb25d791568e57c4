#include "api/v1/query_log.h"

#include <fcntl.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "api/v1/query_json.h"
#include "base/json/writer.h"
#include "base/strings.h"
#include "base/text/time_text.h"

namespace tocsin::api {

/// A file that is appended to; lines of several processes do not mix.
class QueryLog::File {
 public:
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) {}
  ~File() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  bool Append(std::string_view line) { return ::write(descriptor_, line.data(), line.size()) == static_cast<ssize_t>(line.size()); }

 private:
  int descriptor_;
};

QueryLog::QueryLog(const Clock& clock, prometheus::Registry* registry)
    : clock_(clock),
      enabled_gauge_(&prometheus::BuildGauge()
                          .Name("prometheus_engine_query_log_enabled")
                          .Help("State of the query log.")
                          .Register(*registry)
                          .Add({})),
      failures_(&prometheus::BuildCounter()
                     .Name("prometheus_engine_query_log_failures_total")
                     .Help("The number of query log failures.")
                     .Register(*registry)
                     .Add({})) {}

QueryLog::~QueryLog() = default;

absl::Status QueryLog::SetFile(const std::string& path) {
  MutexLock lock(mu_);
  file_.reset();
  enabled_gauge_->Set(0);
  if (path.empty()) {
    return absl::OkStatus();
  }
  auto file = std::make_unique<File>(path);
  if (!file->is_open()) {
    return absl::UnavailableError(Cat("open ", path, ": ", std::strerror(errno)));
  }
  file_ = std::move(file);
  enabled_gauge_->Set(1);
  return absl::OkStatus();
}

bool QueryLog::enabled() const {
  MutexLock lock(mu_);
  return file_ != nullptr;
}

std::string QueryLog::Origin(const http::Request& request) {
  std::string text = "\"httpRequest\":";
  JsonWriter json(&text);
  json.BeginObject();
  json.Field("clientIP", request.remote_address.substr(0, request.remote_address.rfind(':')));
  json.Field("method", request.method);
  json.Field("path", request.path);
  json.EndObject();
  return text;
}

void QueryLog::Write(const promql::QueryLogEntry& entry) {
  const promql::QueryRequest& query = entry.request;
  std::string line;
  JsonWriter json(&line);
  json.BeginObject();
  json.Field("time", FormatRfc3339Nano(clock_.NowMs()));
  json.Field("level", "INFO");
  json.Field("msg", "promql query logged");
  json.Key("params");
  json.BeginObject();
  json.Field("end", FormatRfc3339Ms(query.end));
  json.Field("query", query.expression);
  json.Field("start", FormatRfc3339Ms(query.start));
  json.Key("step");
  json.Int(query.step_ms / 1000);
  json.EndObject();
  if (!entry.status.ok()) {
    json.Field("error", Message(entry.status));
  }
  json.Key("stats");
  json.Raw(QueryStatsJson(entry.stats, query));
  if (!query.log_origin.empty()) {
    json.Raw(query.log_origin);
  }
  json.EndObject();
  line += "\n";
  MutexLock lock(mu_);
  if (file_ != nullptr && !file_->Append(line)) {
    failures_->Increment();
  }
}

}  // namespace tocsin::api
