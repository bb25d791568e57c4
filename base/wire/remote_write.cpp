#include "base/wire/remote_write.h"

#include <array>

#include "base/status.h"
#include "base/wire/proto_reader.h"

namespace tocsin::wire {
namespace {

constexpr std::array<std::string_view, 8> kMetricTypes = {"unknown",        "counter", "gauge", "histogram",
                                                          "gaugehistogram", "summary", "info",  "stateset"};

absl::Status DamagedRequest() { return absl::InvalidArgumentError("proto: the message is damaged or cut short"); }

bool DecodeLabel(std::string_view message, std::vector<Label>* out) {
  Label label;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        label.name = reader.bytes();
        break;
      case Tag(2, kBytes):
        label.value = reader.bytes();
        break;
      default:
        break;
    }
  }
  if (!reader.ok() || out->size() == kSeriesLabelsMax) {
    return false;
  }
  out->push_back(label);
  return true;
}

bool DecodeSample(std::string_view message, std::vector<WriteSample>* out) {
  WriteSample& sample = out->emplace_back();
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kFixed64):
        sample.value = reader.float64();
        break;
      case Tag(2, kVarint):
        sample.t = reader.int64();
        break;
      case Tag(3, kVarint):
        sample.start_t = reader.int64();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

/// In samples.
size_t CostOf(const WriteSeries& series) {
  return series.samples.size() + kHeavySample * (series.histograms.size() + series.exemplars.size());
}

/// Why a series was not decoded, or OK with `*total` grown by its cost.
absl::Status CheckSeries(bool decoded, const WriteSeries& series, size_t* total) {
  *total += CostOf(series);
  if (*total > kRequestSamplesMax) {
    return absl::InvalidArgumentError(Cat("more than ", kRequestSamplesMax, " samples in one request"));
  }
  return decoded ? absl::OkStatus() : DamagedRequest();
}

/// Labels and references of the exemplar are decoded when they are asked for: exemplars are often not kept.
bool DecodeExemplar(std::string_view message, std::vector<WriteExemplar>* out) {
  WriteExemplar& exemplar = out->emplace_back();
  exemplar.message = message;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(2, kFixed64):
        exemplar.value = reader.float64();
        break;
      case Tag(3, kVarint):
        exemplar.t = reader.int64();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

bool PushRef(uint64_t ref, std::vector<uint32_t>* refs) {
  if (refs->size() == 2 * kSeriesLabelsMax) {
    return false;
  }
  refs->push_back(static_cast<uint32_t>(ref));
  return true;
}

bool DecodeRefs(const ProtoReader& reader, std::vector<uint32_t>* refs) {
  if (reader.tag() == Tag(1, kVarint)) {
    return PushRef(reader.uint64(), refs);
  }
  if (reader.tag() != Tag(1, kBytes)) {
    return true;
  }
  return ReadPackedVarints(reader.bytes(), [refs](uint64_t ref) { return PushRef(ref, refs); });
}

bool DecodeMetadata(std::string_view message, WriteMetadata* metadata) {
  metadata->present = true;
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        metadata->type = reader.uint64();
        break;
      case Tag(3, kVarint):
        metadata->help_ref = reader.uint32();
        break;
      case Tag(4, kVarint):
        metadata->unit_ref = reader.uint32();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

void ResetSeries(std::string_view message, WriteSeries* series) {
  series->message = message;
  series->labels_part = {};
  series->labels.clear();
  series->label_refs.clear();
  series->samples.clear();
  series->histograms.clear();
  series->exemplars.clear();
  series->metadata = {};
}

bool DecodeFamilyMetadata(std::string_view message, FamilyMetadata* metadata) {
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        metadata->type = reader.uint64();
        break;
      case Tag(2, kBytes):
        metadata->name = reader.bytes();
        break;
      case Tag(4, kBytes):
        metadata->help = reader.bytes();
        break;
      case Tag(5, kBytes):
        metadata->unit = reader.bytes();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

absl::Status CollectSymbols(std::string_view body, std::vector<std::string_view>* symbols) {
  symbols->clear();
  ProtoReader reader(body);
  while (reader.Next()) {
    if (reader.tag() == Tag(4, kBytes)) {
      if (symbols->size() == kSymbolsMax) {
        return absl::InvalidArgumentError(Cat("more than ", kSymbolsMax, " symbols in one request"));
      }
      symbols->push_back(reader.bytes());
    }
  }
  return reader.ok() ? absl::OkStatus() : DamagedRequest();
}

}  // namespace

std::string_view MetricTypeWord(uint64_t type) { return type < kMetricTypes.size() ? kMetricTypes[type] : kMetricTypes[0]; }

uint64_t MetricTypeNumber(std::string_view word) {
  for (size_t i = 0; i < kMetricTypes.size(); ++i) {
    if (kMetricTypes[i] == word) {
      return i;
    }
  }
  return 0;
}

bool DecodeSeries(std::string_view message, WriteSeries* series) {
  ResetSeries(message, series);
  ProtoReader reader(message);
  bool only_labels = true;
  while (reader.Next()) {
    bool good = true;
    if (reader.tag() == Tag(1, kBytes)) {
      const size_t end = static_cast<size_t>(reader.bytes().data() + reader.bytes().size() - message.data());
      series->labels_part = only_labels ? message.substr(0, end) : std::string_view();
    } else {
      only_labels = false;
      switch (reader.tag()) {
        case Tag(2, kBytes):
          good = DecodeSample(reader.bytes(), &series->samples);
          break;
        case Tag(3, kBytes):
          good = DecodeExemplar(reader.bytes(), &series->exemplars);
          break;
        case Tag(4, kBytes):
          series->histograms.push_back(reader.bytes());
          break;
        default:
          break;
      }
    }
    if (!good || CostOf(*series) > kRequestSamplesMax) {
      return false;
    }
  }
  return reader.ok();
}

bool DecodeSeriesV2(std::string_view message, WriteSeries* series) {
  ResetSeries(message, series);
  ProtoReader reader(message);
  while (reader.Next()) {
    bool good = true;
    switch (reader.tag()) {
      case Tag(1, kBytes):
      case Tag(1, kVarint):
        good = DecodeRefs(reader, &series->label_refs);
        break;
      case Tag(2, kBytes):
        good = DecodeSample(reader.bytes(), &series->samples);
        break;
      case Tag(3, kBytes):
        series->histograms.push_back(reader.bytes());
        break;
      case Tag(4, kBytes):
        good = DecodeExemplar(reader.bytes(), &series->exemplars);
        break;
      case Tag(5, kBytes):
        good = DecodeMetadata(reader.bytes(), &series->metadata);
        break;
      default:
        break;
    }
    if (!good || CostOf(*series) > kRequestSamplesMax) {
      return false;
    }
  }
  return reader.ok();
}

bool DecodeLabels(WriteSeries* series) {
  series->labels.clear();
  ProtoReader reader(series->message);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes) && !DecodeLabel(reader.bytes(), &series->labels)) {
      return false;
    }
  }
  return reader.ok();
}

absl::Status DecodeWriteRequest(std::string_view body, const std::function<absl::Status(WriteSeries&)>& on_series,
                                const std::function<absl::Status(const FamilyMetadata&)>& on_metadata) {
  WriteSeries series;
  size_t cost = 0;
  ProtoReader reader(body);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes)) {
      RETURN_IF_ERROR(CheckSeries(DecodeSeries(reader.bytes(), &series), series, &cost));
      RETURN_IF_ERROR(on_series(series));
    } else if (reader.tag() == Tag(3, kBytes)) {
      FamilyMetadata metadata;
      if (!DecodeFamilyMetadata(reader.bytes(), &metadata)) {
        return DamagedRequest();
      }
      if (on_metadata) {
        RETURN_IF_ERROR(on_metadata(metadata));
      }
    }
  }
  return reader.ok() ? absl::OkStatus() : DamagedRequest();
}

absl::Status DecodeWriteRequestV2(std::string_view body, std::vector<std::string_view>* symbols,
                                  const std::function<absl::Status(WriteSeries&)>& on_series) {
  RETURN_IF_ERROR(CollectSymbols(body, symbols));
  WriteSeries series;
  size_t cost = 0;
  ProtoReader reader(body);
  while (reader.Next()) {
    if (reader.tag() == Tag(5, kBytes)) {
      RETURN_IF_ERROR(CheckSeries(DecodeSeriesV2(reader.bytes(), &series), series, &cost));
      RETURN_IF_ERROR(on_series(series));
    }
  }
  return absl::OkStatus();
}

absl::Status ResolveLabels(std::span<const uint32_t> refs, std::span<const std::string_view> symbols, std::vector<Label>* labels) {
  if (refs.size() % 2 != 0) {
    return absl::InvalidArgumentError(Cat("invalid labelRefs length ", refs.size()));
  }
  labels->clear();
  for (size_t i = 0; i < refs.size(); i += 2) {
    if (refs[i] >= symbols.size() || refs[i + 1] >= symbols.size()) {
      return absl::InvalidArgumentError(
          Cat("labelRefs ", refs[i], " (name) = ", refs[i + 1], " (value) outside of symbols table (size ", symbols.size(), ")"));
    }
    labels->push_back({symbols[refs[i]], symbols[refs[i + 1]]});
  }
  return absl::OkStatus();
}

absl::Status ExemplarLabels(const WriteExemplar& exemplar, const std::vector<std::string_view>* symbols, std::vector<Label>* labels) {
  labels->clear();
  std::vector<uint32_t> refs;
  ProtoReader reader(exemplar.message);
  while (reader.Next()) {
    bool good = true;
    if (symbols != nullptr && reader.field() == 1) {
      good = DecodeRefs(reader, &refs);
    } else if (reader.tag() == Tag(1, kBytes)) {
      good = DecodeLabel(reader.bytes(), labels);
    }
    if (!good) {
      return DamagedRequest();
    }
  }
  return symbols == nullptr ? absl::OkStatus() : ResolveLabels(refs, *symbols, labels);
}

std::string LabelRefsText(std::span<const uint32_t> refs) {
  std::string text = "[";
  for (size_t i = 0; i < refs.size(); ++i) {
    Append(&text, i == 0 ? "" : " ", refs[i]);
  }
  return text + "]";
}

}  // namespace tocsin::wire
