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

/// The file of `global.query_log_file`: one JSON object a line for each query of the API, with upstream's keys.
/// Threads: safe.
class QueryLog {
 public:
  QueryLog(const Clock& clock, prometheus::Registry* registry);
  ~QueryLog();

  /// Appends to this file from now on, opened anew (logrotate has moved the old one away); "" switches the log off.
  absl::Status SetFile(const std::string& path);
  bool enabled() const;

  /// `error` is empty, and `stats` what the engine counted, unless the query failed.
  void Write(const http::Request& request, const promql::QueryRequest& query, const promql::QueryStats& stats, std::string_view error);

 private:
  class File;

  const Clock& clock_;
  prometheus::Gauge* enabled_gauge_;
  prometheus::Counter* failures_;
  mutable Mutex mu_;
  std::unique_ptr<File> file_ GUARDED_BY(mu_);
};

}  // namespace tocsin::api
