#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tocsin::differential {

/// The series of GenerateSeries, and native histograms (latency_native) and histograms with custom buckets (latency_custom), as packed
/// bodies of remote write 1.0, to be sent in this order.
std::vector<std::string> WriteBodies(uint64_t seed);

}  // namespace tocsin::differential
