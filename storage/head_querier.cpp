#include "storage/head_querier.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"

namespace tocsin {
namespace {

// So many series are looked at before commits get a turn.
constexpr size_t kSelectSlice = 4096;
constexpr size_t kSelectAhead = 8;

// So many series are captured under one lock: enough for what they hold to be fetched ahead, few enough to stay in the cache.
constexpr size_t kBatch = 32;
constexpr size_t kCacheLine = 64;

void PrefetchBytes(const void* at, size_t size) {
  for (size_t offset = 0; offset < size; offset += kCacheLine) {
    __builtin_prefetch(static_cast<const char*>(at) + offset);
  }
}

class HeadSeries : public SelectedSeries {
 public:
  HeadSeries(const HeadCore& core, const SeriesView& view) : core_(core), view_(view) {}

  const SeriesView& view() const { return view_; }

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
    return LastOf(samples, out);
  }

  static bool LastOf(SampleColumns& samples, Sample* out) {
    if (samples.empty()) {
      return false;
    }
    const size_t last = samples.size() - 1;
    out->t = samples.timestamps[last];
    out->value = samples.values[last];
    out->histogram = samples.histograms.empty() ? nullptr : samples.histograms[last];
    out->start_t = samples.start_timestamps.empty() ? 0 : samples.start_timestamps[last];
    return true;
  }

 private:
  SeriesCapture Capture(TimestampMs min_t, TimestampMs max_t) const {
    SeriesCapture capture;
    const ReaderLock lock(core_.mu);
    capture.Take(view_, min_t, max_t);
    return capture;
  }

  const HeadCore& core_;
  SeriesView view_;
};

const SeriesView& ViewOf(const std::unique_ptr<SelectedSeries>& series) { return static_cast<const HeadSeries&>(*series).view(); }

// The newest sample up to max_t lies most often within two intervals before it, which costs less to read than the whole window.
TimestampMs NearestMin(const SeriesView& view, TimestampMs min_t, TimestampMs max_t) {
  const Series& series = *view.series;
  const TimestampMs end = std::min(max_t, view.limit_t);
  if (series.extra != nullptr || series.delta == 0 || end < min_t) {
    return min_t;
  }
  const uint64_t back = 2 * uint64_t{series.delta};
  return static_cast<uint64_t>(end) - static_cast<uint64_t>(min_t) <= back ? min_t : end - static_cast<TimestampMs>(back);
}

// What will be read of the series comes from far, and each part tells where the next one is: all of one kind are asked for before the first
// of the next kind.
void PrefetchSeries(SeriesSpan series) {
  for (const std::unique_ptr<SelectedSeries>& one : series) {
    PrefetchBytes(ViewOf(one).series, sizeof(Series));
  }
}

// About so many closed chunks hold what the open one does not have.
size_t ClosedNeeded(const Series& series, TimestampMs min_t) {
  constexpr uint64_t kSamples = 120;
  constexpr uint64_t kMost = 3;
  const TimestampMs have = series.open == nullptr ? series.last_t : XorFirstTime(series.open, series.open_size);
  if (have <= min_t) {
    return series.open == nullptr ? 1 : 0;
  }
  const uint64_t missing_ms = static_cast<uint64_t>(have) - static_cast<uint64_t>(min_t);
  return std::min(kMost, 1 + missing_ms / (std::max<uint64_t>(series.delta, 1) * kSamples));
}

void PrefetchChunks(SeriesSpan series, TimestampMs min_t) {
  constexpr size_t kChunkBytes = 192;  // with 120 samples
  for (const std::unique_ptr<SelectedSeries>& one : series) {
    const Series& held = *ViewOf(one).series;
    if (held.open != nullptr) {
      PrefetchBytes(held.open - OpenChunkPool::kHeadBytes, OpenChunkPool::kHeadBytes + held.open_size);
    }
    held.closed.Prefetch();
  }
  for (const std::unique_ptr<SelectedSeries>& one : series) {
    const Series& held = *ViewOf(one).series;
    const ChunkList& closed = held.closed;
    for (size_t i = closed.size() - std::min(closed.size(), ClosedNeeded(held, min_t)); i < closed.size(); ++i) {
      PrefetchBytes(&*closed[i], kChunkBytes);
    }
  }
}

class HeadBatch : public SeriesBatch {
 public:
  explicit HeadBatch(const HeadCore& core) : core_(core) {}

  void Fill(SeriesSpan series, TimestampMs min_t, TimestampMs max_t) {
    if (captures_.size() < series.size()) {
      captures_.resize(series.size());
    }
    for (size_t first = 0; first < series.size(); first += kBatch) {
      const size_t last = std::min(series.size(), first + kBatch);
      const SeriesSpan part = series.subspan(first, last - first);
      const ReaderLock lock(core_.mu);
      PrefetchSeries(part);
      PrefetchChunks(part, min_t);
      for (size_t i = first; i < last; ++i) {
        captures_[i].Take(ViewOf(series[i]), min_t, max_t);
      }
    }
  }

  void Read(size_t i, SampleColumns* out) const override { captures_[i].Read(out); }

 private:
  const HeadCore& core_;
  std::vector<SeriesCapture> captures_;
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

  void Capture(SeriesSpan series, TimestampMs min_t, TimestampMs max_t, SeriesBatchPtr* batch) const override {
    if (*batch == nullptr) {
      *batch = std::make_unique<HeadBatch>(core_);
    }
    static_cast<HeadBatch&>(**batch).Fill(series, min_t, max_t);
  }

  void ReadLast(SeriesSpan series, TimestampMs min_t, TimestampMs max_t, Sample* samples, bool* found) const override {
    SeriesCapture capture[kBatch];
    SampleColumns columns;
    for (size_t first = 0; first < series.size(); first += kBatch) {
      const size_t last = std::min(series.size(), first + kBatch);
      int newest[kBatch];
      {
        const ReaderLock lock(core_.mu);
        PrefetchSeries(series.subspan(first, last - first));
        bool chunks = false;
        for (size_t i = first; i < last; ++i) {
          newest[i - first] = ReadNewest(ViewOf(series[i]), min_t, max_t, &samples[i]);
          chunks |= newest[i - first] < 0;
        }
        if (chunks) {
          PrefetchChunks(series.subspan(first, last - first), min_t);
        }
        for (size_t i = first; chunks && i < last; ++i) {
          if (newest[i - first] < 0) {
            const SeriesView& view = ViewOf(series[i]);
            capture[i - first].Take(view, NearestMin(view, min_t, max_t), max_t);
          }
        }
      }
      for (size_t i = first; i < last; ++i) {
        found[i] = newest[i - first] > 0;
        if (newest[i - first] < 0) {
          columns.Clear();
          capture[i - first].Read(&columns);
          if (columns.empty()) {
            series[i]->Read(min_t, max_t, &columns);
          }
          found[i] = HeadSeries::LastOf(columns, &samples[i]);
        }
      }
    }
  }

  void ReadLabels(SeriesSpan series, Labels* labels) const override {
    for (size_t first = 0; first < series.size(); first += kSelectSlice) {
      const size_t last = std::min(series.size(), first + kSelectSlice);
      const ReaderLock lock(core_.mu);
      for (size_t i = first; i < last; ++i) {
        if (i + kSelectAhead < last) {
          PrefetchBytes(ViewOf(series[i + kSelectAhead]).series, 2 * kCacheLine);
        }
        labels[i] = core_.table.LabelsOf(*ViewOf(series[i]).series);
      }
    }
  }

  // Told apart by the numbers of their pairs: texts are looked at once a set.
  std::vector<Labels> ReadLabelSets(SeriesSpan series, const std::vector<std::string>& only, std::vector<uint32_t>* set_of) const override {
    std::vector<Labels> sets;
    absl::flat_hash_map<absl::InlinedVector<PairId, 6>, uint32_t> places;
    absl::InlinedVector<PairId, 6> key;
    std::vector<NameId> names;
    set_of->resize(series.size());
    for (size_t first = 0; first < series.size(); first += kSelectSlice) {
      const size_t last = std::min(series.size(), first + kSelectSlice);
      const ReaderLock lock(core_.mu);
      names.clear();
      for (const std::string& name : only) {
        names.push_back(core_.pairs.FindName(name));
      }
      for (size_t i = first; i < last; ++i) {
        if (i + kSelectAhead < last) {
          PrefetchBytes(ViewOf(series[i + kSelectAhead]).series, 2 * kCacheLine);
        }
        const Series& held = *ViewOf(series[i]).series;
        key.clear();
        core_.table.ForEachPairOf(held, names, [&](PairId pair) { key.push_back(pair); });
        const auto [it, added] = places.try_emplace(key, static_cast<uint32_t>(sets.size()));
        (*set_of)[i] = it->second;
        if (added) {
          sets.push_back(core_.table.LabelsOf(held, names));
        }
      }
    }
    return sets;
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
        if (i + kSelectAhead < end) {
          __builtin_prefetch(core_.table.Find(slots[i + kSelectAhead]));
        }
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
        // The sample before the last one, of which the open chunk tells, is known without a look at the first chunk.
        const bool newest_two_behind =
            series->last_t > max_t && static_cast<uint64_t>(series->last_t) - static_cast<uint64_t>(max_t) > series->delta;
        const auto open_is_early = [&] { return series->open != nullptr && XorFirstTime(series->open, series->open_size) <= max_t; };
        if (max_t < core_.max_time && (newest_two_behind || out_of_order) && !open_is_early() && series->FirstTime() > max_t) {
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
    SeriesCapture capture;
    {
      const ReaderLock lock(core_.mu);
      const Series* series = core_.table.Find(static_cast<uint32_t>(id - 1));
      const uint64_t rewrites = series == nullptr || series->extra == nullptr ? 0 : series->extra->rewrites;
      const bool fresh = cursor->t == kMinTimestamp;
      if (series == nullptr || (!fresh && rewrites != cursor->rewrites)) {
        cursor->rewrites = kGone;
        return false;
      }
      cursor->rewrites = rewrites;
      capture.Take(SeriesView{series, series->last_t, core_.commit}, fresh ? kMinTimestamp : cursor->t + 1, max_t);
    }
    capture.Read(out);
    if (out->size() > before) {
      cursor->t = out->timestamps.back();
    }
    return true;
  }

 private:
  static constexpr uint64_t kGone = ~uint64_t{0};

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
