#pragma once

#include <atomic>
#include <cstdint>

namespace tocsin {

/// A part of the memory limit for what comes and goes, such as bodies under way. Who finds no room does without.
/// Threads: safe.
class MemoryShare {
 public:
  /// 0: no limit.
  explicit MemoryShare(int64_t bytes_max) : bytes_max_(bytes_max) {}

  /// False: nothing was taken.
  bool Take(int64_t bytes) {
    const int64_t now = taken_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    if (bytes_max_ > 0 && now > bytes_max_) {
      Give(bytes);
      return false;
    }
    return true;
  }
  void Give(int64_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }

  int64_t bytes_max() const { return bytes_max_; }
  /// Somebody could not do without, and was told so.
  void CountRefused() { refused_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

  /// Of a share with a limit.
  int64_t free_bytes() const { return bytes_max_ - taken_.load(std::memory_order_relaxed); }

 private:
  const int64_t bytes_max_;
  std::atomic<int64_t> taken_{0};
  std::atomic<uint64_t> refused_{0};
};

/// What one holds of a share; given back when it goes.
/// Threads: one at a time.
class MemoryClaim {
 public:
  /// `share` outlives it; null: there is room for all.
  explicit MemoryClaim(MemoryShare* share) : share_(share) {}
  ~MemoryClaim() { Clear(); }
  MemoryClaim(const MemoryClaim&) = delete;
  MemoryClaim& operator=(const MemoryClaim&) = delete;

  /// False: there is no room, and the claim is as before.
  bool GrowTo(uint64_t bytes) {
    const int64_t more = static_cast<int64_t>(bytes) - bytes_;
    if (share_ == nullptr || more <= 0) {
      return true;
    }
    if (!share_->Take(more)) {
      return false;
    }
    bytes_ += more;
    return true;
  }
  void Clear() {
    if (bytes_ > 0) {
      share_->Give(bytes_);
      bytes_ = 0;
    }
  }

 private:
  MemoryShare* const share_;
  int64_t bytes_ = 0;
};

}  // namespace tocsin
