#pragma once

#include <string>
#include <vector>

#include "base/mutex.h"

namespace tocsin {

/// Bodies of scrapes are large and come by the thousand: taking fresh memory for each costs more than reading it. These are kept instead,
/// up to kKeptBytesMax in all. Threads: safe.
class BodyBuffers {
 public:
  static constexpr size_t kKeptBytesMax = 16 << 20;

  /// The last one that was given back if there is one, with what it held: clearing it would mean filling it twice.
  std::string Take() {
    MutexLock lock(mu_);
    if (kept_.empty()) {
      return {};
    }
    std::string buffer = std::move(kept_.back());
    kept_.pop_back();
    kept_bytes_ -= buffer.capacity();
    return buffer;
  }

  void Give(std::string buffer) {
    MutexLock lock(mu_);
    if (kept_bytes_ + buffer.capacity() <= kKeptBytesMax) {
      kept_bytes_ += buffer.capacity();
      kept_.push_back(std::move(buffer));
    }
  }

 private:
  Mutex mu_;
  std::vector<std::string> kept_ GUARDED_BY(mu_);
  size_t kept_bytes_ GUARDED_BY(mu_) = 0;
};

}  // namespace tocsin
