#pragma once

#include <cstdint>
#include <vector>

#include "tests/reference_evaluator/memory_series.h"

namespace tocsin::reference {

/// Data for random queries: counters that reset, gauges with gaps, late starts and stale markers, cumulative buckets, an info metric.
/// Values are small multiples of 1/4, so that sums and differences of them are exact whatever the order.
/// Times: kDataStart .. kDataStart + kDataLength, one sample about every kDataInterval.
inline constexpr TimestampMs kDataStart = 1'700'000'100'000;
inline constexpr DurationMs kDataLength = kHour;
inline constexpr DurationMs kDataInterval = 15 * kSecond;

/// The same for the same seed.
std::vector<MemorySeries> GenerateSeries(uint64_t seed);

}  // namespace tocsin::reference
