#include "engine/scrape/exposition/protobuf_parser.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/model/convert_nhcb.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

constexpr int kLengthBytesMax = 5;  // of a varint below 2^32

/// The length in front of a message; false: none.
bool TakeLength(std::string_view* rest, uint64_t* length) {
  *length = 0;
  for (int i = 0; i < kLengthBytesMax && static_cast<size_t>(i) < rest->size(); ++i) {
    const auto byte = static_cast<uint8_t>((*rest)[static_cast<size_t>(i)]);
    *length |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest->remove_prefix(static_cast<size_t>(i) + 1);
      return true;
    }
  }
  return false;
}

MetricType TypeOfClient(uint32_t type) {
  switch (static_cast<ClientType>(type)) {
    case ClientType::kCounter:
      return MetricType::kCounter;
    case ClientType::kGauge:
      return MetricType::kGauge;
    case ClientType::kSummary:
      return MetricType::kSummary;
    case ClientType::kHistogram:
      return MetricType::kHistogram;
    case ClientType::kGaugeHistogram:
      return MetricType::kGaugeHistogram;
    default:
      return MetricType::kUnknown;
  }
}

}  // namespace

EntryKind ProtobufParser::Next() {
  while (true) {
    if (!heads_.empty()) {
      const EntryKind head = heads_.back();
      heads_.pop_back();
      entry_.family = family_.name;
      entry_.type = type_;
      entry_.text = head == EntryKind::kHelp ? family_.help : head == EntryKind::kUnit ? family_.unit : std::string_view();
      return head;
    }
    if (!samples_.empty()) {
      Sample sample = std::move(samples_.front());
      samples_.pop_front();
      return Give(std::move(sample));
    }
    if (next_metric_ < family_.metrics.size()) {
      if (!NextMetric()) {
        return EntryKind::kError;
      }
    } else if (rest_.empty()) {
      return EntryKind::kEnd;
    } else if (!NextFamily()) {
      return EntryKind::kError;
    }
  }
}

bool ProtobufParser::NextFamily() {
  uint64_t length = 0;
  const size_t before = rest_.size();
  std::string_view message = rest_;
  if (!TakeLength(&message, &length)) {
    Fail("clientpb: invalid varint encountered");
    return false;
  }
  if (length > message.size()) {
    const uint64_t total = length + (before - message.size());
    Fail(Cat("clientpb: insufficient length of buffer, expected at least ", total, " bytes, got ", before, " bytes"));
    return false;
  }
  rest_ = message.substr(length);
  return ReadFamilyHead(message.substr(0, length));
}

bool ProtobufParser::ReadFamilyHead(std::string_view message) {
  next_metric_ = 0;
  if (!ReadClientFamily(message, &family_)) {
    Fail("clientpb: damaged MetricFamily");
    return false;
  }
  if (family_.metrics.empty()) {
    return true;
  }
  if (family_.name.empty() || !IsValidUtf8(family_.name)) {
    Fail(Cat("invalid metric name: ", family_.name));
    return false;
  }
  if (!IsValidUtf8(family_.help)) {
    Fail(Cat("invalid help for metric ", GoQuoted(family_.name), ": ", family_.help));
    return false;
  }
  if (family_.type > static_cast<uint32_t>(ClientType::kGaugeHistogram)) {
    Fail(Cat("unknown metric type for metric ", GoQuoted(family_.name), ": ", family_.type));
    return false;
  }
  type_ = TypeOfClient(family_.type);
  heads_ = {EntryKind::kType};
  if (!family_.unit.empty()) {
    heads_.push_back(EntryKind::kUnit);
  }
  heads_.push_back(EntryKind::kHelp);
  return true;
}

bool ProtobufParser::NextMetric() {
  if (!ReadClientMetric(family_.metrics[next_metric_], &metric_)) {
    Fail("clientpb: damaged Metric");
    return false;
  }
  ++next_metric_;
  for (const auto& [name, value] : metric_.labels) {
    if (name.empty() || !IsValidUtf8(name)) {
      Fail(Cat("invalid label name: ", name));
      return false;
    }
    if (!IsValidUtf8(value)) {
      Fail(Cat("invalid label value: ", value));
      return false;
    }
  }
  switch (type_) {
    case MetricType::kHistogram:
    case MetricType::kGaugeHistogram:
      return ReadHistogramSamples();
    case MetricType::kSummary:
      AddSummary();
      return true;
    default:
      Add("", metric_.value, {}, {}, metric_.exemplar.present && type_ == MetricType::kCounter ? &metric_.exemplar : nullptr);
      return true;
  }
}

bool ProtobufParser::ReadHistogramSamples() {
  const ClientHistogram& h = metric_.histogram;
  if (options_.ignore_native_histograms || !h.is_native()) {
    if (!options_.convert_classic_histograms_to_nhcb || options_.keep_classic) {
      AddClassicHistogram();
    }
    return !options_.convert_classic_histograms_to_nhcb || AddNhcb();
  }
  std::string error;
  if (!SpansFitBuckets(h, &error)) {
    Fail(Cat("histogram ", GoQuoted(family_.name), ": ", error));
    return false;
  }
  Sample sample;
  sample.kind = EntryKind::kHistogram;
  sample.histogram = ToNativeHistogram(h);
  sample.integers = !h.float_counts;
  if (type_ == MetricType::kGaugeHistogram) {
    sample.histogram.counter_reset_hint = CounterResetHint::kGauge;
  }
  samples_.push_back(std::move(sample));
  if (options_.keep_classic && !h.buckets.empty()) {
    AddClassicHistogram();
  }
  return true;
}

bool ProtobufParser::AddNhcb() {
  const ClientHistogram& h = metric_.histogram;
  NhcbBuilder builder;
  absl::Status status = builder.SetCount(h.count);
  if (status.ok()) {
    status = builder.SetSum(h.sum);
  }
  for (const ClientBucket& bucket : h.buckets) {
    if (status.ok()) {
      status = builder.SetBucket(bucket.upper_bound, bucket.cumulative_count);
    }
  }
  absl::StatusOr<NhcbBuilder::Result> built = status.ok() ? builder.Build() : absl::StatusOr<NhcbBuilder::Result>(status);
  if (!built.ok()) {
    Fail(std::string(Message(built.status())));
    return false;
  }
  Sample sample;
  sample.kind = EntryKind::kHistogram;
  sample.histogram = std::move(built->histogram);
  sample.integers = built->integers;
  if (type_ == MetricType::kGaugeHistogram) {
    sample.histogram.counter_reset_hint = CounterResetHint::kGauge;
  }
  samples_.push_back(std::move(sample));
  return true;
}

void ProtobufParser::AddClassicHistogram() {
  const ClientHistogram& h = metric_.histogram;
  Add("_count", h.count);
  Add("_sum", h.sum);
  for (const ClientBucket& bucket : h.buckets) {
    Add("_bucket", bucket.cumulative_count, kBucketLabel, OpenMetricsFloat(bucket.upper_bound),
        bucket.exemplar.present ? &bucket.exemplar : nullptr);
    if (std::isinf(bucket.upper_bound) && bucket.upper_bound > 0) {
      return;
    }
  }
  Add("_bucket", h.count, kBucketLabel, "+Inf");
}

void ProtobufParser::AddSummary() {
  Add("_count", metric_.summary_count);
  Add("_sum", metric_.summary_sum);
  for (const auto& [quantile, value] : metric_.quantiles) {
    Add("", value, kQuantileLabel, OpenMetricsFloat(quantile));
  }
}

void ProtobufParser::Add(std::string_view suffix, double value, std::string_view bound_label, std::string bound,
                         const ClientExemplar* exemplar) {
  Sample sample;
  sample.suffix = suffix;
  sample.value = value;
  sample.bound_label = bound_label;
  sample.bound = std::move(bound);
  sample.exemplar = exemplar;
  samples_.push_back(std::move(sample));
}

EntryKind ProtobufParser::Give(Sample sample) {
  current_ = std::move(sample);
  entry_.value = current_.value;
  entry_.has_timestamp = metric_.timestamp != 0;
  entry_.timestamp = metric_.timestamp;
  entry_.histogram = std::move(current_.histogram);
  entry_.integers = current_.integers;
  next_exemplar_ = 0;
  // Names the series: the same from scrape to scrape, and different from any other.
  constexpr char kSeparator = '\xff';
  raw_ = Cat(family_.name, current_.suffix);
  const auto append = [&](std::string_view name, std::string_view value) {
    raw_ += kSeparator;
    raw_ += name;
    raw_ += kSeparator;
    raw_ += value;
  };
  for (const auto& [name, value] : metric_.labels) {
    append(name, value);
  }
  if (!current_.bound_label.empty()) {
    append(current_.bound_label, current_.bound);
  }
  entry_.raw = raw_;
  return current_.kind;
}

void ProtobufParser::ReadLabels(LabelPairs* labels) {
  labels->clear();
  labels->emplace_back(kMetricName, Cat(family_.name, current_.suffix));
  const bool has_type = options_.type_and_unit_labels && type_ != MetricType::kUnknown;
  const bool has_unit = options_.type_and_unit_labels && !family_.unit.empty();
  if (has_type) {
    labels->emplace_back("__type__", ToString(type_));
  }
  if (has_unit) {
    labels->emplace_back("__unit__", family_.unit);
  }
  for (const auto& [name, value] : metric_.labels) {
    const bool replaced =
        options_.type_and_unit_labels && (name == kMetricName || (has_type && name == "__type__") || (has_unit && name == "__unit__"));
    if (!replaced) {
      labels->emplace_back(name, value);
    }
  }
  if (!current_.bound_label.empty()) {
    labels->emplace_back(current_.bound_label, current_.bound);
  }
}

bool ProtobufParser::NextExemplar(Exemplar* exemplar) {
  const ClientExemplar* found = nullptr;
  if (current_.kind == EntryKind::kSeries) {
    found = std::exchange(current_.exemplar, nullptr);
  } else {
    // Those of the native histogram, or else of its classic buckets; only with a time.
    const ClientHistogram& h = metric_.histogram;
    const size_t count = h.exemplars.empty() ? h.buckets.size() : h.exemplars.size();
    while (found == nullptr && next_exemplar_ < count) {
      const ClientExemplar& one = h.exemplars.empty() ? h.buckets[next_exemplar_].exemplar : h.exemplars[next_exemplar_];
      ++next_exemplar_;
      found = one.present && one.has_timestamp ? &one : nullptr;
    }
  }
  if (found == nullptr) {
    return false;
  }
  LabelPairs pairs;
  for (const auto& [name, value] : found->labels) {
    pairs.emplace_back(name, value);
  }
  exemplar->labels = Labels::FromPairs(std::move(pairs));
  exemplar->value = found->value;
  exemplar->has_timestamp = found->has_timestamp;
  exemplar->t = found->timestamp;
  return true;
}

}  // namespace tocsin
