#include <algorithm>
#include <cmath>

#include "base/model/float_histogram.h"
#include "promql/functions/range_function.h"
#include "promql/functions/start_time.h"

namespace tocsin::promql {

namespace {

struct MixedSample {
  TimestampMs t = 0;
  TimestampMs start_t = 0;
  double value = 0;
  const FloatHistogram* histogram = nullptr;
};

/// Where to begin in a window: an anchored selector's window holds samples before the range, of which only the newest one is compared
/// with. False when there is no sample inside the range.
bool SkipBeforeAnchor(const RangeCall& call, const RangeBuffer& samples, size_t step, Window* window) {
  if (!call.anchored) {
    return true;
  }
  const TimestampMs range_start = call.RangeStart(step);
  const auto first_after = [range_start](const std::vector<TimestampMs>& t, uint32_t begin, uint32_t end) {
    return static_cast<uint32_t>(std::upper_bound(t.begin() + begin, t.begin() + end, range_start) - t.begin());
  };
  const uint32_t f = first_after(samples.float_t, window->float_begin, window->float_end);
  const uint32_t h = first_after(samples.histogram_t, window->histogram_begin, window->histogram_end);
  if (f == window->float_end && h == window->histogram_end) {
    return false;
  }
  const bool float_before = f > window->float_begin;
  const bool histogram_before = h > window->histogram_begin;
  const bool anchor_is_float = float_before && (!histogram_before || samples.float_t[f - 1] >= samples.histogram_t[h - 1]);
  window->float_begin = anchor_is_float ? f - 1 : f;
  window->histogram_begin = histogram_before && !anchor_is_float ? h - 1 : h;
  return true;
}

/// Calls differs(before, now) for each pair of neighbours in a window and counts how often it holds.
template <typename F>
absl::Status CountPairs(const RangeCall& call, RangeRow& row, F differs) {
  const RangeBuffer& samples = row.samples;
  ForEachWindow(samples, [&](size_t step, Window window) {
    if (!SkipBeforeAnchor(call, samples, step, &window)) {
      return;
    }
    uint32_t f = window.float_begin;
    uint32_t h = window.histogram_begin;
    MixedSample before;
    bool first = true;
    double count = 0;
    while (f < window.float_end || h < window.histogram_end) {
      MixedSample now;
      if (h >= window.histogram_end || (f < window.float_end && samples.float_t[f] < samples.histogram_t[h])) {
        now = {samples.float_t[f], f < samples.float_start_t.size() ? samples.float_start_t[f] : 0, samples.float_v[f], nullptr};
        ++f;
      } else {
        now = {samples.histogram_t[h], h < samples.histogram_start_t.size() ? samples.histogram_start_t[h] : 0, 0,
               samples.histogram_v[h].get()};
        ++h;
      }
      if (!first && ((before.histogram == nullptr) != (now.histogram == nullptr) || differs(before, now))) {
        ++count;
      }
      first = false;
      before = now;
    }
    row.Set(step, count);
  });
  return absl::OkStatus();
}

}  // namespace

absl::Status ResetsKernel(const RangeCall& call, RangeRow& row) {
  return CountPairs(call, row, [](const MixedSample& before, const MixedSample& now) {
    if (IsStartTimeReset(before.start_t, before.t, now.start_t, now.t)) {
      return true;
    }
    return now.histogram == nullptr ? now.value < before.value : DetectHistogramReset(*now.histogram, *before.histogram);
  });
}

absl::Status ChangesKernel(const RangeCall& call, RangeRow& row) {
  return CountPairs(call, row, [](const MixedSample& before, const MixedSample& now) {
    if (now.histogram == nullptr) {
      return now.value != before.value && !(std::isnan(now.value) && std::isnan(before.value));
    }
    return !IdenticalHistograms(*now.histogram, *before.histogram);
  });
}

}  // namespace tocsin::promql
