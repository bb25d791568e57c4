#include "storage/head_querier.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "base/memory_budget.h"
#include "base/status.h"

namespace tocsin {
namespace {

// So many series are looked at before commits get a turn.
constexpr size_t kSelectSlice = 4096;
constexpr size_t kSelectAhead = 8;

// Of a selected series, with its place in the list.
constexpr size_t kSelectedBytes = 72;

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
  HeadSeries(const HeadCore& core, const SeriesView& view, uint32_t selection, uint32_t place)
      : core_(core), view_(view), selection_(selection), place_(place) {}

  const SeriesView& view() const { return view_; }
  /// The querier's selection that it is of, and its place among the slots found for that.
  uint32_t selection() const { return selection_; }
  uint32_t place() const { return place_; }

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
  uint32_t selection_;
  uint32_t place_;
};

const HeadSeries& HeadSeriesOf(const std::unique_ptr<SelectedSeries>& series) { return static_cast<const HeadSeries&>(*series); }
const SeriesView& ViewOf(const std::unique_ptr<SelectedSeries>& series) { return HeadSeriesOf(series).view(); }

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
    const auto selection = static_cast<uint32_t>(selections_.size());
    {
      const ReaderLock lock(core_.mu);
      selections_.push_back(core_.finder.FindSorted(matchers));
    }
    const std::vector<uint32_t>& slots = *selections_.back().slots;
    RETURN_IF_ERROR(MakeRoom(core_.options.memory_budget, static_cast<int64_t>(slots.size() * kSelectedBytes)));
    SeriesList found;
    found.reserve(slots.size());
    ForEachVisible(slots, std::max(hints.min_t, min_t_), std::min(hints.max_t, max_t_), [&](const SeriesView& view, size_t place) {
      found.push_back(std::make_unique<HeadSeries>(core_, view, selection, static_cast<uint32_t>(place)));
    });
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

  std::vector<Labels> ReadLabelSets(SeriesSpan series, const std::vector<std::string>& only, std::vector<uint32_t>* set_of) const override {
    set_of->resize(series.size());
    std::vector<uint32_t> first_of;  // the first series of each set
    const LabelSetNumbers::Places kept = KeptPlaces(series, only);
    if (kept != nullptr && Renumber(series, *kept, [](const HeadSeries& one, size_t) { return one.place(); }, set_of, &first_of)) {
      if (!kept->labels.empty()) {
        std::vector<Labels> sets;
        sets.reserve(first_of.size());
        for (const uint32_t i : first_of) {
          sets.push_back(kept->labels[kept->set_of[HeadSeriesOf(series[i]).place()]]);
        }
        return sets;
      }
    } else {
      const auto found = FindLabelSets(series.size(), [&](size_t i) { return ViewOf(series[i]).series; }, only);
      first_of.clear();
      Renumber(series, *found, [](const HeadSeries&, size_t i) { return i; }, set_of, &first_of);
    }
    return LabelsOf(first_of.size(), [&](size_t i) { return ViewOf(series[first_of[i]]).series; }, only);
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
        if (i + 2 * kSelectAhead < end) {
          core_.table.Prefetch(slots[i + 2 * kSelectAhead]);
        }
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
        each(SeriesView{series, limit, commit_}, i);
      }
    }
  }

  std::vector<NameId> NameIds(const std::vector<std::string>& texts) const REQUIRES_SHARED(core_.mu) {
    std::vector<NameId> names;
    for (const std::string& name : texts) {
      names.push_back(core_.pairs.FindName(name));
    }
    return names;
  }

  // The sets of the whole list that the series were selected from, found now if they were not before; null where that is not worth it.
  LabelSetNumbers::Places KeptPlaces(SeriesSpan series, const std::vector<std::string>& only) const {
    constexpr size_t kWorthKeeping = 64;
    constexpr size_t kListPerSeries = 2;
    constexpr size_t kSeriesPerKeptLabels = 4;
    if (series.size() < kWorthKeeping) {
      return nullptr;
    }
    const SeriesFinder::Sorted& list = selections_[HeadSeriesOf(series[0]).selection()];
    const std::vector<uint32_t>& slots = *list.slots;
    if (LabelSetNumbers::Places kept = list.sets->Find(only); kept != nullptr || slots.size() / kListPerSeries > series.size()) {
      return kept;
    }
    const auto series_at = [&](size_t i) NO_THREAD_SAFETY_ANALYSIS { return core_.table.Find(slots[i]); };  // called under the lock
    const std::shared_ptr<LabelSetPlaces> found = FindLabelSets(slots.size(), series_at, only);
    if (found->sets <= slots.size() / kSeriesPerKeptLabels) {
      std::vector<uint32_t> first_of(found->sets);
      for (size_t i = slots.size(); i-- > 0;) {
        if (found->set_of[i] != LabelSetPlaces::kGone) {
          first_of[found->set_of[i]] = slots[i];
        }
      }
      found->labels = LabelsOf(first_of.size(), [&](size_t i) NO_THREAD_SAFETY_ANALYSIS { return core_.table.Find(first_of[i]); }, only);
    }
    list.sets->Add(only, found);
    return found;
  }

  // Sets are told apart by the numbers of their pairs, not by texts. `series_at` gives the series, or null for one that has gone.
  template <typename SeriesAt>
  std::shared_ptr<LabelSetPlaces> FindLabelSets(size_t count, SeriesAt series_at, const std::vector<std::string>& only) const {
    auto found = std::make_shared<LabelSetPlaces>();
    absl::flat_hash_map<absl::InlinedVector<PairId, 6>, uint32_t> places;
    absl::InlinedVector<PairId, 6> key;
    found->set_of.reserve(count);
    for (size_t first = 0; first < count; first += kSelectSlice) {
      const size_t last = std::min(count, first + kSelectSlice);
      const ReaderLock lock(core_.mu);
      const std::vector<NameId> names = NameIds(only);
      for (size_t i = first; i < last; ++i) {
        if (i + kSelectAhead < last) {
          PrefetchBytes(series_at(i + kSelectAhead), 2 * kCacheLine);
        }
        const Series* held = series_at(i);
        if (held == nullptr) {
          found->set_of.push_back(LabelSetPlaces::kGone);
          continue;
        }
        key.clear();
        core_.table.ForEachPairOf(*held, names, [&](PairId pair) { key.push_back(pair); });
        found->set_of.push_back(places.try_emplace(key, static_cast<uint32_t>(places.size())).first->second);
      }
    }
    found->sets = static_cast<uint32_t>(places.size());
    return found;
  }

  // Numbers the sets of `series` in the order in which these come; false when one is not in `places`.
  template <typename PlaceOf>
  static bool Renumber(SeriesSpan series, const LabelSetPlaces& places, PlaceOf place_of, std::vector<uint32_t>* set_of,
                       std::vector<uint32_t>* first_of) {
    std::vector<uint32_t> number_of(places.sets);  // one more than it, or 0 while it has none
    for (size_t i = 0; i < series.size(); ++i) {
      const uint32_t set = places.set_of[place_of(HeadSeriesOf(series[i]), i)];
      if (set == LabelSetPlaces::kGone) {
        return false;
      }
      if (number_of[set] == 0) {
        first_of->push_back(static_cast<uint32_t>(i));
        number_of[set] = static_cast<uint32_t>(first_of->size());
      }
      (*set_of)[i] = number_of[set] - 1;
    }
    return true;
  }

  // Of series_at(0) and so on; none at all when one of them has gone.
  template <typename SeriesAt>
  std::vector<Labels> LabelsOf(size_t count, SeriesAt series_at, const std::vector<std::string>& only) const {
    std::vector<Labels> labels;
    labels.reserve(count);
    for (size_t first = 0; first < count; first += kSelectSlice) {
      const size_t last = std::min(count, first + kSelectSlice);
      const ReaderLock lock(core_.mu);
      const std::vector<NameId> names = NameIds(only);
      for (size_t i = first; i < last; ++i) {
        const Series* held = series_at(i);
        if (held == nullptr) {
          return {};
        }
        labels.push_back(core_.table.LabelsOf(*held, names));
      }
    }
    return labels;
  }

  template <typename Each>
  void ForEachPair(std::span<const Matcher> matchers, Each each) {
    SeriesFinder::Slots slots;
    {
      const ReaderLock lock(core_.mu);
      slots = core_.finder.Find(matchers);
    }
    absl::flat_hash_set<PairId> pairs;
    ForEachVisible(*slots, min_t_, max_t_, [&](const SeriesView& view, size_t) REQUIRES_SHARED(core_.mu) {
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
  std::vector<SeriesFinder::Sorted> selections_;  // what Select has found, in its order
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
