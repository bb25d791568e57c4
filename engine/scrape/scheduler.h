#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace tocsin {

/// Runs things at their times, one after the other on one thread; they must be short.
/// Threads: safe.
class Scheduler {
 public:
  explicit Scheduler(const Clock& clock);
  /// What is not due by then never runs.
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void At(TimestampMs when, std::function<void()> what);

  /// Returns when nothing runs any more.
  void Stop();

 private:
  struct Entry {
    TimestampMs when;
    uint64_t order;  ///< Of entries at the same time the first one goes first.
    std::function<void()> what;
    bool operator<(const Entry& other) const { return when != other.when ? when > other.when : order > other.order; }
  };

  void Run();

  const Clock& clock_;
  Mutex mu_;
  std::priority_queue<Entry> entries_ GUARDED_BY(mu_);
  uint64_t next_order_ GUARDED_BY(mu_) = 0;
  bool stopping_ GUARDED_BY(mu_) = false;
  std::shared_ptr<StopToken> wake_ GUARDED_BY(mu_);  ///< Stopped to end the thread's present wait.
  std::thread thread_;
};

}  // namespace tocsin
