#include <cmath>

#include "absl/strings/escaping.h"
#include "base/json/writer.h"
#include "base/status.h"
#include "base/wire/otlp_metrics.h"
#include "base/wire/proto_reader.h"

namespace tocsin::wire {
namespace {

bool AppendAnyValue(std::string_view message, int depth, bool nested, std::string* out);

void AppendTextValue(std::string_view text, bool nested, std::string* out) {
  if (nested) {
    JsonWriter(out).String(text);
  } else {
    out->append(text);
  }
}

bool AppendListValue(std::string_view message, int depth, std::string* out) {
  *out += '[';
  bool first = true;
  ProtoReader reader(message);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes)) {
      *out += first ? "" : ",";
      first = false;
      if (!AppendAnyValue(reader.bytes(), depth + 1, true, out)) {
        return false;
      }
    }
  }
  *out += ']';
  return reader.ok();
}

bool SplitKeyValue(std::string_view message, std::string_view* key, std::string_view* value) {
  ProtoReader reader(message);
  while (reader.Next()) {
    if (reader.tag() == Tag(1, kBytes)) {
      *key = reader.bytes();
    } else if (reader.tag() == Tag(2, kBytes)) {
      *value = reader.bytes();
    }
  }
  return reader.ok();
}

bool AppendMapValue(std::string_view message, int depth, std::string* out) {
  *out += '{';
  bool first = true;
  ProtoReader reader(message);
  while (reader.Next()) {
    if (reader.tag() != Tag(1, kBytes)) {
      continue;
    }
    std::string_view key;
    std::string_view value;
    if (!SplitKeyValue(reader.bytes(), &key, &value)) {
      return false;
    }
    *out += first ? "" : ",";
    first = false;
    JsonWriter(out).String(key);
    *out += ':';
    if (!AppendAnyValue(value, depth + 1, true, out)) {
      return false;
    }
  }
  *out += '}';
  return reader.ok();
}

/// The last member of the oneof counts.
bool AppendAnyValue(std::string_view message, int depth, bool nested, std::string* out) {
  if (depth > kOtlpValueDepthMax) {
    return false;
  }
  std::string text;
  ProtoReader reader(message);
  bool good = true;
  bool found = false;
  while (good && reader.Next()) {
    const uint32_t tag = reader.tag();
    if (reader.field() >= 1 && reader.field() <= 7) {
      text.clear();
      found = true;
    }
    switch (tag) {
      case Tag(1, kBytes):
        AppendTextValue(reader.bytes(), nested, &text);
        break;
      case Tag(2, kVarint):
        text = reader.boolean() ? "true" : "false";
        break;
      case Tag(3, kVarint):
        text = Cat(reader.int64());
        break;
      case Tag(4, kFixed64):
        AppendJsonNumber(reader.float64(), &text);
        break;
      case Tag(5, kBytes):
        good = AppendListValue(reader.bytes(), depth, &text);
        break;
      case Tag(6, kBytes):
        good = AppendMapValue(reader.bytes(), depth, &text);
        break;
      case Tag(7, kBytes):
        AppendTextValue(absl::Base64Escape(av(reader.bytes())), nested, &text);
        break;
      default:
        break;
    }
  }
  if (!found && nested) {
    text = "null";
  }
  *out += text;
  return good && reader.ok();
}

bool DecodeAttribute(std::string_view message, OtlpAttributes* out) {
  std::string_view key;
  std::string_view value;
  if (!SplitKeyValue(message, &key, &value)) {
    return false;
  }
  auto& [name, text] = out->emplace_back();
  name = key;
  return AppendAnyValue(value, 0, false, &text);
}

std::string HexId(std::string_view id) {
  const bool is_set = id.find_first_not_of('\0') != std::string_view::npos;
  return is_set ? absl::BytesToHexString(av(id)) : "";
}

bool DecodeOtlpExemplar(std::string_view message, std::vector<OtlpExemplar>* out) {
  OtlpExemplar& exemplar = out->emplace_back();
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(2, kFixed64):
        exemplar.time_ns = reader.uint64();
        break;
      case Tag(3, kFixed64):
        exemplar.value = reader.float64();
        break;
      case Tag(4, kBytes):
        exemplar.span_id = HexId(reader.bytes());
        break;
      case Tag(5, kBytes):
        exemplar.trace_id = HexId(reader.bytes());
        break;
      case Tag(6, kFixed64):
        exemplar.value = static_cast<double>(reader.int64());
        break;
      case Tag(7, kBytes):
        good = DecodeAttribute(reader.bytes(), &exemplar.attributes);
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeFixed64s(std::string_view packed, std::vector<uint64_t>* out) {
  return ReadPackedDoubles(packed, [out](double value) {
    out->push_back(std::bit_cast<uint64_t>(value));
    return true;
  });
}

bool DecodeDoubleList(std::string_view packed, std::vector<double>* out) {
  return ReadPackedDoubles(packed, [out](double value) {
    out->push_back(value);
    return true;
  });
}

bool DecodeNumberPoint(std::string_view message, OtlpPoint* point) {
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(2, kFixed64):
        point->start_ns = reader.uint64();
        break;
      case Tag(3, kFixed64):
        point->time_ns = reader.uint64();
        break;
      case Tag(4, kFixed64):
        point->value = reader.float64();
        break;
      case Tag(5, kBytes):
        good = DecodeOtlpExemplar(reader.bytes(), &point->exemplars);
        break;
      case Tag(6, kFixed64):
        point->value = static_cast<double>(reader.int64());
        break;
      case Tag(7, kBytes):
        good = DecodeAttribute(reader.bytes(), &point->attributes);
        break;
      case Tag(8, kVarint):
        point->no_recorded_value = (reader.uint32() & 1) != 0;
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeHistogramPoint(std::string_view message, OtlpPoint* point) {
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(2, kFixed64):
        point->start_ns = reader.uint64();
        break;
      case Tag(3, kFixed64):
        point->time_ns = reader.uint64();
        break;
      case Tag(4, kFixed64):
        point->count = reader.uint64();
        break;
      case Tag(5, kFixed64):
        point->sum = reader.float64();
        break;
      case Tag(6, kBytes):
        good = DecodeFixed64s(reader.bytes(), &point->bucket_counts);
        break;
      case Tag(6, kFixed64):
        point->bucket_counts.push_back(reader.uint64());
        break;
      case Tag(7, kBytes):
        good = DecodeDoubleList(reader.bytes(), &point->bounds);
        break;
      case Tag(7, kFixed64):
        point->bounds.push_back(reader.float64());
        break;
      case Tag(8, kBytes):
        good = DecodeOtlpExemplar(reader.bytes(), &point->exemplars);
        break;
      case Tag(9, kBytes):
        good = DecodeAttribute(reader.bytes(), &point->attributes);
        break;
      case Tag(10, kVarint):
        point->no_recorded_value = (reader.uint32() & 1) != 0;
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeOtlpBuckets(std::string_view message, OtlpBuckets* buckets) {
  const auto add = [buckets](uint64_t count) {
    buckets->counts.push_back(count);
    return true;
  };
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kVarint):
        buckets->offset = reader.sint32();
        break;
      case Tag(2, kVarint):
        add(reader.uint64());
        break;
      case Tag(2, kBytes):
        good = ReadPackedVarints(reader.bytes(), add);
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeExponentialPoint(std::string_view message, OtlpPoint* point) {
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        good = DecodeAttribute(reader.bytes(), &point->attributes);
        break;
      case Tag(2, kFixed64):
        point->start_ns = reader.uint64();
        break;
      case Tag(3, kFixed64):
        point->time_ns = reader.uint64();
        break;
      case Tag(4, kFixed64):
        point->count = reader.uint64();
        break;
      case Tag(5, kFixed64):
        point->sum = reader.float64();
        break;
      case Tag(6, kVarint):
        point->scale = reader.sint32();
        break;
      case Tag(7, kFixed64):
        point->zero_count = reader.uint64();
        break;
      case Tag(8, kBytes):
        good = DecodeOtlpBuckets(reader.bytes(), &point->positive);
        break;
      case Tag(9, kBytes):
        good = DecodeOtlpBuckets(reader.bytes(), &point->negative);
        break;
      case Tag(10, kVarint):
        point->no_recorded_value = (reader.uint32() & 1) != 0;
        break;
      case Tag(11, kBytes):
        good = DecodeOtlpExemplar(reader.bytes(), &point->exemplars);
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeQuantile(std::string_view message, OtlpPoint* point) {
  auto& [quantile, value] = point->quantiles.emplace_back();
  ProtoReader reader(message);
  while (reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kFixed64):
        quantile = reader.float64();
        break;
      case Tag(2, kFixed64):
        value = reader.float64();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

bool DecodeSummaryPoint(std::string_view message, OtlpPoint* point) {
  point->sum = 0;
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(2, kFixed64):
        point->start_ns = reader.uint64();
        break;
      case Tag(3, kFixed64):
        point->time_ns = reader.uint64();
        break;
      case Tag(4, kFixed64):
        point->count = reader.uint64();
        break;
      case Tag(5, kFixed64):
        point->sum = reader.float64();
        break;
      case Tag(6, kBytes):
        good = DecodeQuantile(reader.bytes(), point);
        break;
      case Tag(7, kBytes):
        good = DecodeAttribute(reader.bytes(), &point->attributes);
        break;
      case Tag(8, kVarint):
        point->no_recorded_value = (reader.uint32() & 1) != 0;
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

using DecodePoint = bool (*)(std::string_view, OtlpPoint*);

/// Gauge, Sum, Histogram, ...: their fields have the same numbers.
bool DecodeData(std::string_view message, OtlpKind kind, DecodePoint decode, OtlpMetric* metric) {
  if (metric->kind != kind) {
    metric->kind = kind;
    metric->points.clear();
  }
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        good = decode(reader.bytes(), &metric->points.emplace_back());
        break;
      case Tag(2, kVarint):
        metric->temporality = static_cast<OtlpTemporality>(reader.uint32() <= 2 ? reader.uint32() : 0);
        break;
      case Tag(3, kVarint):
        metric->monotonic = reader.boolean();
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeOtlpMetric(std::string_view message, OtlpMetric* metric) {
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        metric->name = reader.bytes();
        break;
      case Tag(2, kBytes):
        metric->description = reader.bytes();
        break;
      case Tag(3, kBytes):
        metric->unit = reader.bytes();
        break;
      case Tag(5, kBytes):
        good = DecodeData(reader.bytes(), OtlpKind::kGauge, DecodeNumberPoint, metric);
        break;
      case Tag(7, kBytes):
        good = DecodeData(reader.bytes(), OtlpKind::kSum, DecodeNumberPoint, metric);
        break;
      case Tag(9, kBytes):
        good = DecodeData(reader.bytes(), OtlpKind::kHistogram, DecodeHistogramPoint, metric);
        break;
      case Tag(10, kBytes):
        good = DecodeData(reader.bytes(), OtlpKind::kExponentialHistogram, DecodeExponentialPoint, metric);
        break;
      case Tag(11, kBytes):
        good = DecodeData(reader.bytes(), OtlpKind::kSummary, DecodeSummaryPoint, metric);
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeScopeInfo(std::string_view message, OtlpScope* scope) {
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        scope->name = reader.bytes();
        break;
      case Tag(2, kBytes):
        scope->version = reader.bytes();
        break;
      case Tag(3, kBytes):
        good = DecodeAttribute(reader.bytes(), &scope->attributes);
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeOtlpScope(std::string_view message, OtlpScope* scope) {
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    switch (reader.tag()) {
      case Tag(1, kBytes):
        good = DecodeScopeInfo(reader.bytes(), scope);
        break;
      case Tag(2, kBytes):
        good = DecodeOtlpMetric(reader.bytes(), &scope->metrics.emplace_back());
        break;
      case Tag(3, kBytes):
        scope->schema_url = reader.bytes();
        break;
      default:
        break;
    }
  }
  return good && reader.ok();
}

bool DecodeOtlpResource(std::string_view message, OtlpResource* resource) {
  ProtoReader reader(message);
  bool good = true;
  while (good && reader.Next()) {
    if (reader.tag() == Tag(1, kBytes)) {
      ProtoReader inner(reader.bytes());
      while (good && inner.Next()) {
        good = inner.tag() != Tag(1, kBytes) || DecodeAttribute(inner.bytes(), &resource->attributes);
      }
      good = good && inner.ok();
    } else if (reader.tag() == Tag(2, kBytes)) {
      good = DecodeOtlpScope(reader.bytes(), &resource->scopes.emplace_back());
    }
  }
  return good && reader.ok();
}

}  // namespace

void AppendJsonNumber(double value, std::string* out) {
  if (!std::isfinite(value)) {
    *out += std::isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
    return;
  }
  JsonWriter(out).Float(value);
}

absl::StatusOr<std::vector<OtlpResource>> DecodeOtlpProtobuf(std::string_view body) {
  std::vector<OtlpResource> resources;
  ProtoReader reader(body);
  bool good = true;
  while (good && reader.Next()) {
    good = reader.tag() != Tag(1, kBytes) || DecodeOtlpResource(reader.bytes(), &resources.emplace_back());
  }
  if (!good || !reader.ok()) {
    return absl::InvalidArgumentError("proto: the OTLP message is damaged or cut short");
  }
  return resources;
}

}  // namespace tocsin::wire
