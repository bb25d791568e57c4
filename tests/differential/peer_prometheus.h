#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "promql/engine.h"
#include "tests/support/temp_dir.h"

namespace tocsin::differential {

/// A Prometheus of its own, with a data folder of its own, on a port of 127.0.0.1; stopped when the object goes.
class PeerPrometheus {
 public:
  /// TOCSIN_NEWEST_PEERS/usr/bin/prometheus; nothing when the variable is unset.
  static std::optional<std::string> Program();

  /// Waits until it is ready.
  static absl::StatusOr<std::unique_ptr<PeerPrometheus>> Start(const std::string& program);
  ~PeerPrometheus();

  /// "3.5.3"
  const std::string& version() const { return version_; }

  /// A snappy-packed body of remote write 1.0.
  absl::Status Write(const std::string& body);

  /// The JSON of /api/v1/query or /api/v1/query_range.
  absl::StatusOr<std::string> Query(const promql::QueryRequest& request);

 private:
  PeerPrometheus() : client_(HttpClientOptions{}, clock_) {}
  absl::Status WaitUntilReady();
  absl::StatusOr<HttpResponse> Send(const std::string& path, HttpHeaders headers, std::string body);

  SystemClock clock_;
  HttpClient client_;
  test::TempDir folder_;
  std::string url_;
  std::string version_;
  pid_t pid_ = -1;
};

}  // namespace tocsin::differential
