#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/http_client/http_client.h"
#include "engine/config/config.h"
#include "engine/discover/discoverer.h"
#include "engine/notify/notify_metrics.h"
#include "engine/notify/send_loop.h"
#include "rules/alert_sink.h"

namespace tocsin {

/// Where one discovered Alertmanager takes alerts; `keep` is false when relabelling dropped it.
struct AlertmanagerEndpoint {
  std::string url;
  bool keep = true;
};

/// The Alertmanagers of a target group under one entry of `alerting.alertmanagers`.
absl::StatusOr<std::vector<AlertmanagerEndpoint>> EndpointsOf(const TargetGroup& group, const AlertmanagerConfig& config);

/// The Alertmanagers of one entry of `alerting.alertmanagers` and their send loops.
/// Threads: one at a time.
class AlertmanagerSet {
 public:
  AlertmanagerSet(const AlertmanagerConfig& config, const SendLoopOptions& options, const Clock& clock, NotifyMetrics& metrics);

  const AlertmanagerConfig& config() const { return config_; }
  const std::vector<std::string>& active() const { return active_; }
  const std::vector<std::string>& dropped() const { return dropped_; }

  void Sync(const std::vector<TargetGroupPtr>& groups);
  void Send(const std::vector<rules::OutgoingAlert>& alerts);

  /// Tells all loops to end; `drain`: after sending what they have. The destructor waits for them.
  void StopAll(bool drain);
  /// All loops have ended: the destructor does not wait.
  bool ended() const;

 private:
  const AlertmanagerConfig config_;
  const SendLoopOptions options_;
  const Clock& clock_;
  NotifyMetrics& metrics_;
  std::shared_ptr<HttpClient> client_;
  std::vector<std::string> active_;
  std::vector<std::string> dropped_;
  std::map<std::string, std::unique_ptr<SendLoop>> loops_;
  std::vector<std::unique_ptr<SendLoop>> ending_;
};

}  // namespace tocsin
