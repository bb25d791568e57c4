#pragma once

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "base/memory_share.h"

namespace tocsin {

/// The promise of --memory.max, kept by all who hold much memory: storage, scrape caches, queries, rules.
///
/// Someone measures the process's resident memory now and then; in between, what was taken since counts on top of it, so that growth is
/// seen at once and what the allocator holds beside is counted as well.
/// Threads: safe.
class MemoryBudget {
 public:
  /// In this order things are given up.
  enum class Pressure {
    kNone,
    kShedHistory,   ///< the history of series that no rule reads goes
    kRefuseSeries,  ///< new series are refused; what is known goes on
  };

  /// 0: no limit.
  explicit MemoryBudget(int64_t limit_bytes) : limit_bytes_(limit_bytes), bodies_(limit_bytes / kBodiesPart) {}

  int64_t limit_bytes() const { return limit_bytes_; }

  /// Memory taken (positive) or given back (negative) since the last measurement.
  void Add(int64_t bytes) { since_measured_.fetch_add(bytes, std::memory_order_relaxed); }

  /// Memory that will be taken soon (positive), whatever is measured meanwhile; negative when it has been.
  void Reserve(int64_t bytes) { reserved_.fetch_add(bytes, std::memory_order_relaxed); }

  void SetMeasured(int64_t resident_bytes);

  /// Resident memory as far as it is known, and what is reserved.
  int64_t estimate_bytes() const {
    return measured_.load(std::memory_order_relaxed) + since_measured_.load(std::memory_order_relaxed) +
           reserved_.load(std::memory_order_relaxed);
  }

  Pressure pressure() const;

  /// By how much the estimate lies above the point where history is given up; 0 when below.
  int64_t excess_bytes() const;

  /// Resident bytes of this process; 0 when the system does not tell.
  static int64_t ResidentBytes();

  /// For bodies of scrapes and requests that are received or read.
  MemoryShare& bodies() { return bodies_; }
  const MemoryShare& bodies() const { return bodies_; }

  /// Whether working memory of that size, of a query for one, may be taken now; measures, and counts it when it may. Above the point where
  /// series are refused there is room left for it.
  bool TakeWorkingMemory(int64_t bytes);
  /// How often it was false.
  uint64_t refused_work() const { return refused_work_.load(std::memory_order_relaxed); }

  /// Hands free pages that the allocator keeps for later back to the system, where the allocator is jemalloc.
  static void ReleaseFreePages();

 private:
  /// One in so many bytes of the limit.
  static constexpr int64_t kBodiesPart = 16;

  int64_t limit_bytes_;
  std::atomic<int64_t> measured_{0};
  std::atomic<int64_t> since_measured_{0};
  std::atomic<int64_t> reserved_{0};
  std::atomic<uint64_t> refused_work_{0};
  MemoryShare bodies_;
};

/// What one reserves of a budget; given back when it goes.
/// Threads: one at a time.
class MemoryReserve {
 public:
  MemoryReserve() = default;
  ~MemoryReserve() { Set(nullptr, 0); }
  MemoryReserve(const MemoryReserve&) = delete;
  MemoryReserve& operator=(const MemoryReserve&) = delete;

  /// In place of what was reserved before. `budget` outlives it; null: nothing is reserved.
  void Set(MemoryBudget* budget, int64_t bytes) {
    if (budget_ != nullptr) {
      budget_->Reserve(-bytes_);
    }
    budget_ = budget;
    bytes_ = bytes;
    if (budget_ != nullptr) {
      budget_->Reserve(bytes_);
    }
  }

 private:
  MemoryBudget* budget_ = nullptr;
  int64_t bytes_ = 0;
};

/// Asks a budget (null: no limit) for what a reader is about to take; little is taken without asking. RESOURCE_EXHAUSTED: it has no room.
absl::Status MakeRoom(MemoryBudget* budget, int64_t bytes);

}  // namespace tocsin
