#pragma once

#include <cstdint>
#include <limits>
#include <set>

#include "base/mutex.h"

namespace tocsin {

/// Who still looks at the store as it was after some commit: what was there then is kept for them.
/// Threads: safe.
class ReaderSet {
 public:
  static constexpr uint64_t kNobody = std::numeric_limits<uint64_t>::max();

  void Enter(uint64_t commit) EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    commits_.insert(commit);
  }
  void Leave(uint64_t commit) EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    commits_.erase(commits_.find(commit));
  }
  /// The oldest commit of interest to anyone.
  uint64_t Oldest() const EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    return commits_.empty() ? kNobody : *commits_.begin();
  }
  size_t size() const EXCLUDES(mu_) {
    const MutexLock lock(mu_);
    return commits_.size();
  }

 private:
  mutable Mutex mu_;
  std::multiset<uint64_t> commits_ GUARDED_BY(mu_);
};

}  // namespace tocsin
