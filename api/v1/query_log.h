#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "api/http/message.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "promql/engine.h"

namespace prometheus {
class Counter;
class Gauge;
class Registry;
}  // namespace prometheus

namespace tocsin::api {

/// The file of `global.query_log_file`: one JSON object a line for each query of the engine, with upstream's keys.
/// Threads: safe.
class QueryLog {
 public:
  QueryLog(const Clock& clock, prometheus::Registry* registry);
  ~QueryLog();

  /// Appends to this file from now on, opened anew (logrotate has moved the old one away); "" switches the log off.
  absl::Status SetFile(const std::string& path);
  bool enabled() const;

  /// For Engine::SetQueryLog.
  void Write(const promql::QueryLogEntry& entry);

  /// What stands in the log of a query that came with this request (QueryRequest::log_origin).
  static std::string Origin(const http::Request& request);

 private:
  class File;

  const Clock& clock_;
  prometheus::Gauge* enabled_gauge_;
  prometheus::Counter* failures_;
  mutable Mutex mu_;
  std::unique_ptr<File> file_ GUARDED_BY(mu_);
};

}  // namespace tocsin::api
