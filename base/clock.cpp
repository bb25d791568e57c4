#include "base/clock.h"

#include <algorithm>
#include <chrono>

namespace tocsin {
namespace {

// A waiter looks at the clock again this often, so that a step of the machine's clock is noticed. A clock that is set back ends the wait
// by more ends the wait as well: what was to be waited for may be hours away by then, and whoever waits looks at the clock anyway.
constexpr DurationMs kLongestWaitMs = 1000;

bool SetBack(TimestampMs before, TimestampMs now) { return before - now > kLongestWaitMs; }

// A waiter of a manual clock looks again this often: the clock has no list of its waiters.
constexpr auto kManualPoll = std::chrono::milliseconds(1);

}  // namespace

void StopToken::Stop() {
  MutexLock lock(mu_);
  stopped_ = true;
  changed_.NotifyAll();
}

bool StopToken::stopped() const {
  MutexLock lock(mu_);
  return stopped_;
}

TimestampMs SystemClock::NowMs() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

int64_t SystemClock::MonotonicNs() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool SystemClock::WaitUntil(TimestampMs when, const StopToken& stop) const {
  MutexLock lock(stop.mu_);
  TimestampMs before = NowMs();
  while (!stop.stopped_) {
    const TimestampMs now = NowMs();
    if (now >= when || SetBack(before, now)) {
      return true;
    }
    before = now;
    stop.changed_.WaitFor(stop.mu_, std::chrono::milliseconds(std::min(when - now, kLongestWaitMs)));
  }
  return false;
}

TimestampMs ManualClock::NowMs() const {
  MutexLock lock(mu_);
  return now_;
}

bool ManualClock::WaitUntil(TimestampMs when, const StopToken& stop) const {
  const auto count_waiter = [this](int by) {
    MutexLock lock(mu_);
    waiters_ += by;
  };
  MutexLock lock(stop.mu_);
  TimestampMs before = NowMs();
  bool arrived = before >= when;
  if (arrived || stop.stopped_) {
    return arrived && !stop.stopped_;
  }
  count_waiter(1);
  while (!stop.stopped_ && !arrived) {
    stop.changed_.WaitFor(stop.mu_, kManualPoll);
    const TimestampMs now = NowMs();
    arrived = now >= when || SetBack(before, now);
    before = now;
  }
  count_waiter(-1);
  return arrived && !stop.stopped_;
}

void ManualClock::AwaitWaiters(int count) const {
  const StopToken never;
  while (true) {
    {
      MutexLock lock(mu_);
      if (waiters_ >= count) {
        return;
      }
    }
    MutexLock lock(never.mu_);
    never.changed_.WaitFor(never.mu_, kManualPoll);
  }
}

void ManualClock::Set(TimestampMs now) {
  MutexLock lock(mu_);
  now_ = now;
}

void ManualClock::Advance(DurationMs by) {
  MutexLock lock(mu_);
  now_ += by;
}

}  // namespace tocsin
