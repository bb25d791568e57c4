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
  WakeOne();
}

void WorkerPool::WakeOne() {
  if (waking_ || waiting_.empty() || ending_) {
    return;
  }
  if (idle_ > 0) {
    waking_ = true;
    changed_.NotifyOne();
  } else if (threads_.size() < static_cast<size_t>(threads_max_)) {
    waking_ = true;
    threads_.emplace_back([this] { Loop(); });
  }
}

void WorkerPool::Loop() {
  {
    MutexLock lock(mu_);
    waking_ = false;
  }
  while (true) {
    std::function<void()> work;
    {
      MutexLock lock(mu_);
      ++idle_;
      while (waiting_.empty() && !ending_) {
        changed_.Wait(mu_);
        waking_ = false;
      }
      --idle_;
      if (waiting_.empty()) {
        return;
      }
      work = std::move(waiting_.front());
      waiting_.pop_front();
      WakeOne();
    }
    work();
  }
}

}  // namespace tocsin::http
