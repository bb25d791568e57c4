#include "storage/head_held_selector.h"

namespace tocsin {
namespace {

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

std::unique_ptr<HeldSelector> MakeHeldSelector(HeadCore& core, std::vector<Matcher> matchers, bool keeps_history) {
  return std::make_unique<HeadHeldSelector>(core, std::move(matchers), keeps_history);
}

}  // namespace tocsin
