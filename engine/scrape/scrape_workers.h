#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace tocsin {

/// Runs things on a few threads, first come first served. Its line is as long as there are scrapes under way: a target has one at a time.
/// Threads: safe.
class ScrapeWorkers {
 public:
  explicit ScrapeWorkers(size_t threads);
  ~ScrapeWorkers();
  ScrapeWorkers(const ScrapeWorkers&) = delete;
  ScrapeWorkers& operator=(const ScrapeWorkers&) = delete;

  void Run(std::function<void()> what);

  /// What runs is finished, what waits is dropped.
  void Stop();

 private:
  void Work();

  Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> waiting_ GUARDED_BY(mu_);
  bool stopping_ GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tocsin
