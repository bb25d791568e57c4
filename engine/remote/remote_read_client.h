#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "base/wire/remote_read.h"
#include "engine/config/remote_config.h"

namespace tocsin {

/// Reads samples of another store by remote read, streamed chunks preferred.
/// Threads: safe.
class RemoteReadClient {
 public:
  /// `clock` must outlive the client.
  RemoteReadClient(RemoteReadConfig config, const Clock& clock) : config_(std::move(config)), client_(config_.http, clock) {}

  const RemoteReadConfig& config() const { return config_; }

  /// The series that match, with their samples in start..end, sorted by labels.
  absl::StatusOr<std::vector<wire::ReadSeries>> Read(const wire::ReadQuery& query, const StopToken* stop);

 private:
  RemoteReadConfig config_;
  HttpClient client_;
};

}  // namespace tocsin
