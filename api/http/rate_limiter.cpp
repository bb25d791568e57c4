#include "api/http/rate_limiter.h"

#include <algorithm>

namespace tocsin::http {

bool RateLimiter::Allow(int64_t now_ns) {
  if (interval_ns_ <= 0) {
    return true;
  }
  MutexLock lock(mu_);
  if (filled_ns_ == 0) {
    filled_ns_ = now_ns;
  }
  const int64_t come = (now_ns - filled_ns_) / interval_ns_;
  tokens_ = std::min(burst_, tokens_ + come);
  filled_ns_ += come * interval_ns_;
  if (tokens_ <= 0) {
    return false;
  }
  --tokens_;
  return true;
}

}  // namespace tocsin::http
