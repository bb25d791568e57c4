#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace tocsin {

/// Bodies of scrapes are large and come by the thousand: taking fresh memory for each costs more than reading it. These are kept instead,
/// up to kKeptBytesMax in all, and those that were never needed during kRoundGives bodies go. Threads: safe.
class BodyBuffers {
 public:
  static constexpr size_t kKeptBytesMax = 16 << 20;
  static constexpr size_t kRoundGives = 64;

  /// The last one that was given back if there is one, with what it held: clearing it would mean filling it twice.
  std::string Take() {
    MutexLock lock(mu_);
    if (kept_.empty()) {
      return {};
    }
    std::string buffer = std::move(kept_.back());
    kept_.pop_back();
    kept_bytes_ -= buffer.capacity();
    unneeded_ = std::min(unneeded_, kept_.size());
    return buffer;
  }

  void Give(std::string buffer) {
    MutexLock lock(mu_);
    if (++gives_ % kRoundGives == 0) {
      DropUnneeded();
    }
    if (kept_bytes_ + buffer.capacity() <= kKeptBytesMax) {
      kept_bytes_ += buffer.capacity();
      kept_.push_back(std::move(buffer));
    }
  }

  size_t kept_bytes() const {
    MutexLock lock(mu_);
    return kept_bytes_;
  }

 private:
  void DropUnneeded() REQUIRES(mu_) {
    const auto end = kept_.begin() + static_cast<ptrdiff_t>(unneeded_);
    for (auto it = kept_.begin(); it != end; ++it) {
      kept_bytes_ -= it->capacity();
    }
    kept_.erase(kept_.begin(), end);
    unneeded_ = kept_.size();
  }

  mutable Mutex mu_;
  std::vector<std::string> kept_ GUARDED_BY(mu_);
  size_t kept_bytes_ GUARDED_BY(mu_) = 0;
  size_t unneeded_ GUARDED_BY(mu_) = 0;  // of the round: so many were kept all the time
  size_t gives_ GUARDED_BY(mu_) = 0;
};

}  // namespace tocsin
