#include "base/memory_budget.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

// jemalloc's control, when the program is linked with it.
extern "C" int mallctl(const char* name, void* old_value, size_t* old_size, void* new_value, size_t new_size) __attribute__((weak));

namespace tocsin {
namespace {

// Parts of the limit. What is left above the second is for the known series' samples, queries and answers.
constexpr double kShedHistoryFrom = 0.80;
constexpr double kRefuseSeriesFrom = 0.85;
constexpr double kWorkingMemoryUpTo = 0.93;

constexpr int64_t kAskFromBytes = 1 << 20;

}  // namespace

void MemoryBudget::SetMeasured(int64_t resident_bytes) {
  measured_.store(resident_bytes, std::memory_order_relaxed);
  since_measured_.store(0, std::memory_order_relaxed);
}

MemoryBudget::Pressure MemoryBudget::pressure() const {
  if (limit_bytes_ <= 0) {
    return Pressure::kNone;
  }
  const auto used = static_cast<double>(estimate_bytes());
  const auto limit = static_cast<double>(limit_bytes_);
  if (used >= limit * kRefuseSeriesFrom) {
    return Pressure::kRefuseSeries;
  }
  return used >= limit * kShedHistoryFrom ? Pressure::kShedHistory : Pressure::kNone;
}

int64_t MemoryBudget::excess_bytes() const {
  return limit_bytes_ <= 0
             ? 0
             : std::max<int64_t>(0, estimate_bytes() - static_cast<int64_t>(static_cast<double>(limit_bytes_) * kShedHistoryFrom));
}

bool MemoryBudget::TakeWorkingMemory(int64_t bytes) {
  if (limit_bytes_ <= 0) {
    return true;
  }
  const auto up_to = static_cast<int64_t>(static_cast<double>(limit_bytes_) * kWorkingMemoryUpTo);
  SetMeasured(ResidentBytes());
  if (estimate_bytes() + bytes > up_to) {
    ReleaseFreePages();
    SetMeasured(ResidentBytes());
  }
  if (estimate_bytes() + bytes > up_to) {
    refused_work_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  Add(bytes);
  return true;
}

absl::Status MakeRoom(MemoryBudget* budget, int64_t bytes) {
  if (budget == nullptr || bytes < kAskFromBytes || budget->TakeWorkingMemory(bytes)) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError("query processing would exceed the memory limit (--memory.max)");
}

void MemoryBudget::ReleaseFreePages() {
  // "arena.4096.purge": 4096 is MALLCTL_ARENAS_ALL.
  if (mallctl != nullptr) {
    mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0);
  }
}

int64_t MemoryBudget::ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) {
    return 0;
  }
  long long total = 0;
  long long resident = 0;
  const int read = std::fscanf(file, "%lld %lld", &total, &resident);
  std::fclose(file);
  return read == 2 ? static_cast<int64_t>(resident) * sysconf(_SC_PAGESIZE) : 0;
}

}  // namespace tocsin
