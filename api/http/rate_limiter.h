#pragma once

#include <cstdint>

#include "base/mutex.h"
#include "base/types.h"

namespace tocsin::http {

/// A token bucket: one token comes every `interval_ms`, up to `burst` are kept.
/// Threads: safe.
class RateLimiter {
 public:
  RateLimiter(DurationMs interval_ms, int64_t burst) : interval_ns_(interval_ms * 1'000'000), burst_(burst), tokens_(burst) {}

  /// Takes a token; false when there is none.
  bool Allow(int64_t now_ns);

 private:
  const int64_t interval_ns_;
  const int64_t burst_;
  Mutex mu_;
  int64_t tokens_ GUARDED_BY(mu_);
  int64_t filled_ns_ GUARDED_BY(mu_) = 0;  // 0: never asked
};

}  // namespace tocsin::http
