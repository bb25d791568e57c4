#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/model/labels.h"
#include "base/types.h"

namespace tocsin::wire {

/// The messages of remote write as views into the (decompressed) body: nothing is copied, one WriteSeries serves for all series.
/// Sources: prompb/remote.proto, prompb/types.proto and prompb/io/prometheus/write/v2/types.proto of Prometheus;
/// https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/. The field numbers stand in base/wire/proto.

/// Strings of a 2.0 request; more is refused.
inline constexpr size_t kSymbolsMax = 1'000'000;
/// Samples of one request; more is refused. A histogram or an exemplar counts as kHeavySample of them: empty ones take two bytes of a body
/// and hundreds in memory.
inline constexpr size_t kRequestSamplesMax = 1'000'000;
inline constexpr size_t kHeavySample = 10;
/// Labels of one series that are read; more is refused.
inline constexpr size_t kSeriesLabelsMax = 10'000;

struct WriteSample {
  double value = 0;
  TimestampMs t = 0;
  TimestampMs start_t = 0;  ///< 2.0 only; 0: none
};

struct WriteExemplar {
  double value = 0;
  TimestampMs t = 0;
  std::string_view message;  ///< for labels_of()
};

/// The values of MetricMetadata.MetricType in 1.0 and of Metadata.MetricType in 2.0 are the same.
std::string_view MetricTypeWord(uint64_t type);
uint64_t MetricTypeNumber(std::string_view word);

struct WriteMetadata {
  bool present = false;
  uint64_t type = 0;
  uint64_t help_ref = 0;
  uint64_t unit_ref = 0;
};

struct WriteSeries {
  std::string_view message;          ///< of the whole series, as sent
  std::string_view labels_part;      ///< the leading part of it that holds nothing but labels: the same bytes, the same series
  std::vector<Label> labels;         ///< as sent, not sorted; filled by DecodeLabels(), in 2.0 by ResolveLabels()
  std::vector<uint32_t> label_refs;  ///< 2.0
  std::vector<WriteSample> samples;
  std::vector<std::string_view> histograms;  ///< messages for DecodeHistogram()
  std::vector<WriteExemplar> exemplars;
  WriteMetadata metadata;  ///< 2.0
};

struct FamilyMetadata {
  std::string_view name;
  uint64_t type = 0;
  std::string_view help;
  std::string_view unit;
};

/// One series of a request of 1.0, or of 2.0, from its message. False: damaged.
bool DecodeSeries(std::string_view message, WriteSeries* series);
bool DecodeSeriesV2(std::string_view message, WriteSeries* series);

/// 1.0: the labels of `series->message`. They are not decoded with the rest: who knows labels_part already needs none. False: damaged.
bool DecodeLabels(WriteSeries* series);

/// Calls `on_series` for each series of prometheus.WriteRequest, `on_metadata` (may be null) for each metadata entry. Stops at the first
/// error of a callback. INVALID_ARGUMENT: the message is damaged, or larger than the limits; series before that have been handed out.
absl::Status DecodeWriteRequest(std::string_view body, const std::function<absl::Status(WriteSeries&)>& on_series,
                                const std::function<absl::Status(const FamilyMetadata&)>& on_metadata);

/// io.prometheus.write.v2.Request. The symbols are collected first, wherever they stand.
absl::Status DecodeWriteRequestV2(std::string_view body, std::vector<std::string_view>* symbols,
                                  const std::function<absl::Status(WriteSeries&)>& on_series);

/// 2.0: names and values from references, with Prometheus's error texts.
absl::Status ResolveLabels(std::span<const uint32_t> refs, std::span<const std::string_view> symbols, std::vector<Label>* labels);

/// The labels of an exemplar. `symbols` null: of a 1.0 request.
absl::Status ExemplarLabels(const WriteExemplar& exemplar, const std::vector<std::string_view>* symbols, std::vector<Label>* labels);

/// A varint in 2.0's packed labels_refs; for messages of errors: "[1 2 3]".
std::string LabelRefsText(std::span<const uint32_t> refs);

}  // namespace tocsin::wire
