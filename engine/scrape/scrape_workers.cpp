#include "engine/scrape/scrape_workers.h"

#include <utility>

namespace tocsin {

ScrapeWorkers::ScrapeWorkers(size_t threads) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

ScrapeWorkers::~ScrapeWorkers() { Stop(); }

void ScrapeWorkers::Run(std::function<void()> what) {
  MutexLock lock(mu_);
  if (!stopping_) {
    waiting_.push_back(std::move(what));
    changed_.NotifyOne();
  }
}

void ScrapeWorkers::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    waiting_.clear();
    changed_.NotifyAll();
  }
  for (std::thread& thread : threads_) {
    if (thread.joinable()) {
      thread.join();
    }
  }
}

void ScrapeWorkers::Work() {
  while (true) {
    std::function<void()> what;
    {
      MutexLock lock(mu_);
      while (waiting_.empty() && !stopping_) {
        changed_.Wait(mu_);
      }
      if (stopping_) {
        return;
      }
      what = std::move(waiting_.front());
      waiting_.pop_front();
    }
    what();
  }
}

}  // namespace tocsin
