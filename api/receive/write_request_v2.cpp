#include "api/receive/write_request_v2.h"

#include <algorithm>

#include "base/status.h"

namespace tocsin {

absl::Status WriteRequestV2::Append(std::string_view body) {
  RETURN_IF_ERROR(wire::DecodeWriteRequestV2(body, &symbols_, [this](wire::WriteSeries& series) { return AddSeries(series); }));
  return Flush();
}

absl::Status WriteRequestV2::AddSeries(wire::WriteSeries& series) {
  const std::optional<SeriesCache::Key> key = KeyOf(series);
  const bool only_samples = !options_.store_metadata && CheckMetadata(series.metadata).empty();
  if (only_samples && known_.Take(series, key)) {
    return known_.full() ? Flush() : absl::OkStatus();
  }
  RETURN_IF_ERROR(Flush());
  return AddByLabels(series, key);
}

std::optional<SeriesCache::Key> WriteRequestV2::KeyOf(const wire::WriteSeries& series) {
  if (options_.type_and_unit_labels || series.label_refs.empty() || series.label_refs.size() % 2 != 0) {
    return std::nullopt;
  }
  if (symbol_keys_.size() != symbols_.size()) {
    symbol_keys_.resize(symbols_.size());
    std::transform(symbols_.begin(), symbols_.end(), symbol_keys_.begin(),
                   [this](std::string_view symbol) { return cache_.KeyOfBytes(symbol); });
  }
  parts_.clear();
  for (const uint32_t ref : series.label_refs) {
    if (ref >= symbol_keys_.size()) {
      return std::nullopt;
    }
    parts_.push_back(symbol_keys_[ref]);
  }
  return cache_.KeyOfParts(parts_);
}

absl::Status WriteRequestV2::AddByLabels(wire::WriteSeries& series, const std::optional<SeriesCache::Key>& key) {
  if (const absl::Status resolved = wire::ResolveLabels(series.label_refs, symbols_, &series.labels); !resolved.ok()) {
    return RefuseSeries(series, Cat("parsing labels for series ", wire::LabelRefsText(series.label_refs), ": ", Message(resolved)));
  }
  if (std::string problem = CheckMetadata(series.metadata); !problem.empty()) {
    errors_.Add(Cat("parsing metadata for series ", wire::LabelRefsText(series.label_refs), ": ", problem));
    return absl::OkStatus();
  }
  if (options_.type_and_unit_labels) {
    AddTypeAndUnit(&series);
  }
  const CheckedLabels checked = CheckSeriesLabels(&series.labels);
  if (!checked.problem.empty()) {
    return RefuseSeries(series, checked.problem);
  }
  const bool has_samples = !series.samples.empty() || !series.histograms.empty();
  if (!has_samples && series.exemplars.empty()) {
    if (!series.metadata.present) {
      errors_.Add(Cat("TimeSeries must contain at least one sample or histogram for series ", LabelsText(series.labels)));
    }
    return absl::OkStatus();
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
  RETURN_IF_ERROR(AddSamples(series));
  AddExemplars(series);
  if (options_.store_metadata && series.metadata.present) {
    writer_.SetMetadata({std::string(wire::MetricTypeWord(series.metadata.type)), std::string(symbols_[series.metadata.help_ref]),
                         std::string(symbols_[series.metadata.unit_ref])});
  }
  return absl::OkStatus();
}

absl::Status WriteRequestV2::RefuseSeries(const wire::WriteSeries& series, std::string_view problem) {
  errors_.Add(problem);
  invalid_label_samples_ += series.samples.size() + series.histograms.size();
  return absl::OkStatus();
}

std::string WriteRequestV2::CheckMetadata(const wire::WriteMetadata& metadata) const {
  if (!metadata.present) {
    return "";
  }
  if (metadata.unit_ref >= symbols_.size()) {
    return Cat("metadata unit_ref ", metadata.unit_ref, " outside of symbols table (size ", symbols_.size(), ")");
  }
  if (metadata.help_ref >= symbols_.size()) {
    return Cat("metadata help_ref ", metadata.help_ref, " outside of symbols table (size ", symbols_.size(), ")");
  }
  return "";
}

void WriteRequestV2::AddTypeAndUnit(wire::WriteSeries* series) const {
  const std::string_view type = wire::MetricTypeWord(series->metadata.type);
  const std::string_view unit = series->metadata.present ? symbols_[series->metadata.unit_ref] : "";
  const bool known_type = type != wire::MetricTypeWord(0);
  if (!known_type && unit.empty()) {
    return;
  }
  std::erase_if(series->labels, [](const Label& label) { return label.name == "__type__" || label.name == "__unit__"; });
  if (known_type) {
    series->labels.push_back({"__type__", type});
  }
  if (!unit.empty()) {
    series->labels.push_back({"__unit__", unit});
  }
}

absl::Status WriteRequestV2::Note(AppendResult result, std::string_view text, const wire::WriteSeries& series, size_t* written) {
  if (result == AppendResult::kOk) {
    ++*written;
    return absl::OkStatus();
  }
  if (!IsBadSample(result)) {
    return absl::InternalError(av(text));
  }
  errors_.Add(Cat(text, " for series ", LabelsText(series.labels)));
  return absl::OkStatus();
}

absl::Status WriteRequestV2::AddSamples(const wire::WriteSeries& series) {
  for (const wire::WriteSample& sample : series.samples) {
    const AppendResult result = writer_.AppendSample(sample);
    if (result == AppendResult::kOk) [[likely]] {
      ++written_.samples;
      continue;
    }
    RETURN_IF_ERROR(Note(result, WriteResultText(result, sample.t, time_max_), series, &written_.samples));
  }
  for (const std::string_view histogram : series.histograms) {
    std::string error;
    const AppendResult result = writer_.AppendHistogram(histogram, &error);
    RETURN_IF_ERROR(Note(result, error, series, &written_.histograms));
  }
  return absl::OkStatus();
}

void WriteRequestV2::AddExemplars(const wire::WriteSeries& series) {
  std::vector<Label> labels;
  for (const wire::WriteExemplar& exemplar : series.exemplars) {
    if (const absl::Status parsed = wire::ExemplarLabels(exemplar, &symbols_, &labels); !parsed.ok()) {
      errors_.Add(Cat("parsing exemplar for series ", LabelsText(series.labels), ": ", Message(parsed)));
      continue;
    }
    const AppendResult result = writer_.AppendExemplar(exemplar, &labels);
    if (result == AppendResult::kOk || result == AppendResult::kDuplicate) {
      ++written_.exemplars;
    } else if (result == AppendResult::kOutOfOrder || result == AppendResult::kTooOld) {
      errors_.Add(Cat("out of order exemplar for series ", LabelsText(series.labels)));
    }
  }
}

absl::Status WriteRequestV2::Flush() {
  const auto refused = [this](std::string_view message, std::span<const wire::WriteSample> samples, AppendResult result) {
    wire::WriteSeries series;
    wire::DecodeSeriesV2(message, &series);  // it was readable before
    if (result == AppendResult::kUnknownSeries) {
      series.samples.assign(samples.begin(), samples.end());
      return AddByLabels(series, KeyOf(series));
    }
    wire::ResolveLabels(series.label_refs, symbols_, &series.labels).IgnoreError();
    CheckSeriesLabels(&series.labels);  // sorts them, as texts show them
    return Note(result, WriteResultText(result, samples[0].t, time_max_), series, &written_.samples);
  };
  return known_.Flush(&written_.samples, refused);
}

}  // namespace tocsin
