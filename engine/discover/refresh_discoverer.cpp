#include "engine/discover/refresh_discoverer.h"

#include "base/log.h"

namespace tocsin {
namespace {

// A refresh interval of 0, which the configuration permits.
constexpr DurationMs kRefreshFallbackMs = kMinute;

}  // namespace

void RefreshDiscoverer::Run(TargetSink& sink, const StopToken& stop) {
  while (!stop.stopped()) {
    const TimestampMs started = clock_.NowMs();
    const int64_t started_ns = clock_.MonotonicNs();
    absl::StatusOr<std::vector<TargetGroupPtr>> groups = Refresh(stop);
    if (stop.stopped()) {
      return;
    }
    metrics_.CountRefresh(mechanism_, pool_, static_cast<double>(clock_.MonotonicNs() - started_ns) / 1e9, !groups.ok());
    if (groups.ok()) {
      sink.Update(*std::move(groups));
    } else {
      LogError("Unable to refresh target groups", {{"discovery", mechanism_}, {"config", pool_}, {"err", groups.status()}});
    }
    clock_.WaitUntil(started + (interval_ms_ > 0 ? interval_ms_ : kRefreshFallbackMs), stop);
  }
}

}  // namespace tocsin
