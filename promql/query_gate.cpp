#include "promql/query_gate.h"

#include <chrono>

namespace tocsin::promql {

absl::Status QueryGate::Enter(const Clock& clock, int64_t deadline_ns, const StopToken* cancel) {
  constexpr std::chrono::milliseconds kLook{20};  // between two looks at the deadline and the token
  MutexLock lock(mu_);
  while (free_ <= 0) {
    if (cancel != nullptr && cancel->stopped()) {
      return absl::CancelledError("query was canceled in query queue");
    }
    if (deadline_ns != 0 && clock.MonotonicNs() > deadline_ns) {
      return absl::DeadlineExceededError("query timed out in query queue");
    }
    changed_.WaitFor(mu_, kLook);
  }
  --free_;
  return absl::OkStatus();
}

void QueryGate::Leave() {
  {
    MutexLock lock(mu_);
    ++free_;
  }
  changed_.NotifyOne();
}

}  // namespace tocsin::promql
