#include "engine/scrape/exposition/nhcb_parser.h"

#include <cmath>
#include <utility>

#include "base/model/float_histogram.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

/// name{a="b",c="d"} or name alone.
std::string SeriesName(const Labels& labels) {
  std::string text(labels.metric_name());
  char separator = '{';
  for (const Label label : labels) {
    if (label.name != kMetricName) {
      Append(&text, std::string_view(&separator, 1), IsLegacyLabelName(label.name) ? std::string(label.name) : GoQuoted(label.name), "=",
             GoQuoted(label.value));
      separator = ',';
    }
  }
  if (separator == ',') {
    text += '}';
  }
  return text;
}

}  // namespace

EntryKind NhcbParser::Next() {
  while (true) {
    EntryKind kind = EntryKind::kEnd;
    if (has_waiting_) {
      has_waiting_ = false;
      kind = waiting_;
    } else {
      kind = Read();
      if (converted_) {
        has_waiting_ = true;
        waiting_ = kind;
        return EntryKind::kHistogram;
      }
    }
    converted_ = false;
    if (kind == EntryKind::kSeries && Gather(kind) && !options_.keep_classic) {
      continue;
    }
    return Pass(kind);
  }
}

/// The inner parser's next entry. Where it ends the histogram before it, that one is converted first.
EntryKind NhcbParser::Read() {
  const EntryKind kind = inner_->Next();
  if (kind == EntryKind::kSeries && in_histogram_) {
    inner_->ReadLabels(&pairs_);
  }
  bool ends = gathering_ && kind != EntryKind::kError;
  if (ends && kind == EntryKind::kSeries && in_histogram_) {
    const Labels labels = Labels::FromPairs(pairs_);
    LabelsBuilder base(labels);
    base.Delete(kBucketLabel);
    base.Set(kMetricName, SplitClassicName(labels.metric_name()).base);
    ends = base.Build() != labels_;
  }
  converted_ = ends && Convert();
  if (kind == EntryKind::kType) {
    family_ = inner_->entry().family;
    in_histogram_ = inner_->entry().type == MetricType::kHistogram;
  }
  return kind;
}

EntryKind NhcbParser::Pass(EntryKind kind) {
  entry_ = inner_->entry();
  error_ = inner_->error();
  return kind;
}

/// Whether the series belongs to a classic histogram that will be converted.
bool NhcbParser::Gather(EntryKind /*kind*/) {
  if (!in_histogram_) {
    return false;
  }
  const Labels labels = Labels::FromPairs(pairs_);
  const ClassicName name = SplitClassicName(labels.metric_name());
  if (name.base != family_ || name.suffix == ClassicSuffix::kNone) {
    return false;
  }
  const std::string bound(labels.Get(kBucketLabel));
  if (name.suffix == ClassicSuffix::kBucket) {
    const ParsedFloat number = ParseGoFloat(bound);
    if (bound.empty() || !number.ok() || std::isnan(number.value)) {
      return false;
    }
  }
  const ExpositionEntry& entry = inner_->entry();
  if (!gathering_) {
    gathering_ = true;
    LabelsBuilder base(labels);
    base.Delete(kBucketLabel);
    base.Set(kMetricName, name.base);
    labels_ = base.Build();
    start_timestamp_ = options_.created_timestamps ? inner_->StartTimestamp() : 0;
  }
  has_timestamp_ = entry.has_timestamp;
  timestamp_ = entry.timestamp;
  Exemplar exemplar;
  while (inner_->NextExemplar(&exemplar)) {
    exemplars_.push_back(exemplar);
  }
  return GatherSample(name, bound);
}

bool NhcbParser::GatherSample(ClassicName name, const std::string& bound) {
  const double value = inner_->entry().value;
  absl::Status status;  // of the builder: told once, when it builds
  switch (name.suffix) {
    case ClassicSuffix::kBucket:
      status = builder_.SetBucket(ParseGoFloat(bound).value, value);
      break;
    case ClassicSuffix::kCount:
      status = builder_.SetCount(value);
      break;
    default:
      status = builder_.SetSum(value);
  }
  return true;
}

bool NhcbParser::Convert() {
  gathering_ = false;
  absl::StatusOr<NhcbBuilder::Result> built = builder_.Build();
  builder_.Reset();
  converted_exemplars_ = std::exchange(exemplars_, {});
  if (!built.ok() || !ValidateHistogram(built->histogram).ok()) {
    return false;
  }
  converted_labels_ = labels_;
  converted_start_ = start_timestamp_;
  raw_ = SeriesName(labels_);
  entry_.raw = raw_;
  entry_.has_timestamp = has_timestamp_;
  entry_.timestamp = timestamp_;
  entry_.histogram = std::move(built->histogram);
  entry_.integers = built->integers;
  return true;
}

void NhcbParser::ReadLabels(LabelPairs* labels) {
  if (!converted_) {
    inner_->ReadLabels(labels);
    return;
  }
  labels->clear();
  for (const Label label : converted_labels_) {
    labels->emplace_back(label.name, label.value);
  }
}

bool NhcbParser::NextExemplar(Exemplar* exemplar) {
  if (!converted_) {
    return inner_->NextExemplar(exemplar);
  }
  if (converted_exemplars_.empty()) {
    return false;
  }
  *exemplar = std::move(converted_exemplars_.front());
  converted_exemplars_.erase(converted_exemplars_.begin());
  return true;
}

TimestampMs NhcbParser::StartTimestamp() {
  return converted_ ? converted_start_ : gathering_ ? start_timestamp_ : inner_->StartTimestamp();
}

}  // namespace tocsin
