#include "engine/remote/write_batch.h"

#include "absl/container/flat_hash_map.h"
#include "base/compress/compress.h"
#include "base/strings.h"
#include "base/wire/histogram_wire.h"
#include "base/wire/proto_writer.h"
#include "base/wire/remote_write.h"

namespace tocsin {
namespace {

using wire::ProtoWriter;

enum class EntryKind { kFloat, kHistogram, kExemplar };

EntryKind KindOf(const OutgoingSample& sample) {
  return sample.exemplar != nullptr ? EntryKind::kExemplar : sample.histogram != nullptr ? EntryKind::kHistogram : EntryKind::kFloat;
}

/// Entries [begin, end) of one series; floats and histograms are never together in one, exemplars go with either.
size_t SeriesEnd(const std::vector<OutgoingSample>& samples, size_t begin) {
  EntryKind kind = KindOf(samples[begin]);
  size_t end = begin + 1;
  for (; end < samples.size() && samples[end].series == samples[begin].series; ++end) {
    const EntryKind next = KindOf(samples[end]);
    if (kind == EntryKind::kExemplar) {
      kind = next;
    } else if (next != EntryKind::kExemplar && next != kind) {
      break;
    }
  }
  return end;
}

void EncodeSampleFields(const OutgoingSample& sample, bool with_start, ProtoWriter* out) {
  out->Double(1, sample.value);
  out->Int64(2, sample.t);
  if (with_start) {
    out->Int64(3, sample.start_t);
  }
}

void EncodeHistogramFields(const OutgoingSample& sample, bool with_start, ProtoWriter* out) {
  wire::EncodeHistogram(*sample.histogram, wire::HasWholeCounts(*sample.histogram), sample.t, with_start ? sample.start_t : 0, out);
}

void EncodeLabelsV1(const Labels& labels, ProtoWriter* out) {
  for (const Label& label : labels) {
    out->Message(1, [&label](ProtoWriter& inner) {
      inner.Bytes(1, label.name);
      inner.Bytes(2, label.value);
    });
  }
}

bool IsTellableInV1(const OutgoingSample& sample) { return sample.histogram == nullptr || !sample.histogram->uses_custom_buckets(); }

std::string EncodeBodyV1(const std::vector<OutgoingSample>& samples) {
  std::string body;
  ProtoWriter writer(&body);
  for (size_t begin = 0; begin < samples.size();) {
    const size_t end = SeriesEnd(samples, begin);
    if (!IsTellableInV1(samples[begin])) {
      begin = end;
      continue;
    }
    writer.Message(1, [&](ProtoWriter& out) {
      EncodeLabelsV1(samples[begin].series->labels, &out);
      for (size_t i = begin; i < end; ++i) {
        const OutgoingSample& sample = samples[i];
        switch (KindOf(sample)) {
          case EntryKind::kFloat:
            out.Message(2, [&](ProtoWriter& inner) { EncodeSampleFields(sample, false, &inner); });
            break;
          case EntryKind::kHistogram:
            if (IsTellableInV1(sample)) {
              out.Message(4, [&](ProtoWriter& inner) { EncodeHistogramFields(sample, false, &inner); });
            }
            break;
          case EntryKind::kExemplar:
            out.Message(3, [&](ProtoWriter& inner) {
              EncodeLabelsV1(sample.exemplar->labels, &inner);
              inner.Double(2, sample.exemplar->value);
              inner.Int64(3, sample.exemplar->t);
            });
            break;
        }
      }
    });
    begin = end;
  }
  return body;
}

/// The strings of a 2.0 request; views into the batch.
class SymbolTable {
 public:
  SymbolTable() { RefOf(""); }

  uint64_t RefOf(std::string_view text) {
    const auto [found, is_new] = refs_.emplace(text, symbols_.size());
    if (is_new) {
      symbols_.push_back(text);
    }
    return found->second;
  }

  const std::vector<uint64_t>& RefsOf(const Labels& labels) {
    label_refs_.clear();
    for (const Label& label : labels) {
      label_refs_.push_back(RefOf(label.name));
      label_refs_.push_back(RefOf(label.value));
    }
    return label_refs_;
  }

  const std::vector<std::string_view>& symbols() const { return symbols_; }

 private:
  absl::flat_hash_map<std::string_view, uint64_t> refs_;
  std::vector<std::string_view> symbols_;
  std::vector<uint64_t> label_refs_;
};

void EncodeSeriesV2(const std::vector<OutgoingSample>& samples, size_t begin, size_t end, SymbolTable* symbols, ProtoWriter* out) {
  const OutgoingSeries& series = *samples[begin].series;
  out->PackedVarints(1, symbols->RefsOf(series.labels));
  for (size_t i = begin; i < end; ++i) {
    const OutgoingSample& sample = samples[i];
    switch (KindOf(sample)) {
      case EntryKind::kFloat:
        out->Message(2, [&](ProtoWriter& inner) { EncodeSampleFields(sample, true, &inner); });
        break;
      case EntryKind::kHistogram:
        out->Message(3, [&](ProtoWriter& inner) { EncodeHistogramFields(sample, true, &inner); });
        break;
      case EntryKind::kExemplar:
        out->Message(4, [&](ProtoWriter& inner) {
          inner.PackedVarints(1, symbols->RefsOf(sample.exemplar->labels));
          inner.Double(2, sample.exemplar->value);
          inner.Int64(3, sample.exemplar->t);
        });
        break;
    }
  }
  out->Message(5, [&](ProtoWriter& inner) {
    inner.Varint(1, wire::MetricTypeNumber(series.metadata.type));
    inner.Varint(3, symbols->RefOf(series.metadata.help));
    inner.Varint(4, symbols->RefOf(series.metadata.unit));
  });
}

std::string EncodeBodyV2(const std::vector<OutgoingSample>& samples) {
  std::string body;
  ProtoWriter writer(&body);
  SymbolTable symbols;
  for (size_t begin = 0; begin < samples.size();) {
    const size_t end = SeriesEnd(samples, begin);
    writer.Message(5, [&](ProtoWriter& out) { EncodeSeriesV2(samples, begin, end, &symbols, &out); });
    begin = end;
  }
  std::string head;
  ProtoWriter head_writer(&head);
  for (const std::string_view symbol : symbols.symbols()) {
    head_writer.BytesAlways(4, symbol);
  }
  return head + body;
}

}  // namespace

WriteBatch::Counts WriteBatch::Count() const {
  Counts counts;
  for (const OutgoingSample& sample : samples) {
    switch (KindOf(sample)) {
      case EntryKind::kFloat:
        ++counts.samples;
        break;
      case EntryKind::kHistogram:
        ++counts.histograms;
        break;
      case EntryKind::kExemplar:
        ++counts.exemplars;
        break;
    }
  }
  return counts;
}

std::string EncodeWriteBatch(const WriteBatch& batch, RemoteWriteMessage message) {
  std::string packed;
  SnappyEncode(message == RemoteWriteMessage::kV1 ? EncodeBodyV1(batch.samples) : EncodeBodyV2(batch.samples), &packed);
  return packed;
}

std::string EncodeWriteMetadata(const std::vector<FamilyMetadataEntry>& families, size_t begin, size_t end) {
  std::string body;
  ProtoWriter writer(&body);
  for (size_t i = begin; i < end; ++i) {
    writer.Message(3, [&](ProtoWriter& out) {
      out.Varint(1, wire::MetricTypeNumber(families[i].metadata.type));
      out.Bytes(2, families[i].name);
      out.Bytes(4, families[i].metadata.help);
      out.Bytes(5, families[i].metadata.unit);
    });
  }
  std::string packed;
  SnappyEncode(body, &packed);
  return packed;
}

}  // namespace tocsin
