#pragma once

#include <cstdint>
#include <memory>

#include "base/mutex.h"
#include "base/types.h"

namespace tocsin {

/// Wakes waiters of a clock, for shutdown and reload: set once by one side, waited on by others.
/// Threads: safe.
class StopToken {
 public:
  void Stop();
  bool stopped() const;

 private:
  friend class SystemClock;
  friend class ManualClock;
  mutable Mutex mu_;
  mutable CondVar changed_;
  bool stopped_ GUARDED_BY(mu_) = false;
};

/// The only way to learn the time and to wait for it; clock.cpp alone reads the system's clocks.
/// Threads: safe.
class Clock {
 public:
  virtual ~Clock() = default;

  /// Milliseconds since the Unix epoch; may step with the machine's clock.
  virtual TimestampMs NowMs() const = 0;

  /// Nanoseconds of a clock that never steps back, for measuring lengths.
  virtual int64_t MonotonicNs() const = 0;

  /// Waits until NowMs() >= `when` (true) or until `stop` is stopped (false, at once).
  virtual bool WaitUntil(TimestampMs when, const StopToken& stop) const = 0;
};

/// The machine's clock.
class SystemClock : public Clock {
 public:
  TimestampMs NowMs() const override;
  int64_t MonotonicNs() const override;
  bool WaitUntil(TimestampMs when, const StopToken& stop) const override;
};

/// A clock that stands still until a test moves it.
class ManualClock : public Clock {
 public:
  explicit ManualClock(TimestampMs now = 0) : now_(now) {}

  TimestampMs NowMs() const override;
  int64_t MonotonicNs() const override { return NowMs() * 1'000'000; }
  bool WaitUntil(TimestampMs when, const StopToken& stop) const override;

  /// Sets the time (also backwards, as clock steps do) and wakes the waiters.
  void Set(TimestampMs now);
  void Advance(DurationMs by);

  /// Returns when so many threads are within WaitUntil: a test then knows that its next Advance ends a pause and nothing else.
  void AwaitWaiters(int count) const;

 private:
  mutable Mutex mu_;
  TimestampMs now_ GUARDED_BY(mu_);
  mutable int waiters_ GUARDED_BY(mu_) = 0;
};

}  // namespace tocsin
