#include "engine/scrape/scheduler.h"

#include <algorithm>
#include <utility>

namespace tocsin {
namespace {

/// Nothing to do: the wait is ended by At and Stop.
constexpr TimestampMs kNever = kMaxTimestamp;
/// The clock may be stepped while the thread waits: it looks again at least that often.
constexpr DurationMs kWaitMaxMs = kMinute;

}  // namespace

Scheduler::Scheduler(const Clock& clock) : clock_(clock), wake_(std::make_shared<StopToken>()), thread_([this] { Run(); }) {}

Scheduler::~Scheduler() { Stop(); }

void Scheduler::At(TimestampMs when, std::function<void()> what) {
  MutexLock lock(mu_);
  const bool first = entries_.empty() || when < entries_.top().when;
  entries_.push({when, next_order_++, std::move(what)});
  if (first) {
    wake_->Stop();
  }
}

void Scheduler::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    wake_->Stop();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Scheduler::Run() {
  while (true) {
    std::function<void()> due;
    TimestampMs until = kNever;
    std::shared_ptr<StopToken> wake;
    {
      MutexLock lock(mu_);
      if (stopping_) {
        return;
      }
      const TimestampMs now = clock_.NowMs();
      if (!entries_.empty() && entries_.top().when <= now) {
        due = std::move(const_cast<Entry&>(entries_.top()).what);
        entries_.pop();
      } else {
        wake_ = std::make_shared<StopToken>();
        wake = wake_;
        until = entries_.empty() ? kNever : std::min(entries_.top().when, now + kWaitMaxMs);
      }
    }
    if (due != nullptr) {
      due();
    } else {
      clock_.WaitUntil(until, *wake);
    }
  }
}

}  // namespace tocsin
