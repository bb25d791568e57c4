#include "api/receive/series_writer.h"

#include <algorithm>

#include "base/status.h"
#include "base/text/quote.h"

namespace tocsin {

CheckedLabels CheckSeriesLabels(std::vector<Label>* labels) {
  std::sort(labels->begin(), labels->end(), [](const Label& a, const Label& b) { return a.name < b.name; });
  CheckedLabels checked;
  bool valid = true;
  bool has_name = false;
  const Label* duplicate = nullptr;
  bool empty_values = false;
  for (size_t i = 0; i < labels->size(); ++i) {
    const Label& label = (*labels)[i];
    if (label.name == kMetricName) {
      has_name = !label.value.empty();
    }
    valid = valid && !label.name.empty() && IsValidUtf8(label.name) && IsValidUtf8(label.value);
    empty_values = empty_values || label.value.empty();
    if (duplicate == nullptr && i > 0 && (*labels)[i - 1].name == label.name) {
      duplicate = &label;
    }
  }
  if (!valid || !has_name) {
    checked.problem = Cat("invalid metric name or labels, got ", LabelsText(*labels));
    return checked;
  }
  if (duplicate != nullptr) {
    checked.problem = Cat("invalid labels for series, labels ", LabelsText(*labels), ", duplicated label ", duplicate->name);
    return checked;
  }
  if (empty_values) {
    std::erase_if(*labels, [](const Label& label) { return label.value.empty(); });
  }
  checked.labels = Labels::FromSorted(*labels);
  return checked;
}

std::string LabelsText(const std::vector<Label>& labels) {
  std::string text = "{";
  for (const Label& label : labels) {
    if (text.size() > 1) {
      text += ", ";
    }
    if (IsLegacyLabelName(label.name)) {
      text += label.name;
    } else {
      AppendGoQuoted(label.name, &text);
    }
    text += '=';
    AppendGoQuoted(label.value, &text);
  }
  return text + "}";
}

AppendResult SeriesWriter::Open(const Labels& labels) {
  AppendResult result = AppendResult::kOk;
  ref_ = appender_.GetOrCreate(labels, &result);
  if (ref_ != SeriesRef::kNone) {
    return AppendResult::kOk;
  }
  refused_for_memory_ = refused_for_memory_ || result == AppendResult::kMemoryLimit;
  return result;
}

AppendResult SeriesWriter::AppendSample(const wire::WriteSample& sample) {
  if (sample.t > time_max_) {
    return AppendResult::kOutOfBounds;
  }
  if (sample.start_t != 0) {
    appender_.SetStartTimestamp(ref_, sample.start_t);
  }
  return appender_.Append(ref_, sample.t, sample.value);
}

AppendResult SeriesWriter::AppendHistogram(std::string_view message, std::string* error) {
  if (!wire::DecodeHistogram(message, &wire_histogram_)) {
    *error = "proto: a histogram is damaged or cut short";
    return AppendResult::kInvalidHistogram;
  }
  if (wire_histogram_.t > time_max_) {
    *error = WriteResultText(AppendResult::kOutOfBounds, wire_histogram_.t, time_max_);
    return AppendResult::kOutOfBounds;
  }
  if (const absl::Status usable = wire::UsableHistogram(wire_histogram_, &histogram_); !usable.ok()) {
    *error = Message(usable);
    return AppendResult::kInvalidHistogram;
  }
  if (wire_histogram_.start_t != 0) {
    appender_.SetStartTimestamp(ref_, wire_histogram_.start_t);
  }
  const AppendResult result = appender_.AppendHistogram(ref_, wire_histogram_.t, histogram_, !wire_histogram_.is_float);
  if (result != AppendResult::kOk) {
    *error = WriteResultText(result, wire_histogram_.t, time_max_);
  }
  return result;
}

AppendResult SeriesWriter::AppendExemplar(const wire::WriteExemplar& exemplar, std::vector<Label>* labels) {
  if (exemplar.t > time_max_) {
    return AppendResult::kOutOfBounds;
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(labels->size());
  for (const Label& label : *labels) {
    pairs.emplace_back(label.name, label.value);
  }
  Exemplar stored;
  stored.labels = Labels::FromPairs(std::move(pairs));
  stored.value = exemplar.value;
  stored.t = exemplar.t;
  stored.has_timestamp = exemplar.t != 0;
  return appender_.AppendExemplar(ref_, stored);
}

std::string WriteResultText(AppendResult result, TimestampMs t, TimestampMs time_max) {
  const std::string_view text = AppendResultText(result);
  return t > time_max ? Cat(text, ": timestamp is too far in the future") : std::string(text);
}

absl::Status AppendError(AppendResult result, std::string_view text) {
  return IsBadSample(result) ? absl::InvalidArgumentError(av(text)) : absl::InternalError(av(text));
}

bool IsBadSample(AppendResult result) {
  switch (result) {
    case AppendResult::kOutOfOrder:
    case AppendResult::kTooOld:
    case AppendResult::kOutOfBounds:
    case AppendResult::kDuplicate:
    case AppendResult::kOutOfOrderStartTime:
    case AppendResult::kInvalidHistogram:
    case AppendResult::kNoSeries:
      return true;
    default:
      return false;
  }
}

}  // namespace tocsin
