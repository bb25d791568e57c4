#include "api/http/worker_pool.h"

#include <utility>

namespace tocsin::http {

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mu_);
    ending_ = true;
    threads.swap(threads_);
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads) {
    thread.join();
  }
}

void WorkerPool::Run(std::function<void()> work) {
  MutexLock lock(mu_);
  waiting_.push_back(std::move(work));
  if (static_cast<size_t>(idle_) < waiting_.size() && threads_.size() < static_cast<size_t>(threads_max_)) {
    threads_.emplace_back([this] { Loop(); });
  } else if (idle_ > 0) {
    changed_.NotifyOne();
  }
}

void WorkerPool::Loop() {
  while (true) {
    std::function<void()> work;
    {
      MutexLock lock(mu_);
      ++idle_;
      while (waiting_.empty() && !ending_) {
        changed_.Wait(mu_);
      }
      --idle_;
      if (waiting_.empty()) {
        return;
      }
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work();
  }
}

}  // namespace tocsin::http
