#include "promql/exec/query_context.h"

#include "base/memory_budget.h"
#include "base/status.h"
#include "base/strings.h"

namespace tocsin::promql {
namespace {

/// While rows are read, it is asked once for so much.
constexpr int64_t kAskFromBytes = 1 << 20;
constexpr int64_t kAskEverySamples = kAskFromBytes / static_cast<int64_t>(sizeof(Sample));

}  // namespace

absl::Status ExecutionError(std::string_view text) { return absl::FailedPreconditionError(av(text)); }

absl::Status DuplicateLabelsetError() { return ExecutionError("vector cannot contain metrics with the same labelset"); }

void SampleStats::Start(const StepRange& steps, bool per_step) {
  per_step_enabled_ = per_step;
  step_count_ = steps.count();
  MutexLock lock(mu_);
  per_step_.assign(per_step ? step_count_ : 0, 0);
}

void SampleStats::AddPerStep(const std::vector<int64_t>& totals) {
  if (!per_step_enabled_) {
    return;
  }
  MutexLock lock(mu_);
  for (size_t i = 0; i < per_step_.size() && i < totals.size(); ++i) {
    per_step_[i] += totals[i];
  }
}

void SampleStats::FillIn(QueryStats* stats) const {
  stats->total_queryable_samples = total_.load(std::memory_order_relaxed);
  stats->samples_read = read_.load(std::memory_order_relaxed);
  MutexLock lock(mu_);
  stats->total_samples_per_step = per_step_;
}

absl::Status QueryContext::Check() const {
  if (cancel != nullptr && cancel->stopped()) {
    return absl::CancelledError("query was canceled in expression evaluation");
  }
  if (deadline_ns != 0 && clock_.MonotonicNs() > deadline_ns) {
    return absl::DeadlineExceededError("query timed out in expression evaluation");
  }
  return absl::OkStatus();
}

absl::Status QueryContext::Hold(int64_t samples) {
  const int64_t now = held_.fetch_add(samples, std::memory_order_relaxed) + samples;
  int64_t peak = peak_.load(std::memory_order_relaxed);
  while (peak < now && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  if (now > max_samples) {
    return ExecutionError("query processing would load too many samples into memory in query execution");
  }
  return now / kAskEverySamples == (now - samples) / kAskEverySamples ? absl::OkStatus() : MakeRoomForBytes(kAskFromBytes);
}

absl::Status QueryContext::MakeRoomForBytes(int64_t bytes) {
  const absl::Status room = tocsin::MakeRoom(memory_budget, bytes);
  return room.ok() ? room : ExecutionError(Message(room));
}

}  // namespace tocsin::promql
