#include "promql/exec/worker_pool.h"

#include <algorithm>
#include <atomic>

namespace tocsin::promql {

struct WorkerPool::Job {
  const std::function<void(size_t)>* task;
  size_t count;
  std::atomic<size_t> next{0};
  std::atomic<size_t> done{0};
  Mutex mu;
  CondVar ended;
};

WorkerPool::WorkerPool(size_t workers) {
  for (size_t i = 1; i < workers; ++i) {
    threads_.emplace_back([this] { Loop(); });
  }
}

WorkerPool::~WorkerPool() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

bool WorkerPool::Step(Job& job) {
  const size_t i = job.next.fetch_add(1, std::memory_order_relaxed);
  if (i >= job.count) {
    return false;
  }
  (*job.task)(i);
  if (job.done.fetch_add(1, std::memory_order_acq_rel) + 1 == job.count) {
    MutexLock lock(job.mu);
    job.ended.NotifyAll();
  }
  return true;
}

void WorkerPool::Run(size_t count, const std::function<void(size_t)>& task) {
  if (threads_.empty() || count < 2) {
    for (size_t i = 0; i < count; ++i) {
      task(i);
    }
    return;
  }
  auto job = std::make_shared<Job>();
  job->task = &task;
  job->count = count;
  {
    MutexLock lock(mu_);
    jobs_.push_back(job);
  }
  changed_.NotifyAll();
  while (Step(*job)) {
  }
  {
    MutexLock lock(mu_);
    std::erase(jobs_, job);
  }
  MutexLock lock(job->mu);
  while (job->done.load(std::memory_order_acquire) < count) {
    job->ended.Wait(job->mu);
  }
}

void WorkerPool::Loop() {
  while (true) {
    std::shared_ptr<Job> job;
    {
      MutexLock lock(mu_);
      while (!stopping_ && jobs_.empty()) {
        changed_.Wait(mu_);
      }
      if (stopping_) {
        return;
      }
      job = jobs_.front();
    }
    while (Step(*job)) {
    }
    MutexLock lock(mu_);
    std::erase(jobs_, job);
  }
}

}  // namespace tocsin::promql
