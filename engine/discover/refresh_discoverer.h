#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/discover/create_discoverer.h"

namespace tocsin {

/// The frame of mechanisms that ask again every refresh interval. A failed refresh is logged and counted and says nothing to the sink.
class RefreshDiscoverer : public Discoverer {
 public:
  RefreshDiscoverer(std::string_view mechanism, DurationMs interval_ms, const DiscovererContext& context)
      : clock_(context.clock), metrics_(context.metrics), pool_(context.pool), mechanism_(mechanism), interval_ms_(interval_ms) {}

  void Run(TargetSink& sink, const StopToken& stop) override;

 protected:
  /// Groups that changed or all of them; those that are gone without targets.
  virtual absl::StatusOr<std::vector<TargetGroupPtr>> Refresh(const StopToken& stop) = 0;

  const Clock& clock_;
  DiscoveryMetrics& metrics_;
  const std::string pool_;

 private:
  const std::string_view mechanism_;
  const DurationMs interval_ms_;
};

}  // namespace tocsin
