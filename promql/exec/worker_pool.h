#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace tocsin::promql {

/// Threads that large queries share. The calling thread works too, so a pool of n workers has n - 1 threads, and a query never waits for
/// another one's work to end before its own goes on.
/// Threads: Run is safe for several callers at once.
class WorkerPool {
 public:
  explicit WorkerPool(size_t workers);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  size_t workers() const { return threads_.size() + 1; }

  /// Calls task(0) ... task(count - 1), each once, in any order, some of them at the same time; returns when all have ended.
  /// Tasks must not call Run.
  void Run(size_t count, const std::function<void(size_t)>& task);

 private:
  struct Job;
  void Loop();
  /// Takes one piece of the job; false when there is none left.
  bool Step(Job& job);

  Mutex mu_;
  CondVar changed_;
  std::vector<std::shared_ptr<Job>> jobs_ GUARDED_BY(mu_);
  bool stopping_ GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tocsin::promql
