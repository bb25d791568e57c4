#include "storage/head.h"

#include <algorithm>

#include "base/status.h"
#include "storage/head_appender.h"
#include "storage/head_core.h"
#include "storage/head_held_selector.h"
#include "storage/head_metrics.h"
#include "storage/head_querier.h"
#include "storage/head_storage.h"

namespace tocsin {
namespace {

constexpr size_t kExemplarsToLook = 100'000;

}  // namespace

Head::Head(std::unique_ptr<HeadCore> core, std::unique_ptr<HeadStorage> storage) : core_(std::move(core)), storage_(std::move(storage)) {
  if (core_->options.registry != nullptr) {
    metrics_ = std::make_unique<HeadMetrics>(*core_, storage_.get(), *core_->options.registry);
  }
}
Head::~Head() = default;

std::unique_ptr<Head> Head::OpenMemoryOnly(const HeadOptions& options, const Clock& clock) {
  return std::unique_ptr<Head>(new Head(std::make_unique<HeadCore>(options, clock), nullptr));
}

absl::StatusOr<std::unique_ptr<Head>> Head::Open(const std::string& path, const HeadOptions& options, const Clock& clock, Env& env,
                                                 ReplayProgress* progress) {
  auto core = std::make_unique<HeadCore>(options, clock);
  ASSIGN_OR_RETURN(std::unique_ptr<HeadStorage> storage, HeadStorage::Open(*core, path, env, progress));
  return std::unique_ptr<Head>(new Head(std::move(core), std::move(storage)));
}

absl::StatusOr<std::unique_ptr<Head>> Head::OpenToLook(const std::string& path, const Clock& clock, Env& env) {
  HeadOptions options;
  options.retention_ms = 0;
  options.max_exemplars = kExemplarsToLook;
  options.start_timestamps = true;
  auto core = std::make_unique<HeadCore>(options, clock);
  ASSIGN_OR_RETURN(std::unique_ptr<HeadStorage> storage, HeadStorage::OpenToLook(*core, path, env));
  return std::unique_ptr<Head>(new Head(std::move(core), std::move(storage)));
}

const ReplayReport* Head::replay_report() const { return storage_ == nullptr ? nullptr : &storage_->report(); }

std::unique_ptr<Appender> Head::OpenAppender() { return MakeHeadAppender(*core_); }

absl::StatusOr<std::unique_ptr<Querier>> Head::OpenQuerier(TimestampMs min_t, TimestampMs max_t) {
  return MakeHeadQuerier(*core_, min_t, max_t);
}

absl::Status Head::Delete(std::span<const Matcher> matchers, TimestampMs min_t, TimestampMs max_t) {
  return core_->Delete(matchers, min_t, max_t);
}

std::vector<Head::SeriesExemplars> Head::SelectExemplars(std::span<const std::vector<Matcher>> selectors, TimestampMs min_t,
                                                         TimestampMs max_t) const {
  const ReaderLock lock(core_->mu);
  absl::flat_hash_map<uint32_t, size_t> places;
  std::vector<SeriesExemplars> found;
  absl::flat_hash_set<uint32_t> wanted;
  for (const std::vector<Matcher>& matchers : selectors) {
    const SeriesFinder::Slots slots = core_->finder.Find(matchers);
    wanted.insert(slots->begin(), slots->end());
  }
  core_->exemplars.ForEach([&](uint32_t slot, const Exemplar& exemplar) NO_THREAD_SAFETY_ANALYSIS {
    if (exemplar.t < min_t || exemplar.t > max_t || !wanted.contains(slot)) {
      return;
    }
    const auto [it, added] = places.try_emplace(slot, found.size());
    if (added) {
      found.push_back({core_->table.LabelsOf(*core_->table.Find(slot)), {}});
    }
    found[it->second].exemplars.push_back(exemplar);
  });
  std::sort(found.begin(), found.end(), [](const SeriesExemplars& a, const SeriesExemplars& b) { return a.labels < b.labels; });
  for (SeriesExemplars& series : found) {
    std::stable_sort(series.exemplars.begin(), series.exemplars.end(), [](const Exemplar& a, const Exemplar& b) { return a.t < b.t; });
  }
  return found;
}

MetricMetadata Head::Metadata(const std::string& metric) const {
  const ReaderLock lock(core_->mu);
  const auto it = core_->metadata.find(metric);
  return it == core_->metadata.end() ? MetricMetadata{} : it->second;
}

std::unique_ptr<HeldSelector> Head::Hold(std::vector<Matcher> matchers, bool keeps_history) {
  return MakeHeldSelector(*core_, std::move(matchers), keeps_history);
}

void Head::Maintain() {
  core_->Maintain();
  if (storage_ != nullptr) {
    storage_->Maintain();
  }
  UpdateMetrics();
}

void Head::UpdateMetrics() {
  if (metrics_ != nullptr) {
    metrics_->Update();
  }
}

HeadStatus Head::Status(size_t limit) const { return MakeHeadStatus(*core_, limit); }

absl::Status Head::Checkpoint() { return storage_ == nullptr ? absl::OkStatus() : storage_->Checkpoint(); }

size_t Head::series_count() const {
  const ReaderLock lock(core_->mu);
  return core_->table.size();
}

int64_t Head::sample_bytes() const {
  const ReaderLock lock(core_->mu);
  return core_->chunk_bytes;
}

TimestampMs Head::min_time() const {
  const ReaderLock lock(core_->mu);
  return core_->min_time;
}

TimestampMs Head::max_time() const {
  const ReaderLock lock(core_->mu);
  return core_->max_time;
}

}  // namespace tocsin
