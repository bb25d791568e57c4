#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/model/histogram.h"
#include "base/types.h"

namespace tocsin {

/// The messages of io.prometheus.client (client_model's metrics.proto), as far as scrapes need them, read by hand. Views are into the
/// input.

struct ClientExemplar {
  std::vector<std::pair<std::string_view, std::string_view>> labels;
  double value = 0;
  bool has_timestamp = false;
  TimestampMs timestamp = 0;
  bool present = false;
};

struct ClientBucket {
  double upper_bound = 0;
  double cumulative_count = 0;
  ClientExemplar exemplar;
};

struct ClientHistogram {
  double count = 0;
  double sum = 0;
  bool float_counts = false;  ///< The native part has float counts.
  int32_t schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  std::vector<ClientBucket> buckets;
  std::vector<Span> positive_spans;
  std::vector<Span> negative_spans;
  std::vector<int64_t> positive_deltas;
  std::vector<int64_t> negative_deltas;
  std::vector<double> positive_counts;
  std::vector<double> negative_counts;
  std::vector<ClientExemplar> exemplars;

  /// A no-op span marks one that has no observations yet.
  bool is_native() const { return !positive_spans.empty() || !negative_spans.empty() || zero_threshold > 0 || zero_count > 0; }
};

struct ClientMetric {
  std::vector<std::pair<std::string_view, std::string_view>> labels;
  TimestampMs timestamp = 0;  ///< 0: none.
  TimestampMs start_timestamp = 0;
  double value = 0;         ///< Counter, gauge, untyped.
  ClientExemplar exemplar;  ///< Counter.
  double summary_count = 0;
  double summary_sum = 0;
  std::vector<std::pair<double, double>> quantiles;
  ClientHistogram histogram;

  void Clear() { *this = ClientMetric(); }
};

enum class ClientType : uint32_t { kCounter = 0, kGauge = 1, kSummary = 2, kUntyped = 3, kHistogram = 4, kGaugeHistogram = 5 };

struct ClientFamily {
  std::string_view name;
  std::string_view help;
  std::string_view unit;
  uint32_t type = 0;
  std::vector<std::string_view> metrics;  ///< Encoded.
};

/// False: damaged.
bool ReadClientFamily(std::string_view message, ClientFamily* family);
bool ReadClientMetric(std::string_view message, ClientMetric* metric);

/// Whether the spans fit the buckets, for both sides; otherwise "positive side: spans require 3 buckets, have 2".
bool SpansFitBuckets(const ClientHistogram& h, std::string* error);

/// The native part as absolute counts, without empty buckets at the edges of spans.
FloatHistogram ToNativeHistogram(const ClientHistogram& h);

}  // namespace tocsin
