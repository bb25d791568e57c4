#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/model/histogram.h"
#include "base/model/labels.h"
#include "base/wire/histogram_wire.h"
#include "base/wire/remote_write.h"
#include "storage/appender.h"

namespace tocsin {

/// Labels as they came, made into a label set. `problem` is empty when they are usable, else what a sender is told.
struct CheckedLabels {
  Labels labels;
  std::string problem;
};

/// Names and values must be UTF-8, names not empty and unique, and there must be a metric name. Sorts `labels`.
CheckedLabels CheckSeriesLabels(std::vector<Label>* labels);

/// {a="b", c="d"} of labels that may be invalid, for error texts.
std::string LabelsText(const std::vector<Label>& labels);

/// Appends the contents of one series to an open transaction. Used for one request, by one thread.
class SeriesWriter {
 public:
  /// Samples later than `time_max` are out of bounds.
  SeriesWriter(Appender& appender, TimestampMs time_max) : appender_(appender), time_max_(time_max) {}

  /// Finds or makes the series that the next calls are about. False: refused (see refused_for_memory()).
  AppendResult Open(const Labels& labels);
  SeriesRef ref() const { return ref_; }

  AppendResult AppendSample(const wire::WriteSample& sample);

  /// `error` is set for histograms that are not usable, or not even readable (then kInvalidHistogram as well).
  AppendResult AppendHistogram(std::string_view message, std::string* error);

  AppendResult AppendExemplar(const wire::WriteExemplar& exemplar, std::vector<Label>* labels);
  void SetMetadata(const MetricMetadata& metadata) { appender_.SetMetadata(ref_, metadata); }

  /// Samples that were left out because their new series did not fit into the memory.
  bool refused_for_memory() const { return refused_for_memory_; }

 private:
  Appender& appender_;
  TimestampMs time_max_;
  SeriesRef ref_ = SeriesRef::kNone;
  bool refused_for_memory_ = false;
  wire::WireHistogram wire_histogram_;
  FloatHistogram histogram_;
};

/// "out of order sample", for times ahead "out of bounds: timestamp is too far in the future".
std::string WriteResultText(AppendResult result, TimestampMs t, TimestampMs time_max);

/// INVALID_ARGUMENT for what is the sender's fault, else INTERNAL.
absl::Status AppendError(AppendResult result, std::string_view text);

/// True for results that are the sender's fault and that sending again does not help.
bool IsBadSample(AppendResult result);

}  // namespace tocsin
