#include "api/receive/write_request_v1.h"

#include "base/log.h"
#include "base/status.h"

namespace tocsin {

absl::Status WriteRequestV1::Append(std::string_view body) {
  RETURN_IF_ERROR(wire::DecodeWriteRequest(body, [this](wire::WriteSeries& series) { return AddSeries(series); }, nullptr));
  return Flush();
}

absl::Status WriteRequestV1::AddSeries(wire::WriteSeries& series) {
  std::optional<SeriesCache::Key> key;
  if (!series.labels_part.empty()) {
    key = cache_.KeyOfBytes(series.labels_part);
  }
  if (known_.Take(series, key)) {
    return known_.full() ? Flush() : absl::OkStatus();
  }
  RETURN_IF_ERROR(Flush());
  return AddByLabels(series, key);
}

absl::Status WriteRequestV1::AddByLabels(wire::WriteSeries& series, const std::optional<SeriesCache::Key>& key) {
  if (!wire::DecodeLabels(&series)) {
    return absl::InvalidArgumentError("proto: the message is damaged or cut short");
  }
  const CheckedLabels checked = CheckSeriesLabels(&series.labels);
  if (!checked.problem.empty()) {
    LogWarn("Invalid metric names or labels from remote write", {{"problem", checked.problem}});
    ++invalid_series_;
    return absl::OkStatus();
  }
  if (series.samples.empty() && series.histograms.empty() && series.exemplars.empty()) {
    return absl::OkStatus();  // nothing makes a series
  }
  const AppendResult opened = writer_.Open(checked.labels);
  if (opened == AppendResult::kMemoryLimit) {
    return absl::OkStatus();
  }
  if (opened != AppendResult::kOk) {
    return AppendError(opened, AppendResultText(opened));
  }
  if (key.has_value()) {
    cache_.Remember(*key, writer_.ref());
  }
  return AppendContents(series);
}

absl::Status WriteRequestV1::AppendContents(const wire::WriteSeries& series) {
  for (const wire::WriteSample& sample : series.samples) {
    const AppendResult result = writer_.AppendSample(sample);
    if (result != AppendResult::kOk) {
      return AppendError(result, WriteResultText(result, sample.t, time_max_));
    }
  }
  AppendExemplars(series);
  for (const std::string_view histogram : series.histograms) {
    std::string error;
    const AppendResult result = writer_.AppendHistogram(histogram, &error);
    if (result != AppendResult::kOk) {
      return AppendError(result, error);
    }
  }
  return absl::OkStatus();
}

/// Exemplars in 1.0 are never a reason to fail.
void WriteRequestV1::AppendExemplars(const wire::WriteSeries& series) {
  std::vector<Label> labels;
  for (const wire::WriteExemplar& exemplar : series.exemplars) {
    if (!wire::ExemplarLabels(exemplar, nullptr, &labels).ok() || writer_.AppendExemplar(exemplar, &labels) != AppendResult::kOk) {
      LogDebug("Error while adding an exemplar from remote write", {{"series", LabelsText(series.labels)}});
    }
  }
}

absl::Status WriteRequestV1::Flush() {
  const auto refused = [this](std::string_view message, std::span<const wire::WriteSample> samples, AppendResult result) {
    if (result != AppendResult::kUnknownSeries) {
      return AppendError(result, WriteResultText(result, samples[0].t, time_max_));
    }
    wire::WriteSeries series;
    wire::DecodeSeries(message, &series);  // it was readable before
    series.samples.assign(samples.begin(), samples.end());
    return AddByLabels(series, cache_.KeyOfBytes(series.labels_part));
  };
  return known_.Flush(&taken_, refused);
}

}  // namespace tocsin
