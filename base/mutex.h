#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#include "absl/base/thread_annotations.h"

// Annotations of clang's -Wthread-safety (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html); nothing to other compilers.
// GUARDED_BY, PT_GUARDED_BY and NO_THREAD_SAFETY_ANALYSIS are Abseil's.
#if defined(__clang__)
#define TOCSIN_ANNOTATION(x) __attribute__((x))
#else
#define TOCSIN_ANNOTATION(x)
#endif
#define CAPABILITY(x) TOCSIN_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY TOCSIN_ANNOTATION(scoped_lockable)
#define REQUIRES(...) TOCSIN_ANNOTATION(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) TOCSIN_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define ACQUIRE(...) TOCSIN_ANNOTATION(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) TOCSIN_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...) TOCSIN_ANNOTATION(release_capability(__VA_ARGS__))
#define RELEASE_SHARED(...) TOCSIN_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) TOCSIN_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define EXCLUDES(...) TOCSIN_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace tocsin {

/// std::mutex with annotations: ThreadSanitizer understands it (unlike Debian's absl::Mutex), and clang proves its use.
class CAPABILITY("mutex") Mutex {
 public:
  void Lock() ACQUIRE() { mu_.lock(); }
  void Unlock() RELEASE() { mu_.unlock(); }
  bool TryLock() TRY_ACQUIRE(true) { return mu_.try_lock(); }

 private:
  friend class CondVar;
  std::mutex mu_;
};

class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ACQUIRE(mu) : mu_(mu) { mu_.Lock(); }
  ~MutexLock() RELEASE() { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

class CAPABILITY("mutex") SharedMutex {
 public:
  void Lock() ACQUIRE() { mu_.lock(); }
  void Unlock() RELEASE() { mu_.unlock(); }
  void LockShared() ACQUIRE_SHARED() { mu_.lock_shared(); }
  void UnlockShared() RELEASE_SHARED() { mu_.unlock_shared(); }

 private:
  std::shared_mutex mu_;
};

class SCOPED_CAPABILITY WriterLock {
 public:
  explicit WriterLock(SharedMutex& mu) ACQUIRE(mu) : mu_(mu) { mu_.Lock(); }
  ~WriterLock() RELEASE() { mu_.Unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex& mu_;
};

class SCOPED_CAPABILITY ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mu) ACQUIRE_SHARED(mu) : mu_(mu) { mu_.LockShared(); }
  ~ReaderLock() RELEASE() { mu_.UnlockShared(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mu_;
};

/// A condition variable for Mutex. Waits may wake without a reason: call them in a loop over the condition.
class CondVar {
 public:
  void Wait(Mutex& mu) REQUIRES(mu) {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    cv_.wait(lock);
    lock.release();
  }

  /// False when `timeout` has passed.
  bool WaitFor(Mutex& mu, std::chrono::nanoseconds timeout) REQUIRES(mu) {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    const bool woken = cv_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }

  void NotifyOne() { cv_.notify_one(); }
  void NotifyAll() { cv_.notify_all(); }

 private:
  std::condition_variable cv_;
};

}  // namespace tocsin
