#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace tocsin::http {

/// Threads that are started when there is work and none of them is free, up to a limit; work above that waits in order.
/// Threads: safe.
class WorkerPool {
 public:
  explicit WorkerPool(int threads_max) : threads_max_(threads_max) {}
  /// Finishes what waits.
  ~WorkerPool();

  void Run(std::function<void()> work);

 private:
  void Loop();
  /// For the first task that waits, unless a worker is on its way already: that one wakes the next if there is more. So a burst of small
  /// tasks does not wake workers that would find nothing left.
  void WakeOne() REQUIRES(mu_);

  const int threads_max_;
  Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mu_);
  std::vector<std::thread> threads_ GUARDED_BY(mu_);
  int idle_ GUARDED_BY(mu_) = 0;
  bool waking_ GUARDED_BY(mu_) = false;  ///< a worker was woken or started and has not looked yet
  bool ending_ GUARDED_BY(mu_) = false;
};

}  // namespace tocsin::http
