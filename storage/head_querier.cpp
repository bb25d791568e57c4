#include "storage/head_querier.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace tocsin {
namespace {

// So many series are looked at before commits get a turn.
constexpr size_t kSelectSlice = 4096;

class HeadSeries : public SelectedSeries {
 public:
  HeadSeries(const HeadCore& core, const SeriesView& view) : core_(core), view_(view) {}

  Labels labels() const override {
    const ReaderLock lock(core_.mu);
    return core_.table.LabelsOf(*view_.series);
  }

  uint64_t id() const override { return uint64_t{view_.series->slot} + 1; }

  void Read(TimestampMs min_t, TimestampMs max_t, SampleColumns* out) const override { Capture(min_t, max_t).Read(out); }

  bool ReadLast(TimestampMs min_t, TimestampMs max_t, Sample* out) const override {
    {
      const ReaderLock lock(core_.mu);
      if (const int found = ReadNewest(view_, min_t, max_t, out); found >= 0) {
        return found == 1;
      }
    }
    SampleColumns samples;
    Read(min_t, max_t, &samples);
    if (samples.empty()) {
      return false;
    }
    const size_t last = samples.size() - 1;
    *out = Sample{samples.timestamps[last], samples.values[last], samples.histograms.empty() ? nullptr : samples.histograms[last],
                  samples.start_timestamps.empty() ? 0 : samples.start_timestamps[last]};
    return true;
  }

 private:
  SeriesCapture Capture(TimestampMs min_t, TimestampMs max_t) const {
    const ReaderLock lock(core_.mu);
    return SeriesCapture(view_, min_t, max_t);
  }

  const HeadCore& core_;
  SeriesView view_;
};

class HeadQuerier : public Querier {
 public:
  HeadQuerier(HeadCore& core, TimestampMs min_t, TimestampMs max_t) : core_(core), min_t_(min_t), max_t_(max_t) {
    const ReaderLock lock(core.mu);
    commit_ = core.commit;
    limits_seen_ = commit_;
    core.queriers.Enter(commit_);
  }
  ~HeadQuerier() override { core_.queriers.Leave(commit_); }

  absl::StatusOr<SeriesList> Select(std::span<const Matcher> matchers, const SelectHints& hints) override {
    if (matchers.empty()) {
      return absl::InvalidArgumentError("a selector needs at least one matcher");
    }
    SeriesFinder::Slots slots;
    {
      const ReaderLock lock(core_.mu);
      slots = core_.finder.FindSorted(matchers);
    }
    SeriesList found;
    found.reserve(slots->size());
    ForEachVisible(*slots, std::max(hints.min_t, min_t_), std::min(hints.max_t, max_t_),
                   [&](const SeriesView& view) { found.push_back(std::make_unique<HeadSeries>(core_, view)); });
    return found;
  }

  absl::StatusOr<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers) override {
    absl::flat_hash_set<NameId> names;
    ForEachPair(matchers, [&](PairId pair) REQUIRES_SHARED(core_.mu) { names.insert(core_.pairs.name_id(pair)); });
    std::vector<std::string> sorted;
    const ReaderLock lock(core_.mu);
    for (const NameId name : names) {
      sorted.emplace_back(core_.pairs.name_text(name));
    }
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name, std::span<const Matcher> matchers) override {
    NameId name_id = kNoId;
    {
      const ReaderLock lock(core_.mu);
      name_id = core_.pairs.FindName(name);
    }
    std::vector<std::string> sorted;
    absl::flat_hash_set<PairId> seen;
    ForEachPair(matchers, [&](PairId pair) REQUIRES_SHARED(core_.mu) {
      if (core_.pairs.name_id(pair) == name_id && seen.insert(pair).second) {
        sorted.emplace_back(core_.pairs.value(pair));
      }
    });
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    return sorted;
  }

 private:
  template <typename Each>
  void ForEachVisible(const std::vector<uint32_t>& slots, TimestampMs min_t, TimestampMs max_t, Each each) {
    for (size_t begin = 0; begin < slots.size(); begin += kSelectSlice) {
      const ReaderLock lock(core_.mu);
      core_.CollectLimits(&limits_seen_, &limits_);
      const size_t end = std::min(slots.size(), begin + kSelectSlice);
      for (size_t i = begin; i < end; ++i) {
        const Series* series = core_.table.Find(slots[i]);
        if (series == nullptr || series->empty()) {
          continue;
        }
        TimestampMs limit = series->last_t;
        if (!limits_.empty()) {
          if (const auto it = limits_.find(slots[i]); it != limits_.end()) {
            limit = it->second;
          }
        }
        const bool out_of_order = series->extra != nullptr && !series->extra->out_of_order.empty();
        if (!out_of_order && (limit == kMinTimestamp || limit < min_t)) {
          continue;
        }
        if (max_t < core_.max_time && series->FirstTime() > max_t) {
          continue;
        }
        each(SeriesView{series, limit, commit_});
      }
    }
  }

  template <typename Each>
  void ForEachPair(std::span<const Matcher> matchers, Each each) {
    SeriesFinder::Slots slots;
    {
      const ReaderLock lock(core_.mu);
      slots = core_.finder.Find(matchers);
    }
    absl::flat_hash_set<PairId> pairs;
    ForEachVisible(*slots, min_t_, max_t_, [&](const SeriesView& view) REQUIRES_SHARED(core_.mu) {
      for (const PairId pair : core_.table.PairsOf(*view.series)) {
        if (pairs.insert(pair).second) {
          each(pair);
        }
      }
    });
  }

  HeadCore& core_;
  TimestampMs min_t_;
  TimestampMs max_t_;
  uint64_t commit_ = 0;
  uint64_t limits_seen_ = 0;
  HeadCore::Limits limits_;
};

class HeadHeldSelector : public HeldSelector {
 public:
  HeadHeldSelector(HeadCore& core, std::vector<Matcher> matchers, bool keeps_history) : core_(core) {
    set_.matchers = std::move(matchers);
    set_.keeps_history = keeps_history;
    const WriterLock lock(core_.mu);
    for (const uint32_t slot : *core_.finder.Find(set_.matchers)) {
      set_.slots.insert(slot);
      set_.joined.push_back(HeldSeries{uint64_t{slot} + 1, core_.table.LabelsOf(*core_.table.Find(slot))});
    }
    core_.held.Add(&set_);
  }

  ~HeadHeldSelector() override {
    const WriterLock lock(core_.mu);
    core_.held.Remove(&set_);
  }

  uint64_t version() const override {
    const ReaderLock lock(core_.mu);
    return set_.version;
  }

  Changes TakeChanges() override {
    const WriterLock lock(core_.mu);
    Changes changes{std::move(set_.joined), std::move(set_.left)};
    set_.joined.clear();
    set_.left.clear();
    return changes;
  }

  size_t series_count() const override {
    const ReaderLock lock(core_.mu);
    return set_.slots.size();
  }

  bool ReadSince(uint64_t id, TimestampMs max_t, SampleCursor* cursor, SampleColumns* out) override {
    const size_t before = out->size();
    const SeriesCapture capture = [&]() -> SeriesCapture {
      const ReaderLock lock(core_.mu);
      const Series* series = core_.table.Find(static_cast<uint32_t>(id - 1));
      const uint64_t rewrites = series == nullptr || series->extra == nullptr ? 0 : series->extra->rewrites;
      const bool fresh = cursor->t == kMinTimestamp;
      if (series == nullptr || (!fresh && rewrites != cursor->rewrites)) {
        cursor->rewrites = kGone;
        return SeriesCapture(SeriesView{&kEmptySeries, kMinTimestamp, 0}, 0, -1);
      }
      cursor->rewrites = rewrites;
      return SeriesCapture(SeriesView{series, series->last_t, core_.commit}, fresh ? kMinTimestamp : cursor->t + 1, max_t);
    }();
    if (cursor->rewrites == kGone) {
      return false;
    }
    capture.Read(out);
    if (out->size() > before) {
      cursor->t = out->timestamps.back();
    }
    return true;
  }

 private:
  static constexpr uint64_t kGone = ~uint64_t{0};
  inline static const Series kEmptySeries{};

  HeadCore& core_;
  HeldSet set_;
};

}  // namespace

std::unique_ptr<Querier> MakeHeadQuerier(HeadCore& core, TimestampMs min_t, TimestampMs max_t) {
  return std::make_unique<HeadQuerier>(core, min_t, max_t);
}

std::unique_ptr<HeldSelector> MakeHeldSelector(HeadCore& core, std::vector<Matcher> matchers, bool keeps_history) {
  return std::make_unique<HeadHeldSelector>(core, std::move(matchers), keeps_history);
}

}  // namespace tocsin
