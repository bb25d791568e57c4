#include "base/clock.h"

#include <algorithm>
#include <chrono>

namespace tocsin {
namespace {

// A waiter looks at the clock again this often, so that a step of the machine's clock is noticed.
constexpr DurationMs kLongestWaitMs = 1000;

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
  while (!stop.stopped_) {
    const TimestampMs now = NowMs();
    if (now >= when) {
      return true;
    }
    stop.changed_.WaitFor(stop.mu_, std::chrono::milliseconds(std::min(when - now, kLongestWaitMs)));
  }
  return false;
}

TimestampMs ManualClock::NowMs() const {
  MutexLock lock(mu_);
  return now_;
}

bool ManualClock::WaitUntil(TimestampMs when, const StopToken& stop) const {
  MutexLock lock(stop.mu_);
  while (!stop.stopped_) {
    if (NowMs() >= when) {
      return true;
    }
    stop.changed_.WaitFor(stop.mu_, kManualPoll);
  }
  return false;
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
