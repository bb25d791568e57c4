#pragma once

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace tocsin::promql {

/// Lets a limited number of queries run; others wait for a place.
/// Threads: safe.
class QueryGate {
 public:
  explicit QueryGate(int places) : free_(places) {}

  /// Waits until there is a place, `cancel` is stopped or the monotonic clock has reached `deadline_ns` (0: never).
  absl::Status Enter(const Clock& clock, int64_t deadline_ns, const StopToken* cancel);
  void Leave();

 private:
  Mutex mu_;
  CondVar changed_;
  int free_ GUARDED_BY(mu_);
};

}  // namespace tocsin::promql
