#include <algorithm>
#include <cmath>
#include <limits>

#include "promql/functions/range_function.h"

namespace tocsin::promql {

namespace {

/// f(step, window) for windows with floats, after a note about histograms that are left out.
template <typename F>
void ForEachFloatWindow(const RangeCall& call, RangeRow& row, F f) {
  ForEachWindow(row.samples, [&](size_t step, const Window& window) {
    if (window.floats() == 0) {
      return;
    }
    if (window.histograms() > 0) {
      call.annotator.Add(HistogramIgnoredInMixedRange(row.metric_name, call.first_arg_pos));
    }
    f(step, window);
  });
}

/// The position of the extreme value of [begin, end): replaces(candidate, current) tells whether a later value takes the place.
template <typename Replaces>
uint32_t FindExtreme(const std::vector<double>& v, uint32_t begin, uint32_t end, Replaces replaces) {
  uint32_t best = begin;
  for (uint32_t i = begin + 1; i < end; ++i) {
    if (replaces(v[i], v[best])) {
      best = i;
    }
  }
  return best;
}

/// Windows move forward, so the extreme of the window before is kept while it lies inside, and only what is new is compared with it.
template <typename Replaces, typename F>
void SlideExtreme(const RangeCall& call, RangeRow& row, Replaces replaces, F emit) {
  const std::vector<double>& v = row.samples.float_v;
  uint32_t best = 0;
  uint32_t known_end = 0;
  ForEachFloatWindow(call, row, [&](size_t step, const Window& window) {
    if (known_end <= window.float_begin || best < window.float_begin) {
      best = FindExtreme(v, window.float_begin, window.float_end, replaces);
    } else {
      for (uint32_t i = known_end; i < window.float_end; ++i) {
        if (replaces(v[i], v[best])) {
          best = i;
        }
      }
    }
    known_end = window.float_end;
    emit(step, best);
  });
}

/// A NaN gives way to anything that comes later.
bool Above(double candidate, double current) { return candidate > current || std::isnan(current); }
bool Below(double candidate, double current) { return candidate < current || std::isnan(current); }
bool NotBelow(double candidate, double current) { return candidate >= current || std::isnan(current); }
bool NotAbove(double candidate, double current) { return candidate <= current || std::isnan(current); }

double Seconds(TimestampMs t) { return static_cast<double>(t) / 1000; }

/// Whether the chosen end of a window is a float.
bool EndIsFloat(const RangeBuffer& samples, const Window& window, bool last) {
  if (window.histograms() == 0 || window.floats() == 0) {
    return window.floats() > 0;
  }
  return last ? samples.float_t[window.float_end - 1] > samples.histogram_t[window.histogram_end - 1]
              : samples.float_t[window.float_begin] < samples.histogram_t[window.histogram_begin];
}

absl::Status EndOverTime(RangeRow& row, bool last) {
  const RangeBuffer& samples = row.samples;
  ForEachWindow(samples, [&](size_t step, const Window& window) {
    if (EndIsFloat(samples, window, last)) {
      row.Set(step, samples.float_v[last ? window.float_end - 1 : window.float_begin]);
    } else {
      row.out.SetHistogram(row.row, step, samples.histogram_v[last ? window.histogram_end - 1 : window.histogram_begin]);
    }
  });
  return absl::OkStatus();
}

absl::Status TimeOfEndOverTime(RangeRow& row, bool last) {
  const RangeBuffer& samples = row.samples;
  ForEachWindow(samples, [&](size_t step, const Window& window) {
    const bool is_float = EndIsFloat(samples, window, last);
    const uint32_t begin = is_float ? window.float_begin : window.histogram_begin;
    const uint32_t end = is_float ? window.float_end : window.histogram_end;
    const std::vector<TimestampMs>& t = is_float ? samples.float_t : samples.histogram_t;
    row.Set(step, Seconds(t[last ? end - 1 : begin]));
  });
  return absl::OkStatus();
}

}  // namespace

absl::Status MaxOverTimeKernel(const RangeCall& call, RangeRow& row) {
  SlideExtreme(call, row, Above, [&](size_t step, uint32_t best) { row.Set(step, row.samples.float_v[best]); });
  return absl::OkStatus();
}

absl::Status MinOverTimeKernel(const RangeCall& call, RangeRow& row) {
  SlideExtreme(call, row, Below, [&](size_t step, uint32_t best) { row.Set(step, row.samples.float_v[best]); });
  return absl::OkStatus();
}

absl::Status TsOfMaxOverTimeKernel(const RangeCall& call, RangeRow& row) {
  SlideExtreme(call, row, NotBelow, [&](size_t step, uint32_t best) { row.Set(step, Seconds(row.samples.float_t[best])); });
  return absl::OkStatus();
}

absl::Status TsOfMinOverTimeKernel(const RangeCall& call, RangeRow& row) {
  SlideExtreme(call, row, NotAbove, [&](size_t step, uint32_t best) { row.Set(step, Seconds(row.samples.float_t[best])); });
  return absl::OkStatus();
}

absl::Status CountOverTimeKernel(const RangeCall&, RangeRow& row) {
  ForEachWindow(row.samples,
                [&](size_t step, const Window& window) { row.Set(step, static_cast<double>(window.floats() + window.histograms())); });
  return absl::OkStatus();
}

absl::Status PresentOverTimeKernel(const RangeCall&, RangeRow& row) {
  ForEachWindow(row.samples, [&](size_t step, const Window&) { row.Set(step, 1); });
  return absl::OkStatus();
}

absl::Status LastOverTimeKernel(const RangeCall&, RangeRow& row) { return EndOverTime(row, /*last=*/true); }
absl::Status FirstOverTimeKernel(const RangeCall&, RangeRow& row) { return EndOverTime(row, /*last=*/false); }
absl::Status TsOfLastOverTimeKernel(const RangeCall&, RangeRow& row) { return TimeOfEndOverTime(row, /*last=*/true); }
absl::Status TsOfFirstOverTimeKernel(const RangeCall&, RangeRow& row) { return TimeOfEndOverTime(row, /*last=*/false); }

}  // namespace tocsin::promql
