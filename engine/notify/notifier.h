#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "engine/config/config.h"
#include "engine/discover/discovery_manager.h"
#include "engine/notify/alertmanager_set.h"
#include "engine/notify/notify_metrics.h"
#include "rules/alert_sink.h"

namespace tocsin {

struct NotifierOptions {
  size_t queue_capacity = 10'000;  ///< --alertmanager.notification-queue-capacity, of each Alertmanager
  size_t batch_size = 256;         ///< --alertmanager.notification-batch-size
  bool drain_on_shutdown = true;   ///< --alertmanager.drain-notification-queue-on-shutdown
};

/// What /api/v1/alertmanagers shows.
struct AlertmanagersStatus {
  std::vector<std::string> active;   ///< URLs that alerts are posted to
  std::vector<std::string> dropped;  ///< those that relabelling dropped
};

/// Brings alerts to all Alertmanagers: external labels and relabelling, then a queue and a send loop for each of them.
///
/// The pools of AlertmanagerPools() are to be discovered by a DiscoveryManager, whose updates go to ApplyTargets().
/// Threads: safe. One thread an Alertmanager; Send() never waits for the network.
class Notifier : public rules::AlertSink {
 public:
  Notifier(const NotifierOptions& options, const Clock& clock, prometheus::Registry* registry);
  ~Notifier() override;

  /// The discovery of a configuration's Alertmanagers: "config-0", ... as upstream names them.
  static std::map<std::string, std::vector<SdConfig>> AlertmanagerPools(const Config& config);

  /// Send loops of Alertmanager sets that are configured as before go on.
  void ApplyConfig(const Config& config);

  /// Starts loops for new Alertmanagers; those of gone ones end when their queue is sent.
  void ApplyTargets(const DiscoveredSnapshot& found);

  void Send(std::vector<rules::OutgoingAlert> alerts) override;

  /// Takes no more alerts, sends what is queued (or drops it, as the options say) and ends. Call after the rules have stopped.
  void Stop();

  AlertmanagersStatus Status() const;

 private:
  const NotifierOptions options_;
  const Clock& clock_;
  NotifyMetrics metrics_;

  mutable Mutex mu_;
  Labels external_labels_ GUARDED_BY(mu_);
  std::vector<RelabelConfig> relabel_configs_ GUARDED_BY(mu_);
  std::map<std::string, std::unique_ptr<AlertmanagerSet>> sets_ GUARDED_BY(mu_);
  std::vector<std::unique_ptr<AlertmanagerSet>> ending_ GUARDED_BY(mu_);  // sets that a reload took away, while they send their rest
  bool stopped_ GUARDED_BY(mu_) = false;
};

/// Adds `external_labels` where a name is absent and applies the rules; alerts that these drop are left out.
std::vector<rules::OutgoingAlert> RelabelAlerts(const std::vector<rules::OutgoingAlert>& alerts, const Labels& external_labels,
                                                const std::vector<RelabelConfig>& relabel_configs);

}  // namespace tocsin
