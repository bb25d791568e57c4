#include "api/receive/federation_format.h"

#include <algorithm>

#include "base/model/histogram_bucket.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/wire/proto_writer.h"

namespace tocsin {
namespace {

using wire::ProtoWriter;

/// io.prometheus.client.MetricType.
enum MetricType : uint64_t { kUntyped = 3, kHistogram = 4, kGaugeHistogram = 5 };

MetricType TypeOf(const Sample& sample) {
  if (sample.histogram == nullptr) {
    return kUntyped;
  }
  return sample.histogram->counter_reset_hint == CounterResetHint::kGauge ? kGaugeHistogram : kHistogram;
}

bool IsTellableInText(const Sample& sample) { return sample.histogram == nullptr || sample.histogram->uses_custom_buckets(); }

/// The counts of the custom buckets one by one, that of +Inf last.
std::vector<double> CustomCounts(const FloatHistogram& h) {
  std::vector<double> counts(h.custom_values.size() + 1);
  for (SideCursor cursor = CursorOf(h, HistogramSide::kPositive); cursor.Next();) {
    if (cursor.index() >= 0 && static_cast<size_t>(cursor.index()) < counts.size()) {
      counts[cursor.index()] = cursor.count();
    }
  }
  return counts;
}

std::string EscapeName(std::string_view name, bool metric, bool utf8) {
  if (utf8 || (metric ? IsLegacyMetricName(name) : IsLegacyLabelName(name))) {
    return std::string(name);
  }
  std::string escaped;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (metric && c == ':');
    const bool digit = c >= '0' && c <= '9';
    const bool continuation = (static_cast<uint8_t>(c) & 0xc0) == 0x80;  // one underscore a character, not a byte
    if (letter || (digit && i > 0)) {
      escaped += c;
    } else if (!continuation) {
      escaped += '_';
    }
  }
  return escaped;
}

void AppendQuotedText(std::string_view text, std::string* out) {
  *out += '"';
  for (const char c : text) {
    switch (c) {
      case '\\':
        *out += "\\\\";
        break;
      case '"':
        *out += "\\\"";
        break;
      case '\n':
        *out += "\\n";
        break;
      default:
        *out += c;
    }
  }
  *out += '"';
}

class TextWriter {
 public:
  explicit TextWriter(bool utf8) : utf8_(utf8) {}

  void BeginFamily(std::string_view name, MetricType type) {
    constexpr std::string_view kTypes[] = {"counter", "gauge", "summary", "untyped", "histogram", "gaugehistogram"};
    out_ += "# TYPE ";
    AppendName(EscapeName(name, true, utf8_), true);
    Append(&out_, " ", kTypes[type], "\n");
  }

  void Add(const FederatedMetric& metric) {
    if (metric.sample.histogram == nullptr) {
      AddLine(metric, "", "", metric.sample.value);
      return;
    }
    const FloatHistogram& h = *metric.sample.histogram;
    const std::vector<double> counts = CustomCounts(h);
    double cumulative = 0;
    for (size_t i = 0; i < h.custom_values.size(); ++i) {
      cumulative += counts[i];
      AddLine(metric, "_bucket", GoFloat(h.custom_values[i], 'g'), cumulative);
    }
    AddLine(metric, "_bucket", "+Inf", h.count);
    AddLine(metric, "_sum", "", h.sum);
    AddLine(metric, "_count", "", h.count);
  }

  std::string Take() { return std::move(out_); }

 private:
  void AppendName(const std::string& name, bool metric) {
    if (metric ? IsLegacyMetricName(name) : IsLegacyLabelName(name)) {
      out_ += name;
    } else {
      AppendQuotedText(name, &out_);
    }
  }

  void AddLine(const FederatedMetric& metric, std::string_view suffix, std::string_view le, double value) {
    const std::string name = Cat(EscapeName(metric.name, true, utf8_), suffix);
    const bool plain_name = IsLegacyMetricName(name);
    if (plain_name) {
      out_ += name;
    }
    char separator = '{';
    if (!plain_name) {
      out_ += '{';
      AppendQuotedText(name, &out_);
      separator = ',';
    }
    for (const Label& label : metric.labels) {
      out_ += separator;
      AppendName(EscapeName(label.name, false, utf8_), false);
      out_ += '=';
      AppendQuotedText(label.value, &out_);
      separator = ',';
    }
    if (!le.empty()) {
      Append(&out_, std::string_view(&separator, 1), "le=\"", le, "\"");
      separator = ',';
    }
    if (separator == ',') {
      out_ += '}';
    }
    out_ += ' ';
    AppendGoFloat(value, 'g', -1, &out_);
    Append(&out_, " ", metric.sample.t, "\n");
  }

  bool utf8_;
  std::string out_;
};

void EncodeProtoHistogram(const FloatHistogram& h, ProtoWriter* out) {
  out->DoubleAlways(2, h.sum);
  out->DoubleAlways(4, h.count);
  if (h.uses_custom_buckets()) {
    const std::vector<double> counts = CustomCounts(h);
    double cumulative = 0;
    for (size_t i = 0; i < h.custom_values.size(); ++i) {
      cumulative += counts[i];
      out->Message(3, [&](ProtoWriter& bucket) {
        bucket.DoubleAlways(2, h.custom_values[i]);
        bucket.DoubleAlways(4, cumulative);
      });
    }
    return;
  }
  out->VarintAlways(5, wire::EncodeZigZag(h.schema));
  out->DoubleAlways(6, h.zero_threshold);
  out->DoubleAlways(8, h.zero_count);
  const auto spans = [out](uint32_t field, const std::vector<Span>& list) {
    for (const Span& span : list) {
      out->Message(field, [&span](ProtoWriter& inner) {
        inner.SInt64(1, span.offset);
        inner.Varint(2, span.length);
      });
    }
  };
  spans(9, h.negative_spans);
  out->PackedDoubles(11, h.negative_buckets);
  spans(12, h.positive_spans);
  out->PackedDoubles(14, h.positive_buckets);
}

void EncodeProtoMetric(const FederatedMetric& metric, bool utf8, ProtoWriter* out) {
  for (const Label& label : metric.labels) {
    out->Message(1, [&](ProtoWriter& inner) {
      inner.Bytes(1, EscapeName(label.name, false, utf8));
      inner.Bytes(2, label.value);
    });
  }
  if (metric.sample.histogram == nullptr) {
    out->Message(5, [&](ProtoWriter& inner) { inner.DoubleAlways(1, metric.sample.value); });
  }
  out->Int64(6, metric.sample.t);
  if (metric.sample.histogram != nullptr) {
    out->Message(7, [&](ProtoWriter& inner) { EncodeProtoHistogram(*metric.sample.histogram, &inner); });
  }
}

std::string_view TrimSpaces(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// One entry of an Accept header.
struct AcceptEntry {
  std::string_view type;
  double quality = 1;
  bool metric_family = false;
  bool delimited = false;
  bool utf8 = false;
};

AcceptEntry ParseAcceptEntry(std::string_view text) {
  AcceptEntry entry;
  entry.type = TrimSpaces(text.substr(0, text.find(';')));
  while (text.find(';') != std::string_view::npos) {
    text.remove_prefix(text.find(';') + 1);
    const std::string_view parameter = TrimSpaces(text.substr(0, text.find(';')));
    if (parameter.starts_with("q=")) {
      entry.quality = ParseGoFloat(parameter.substr(2)).value;
    }
    entry.metric_family |= parameter == "proto=io.prometheus.client.MetricFamily";
    entry.delimited |= parameter == "encoding=delimited";
    entry.utf8 |= parameter == "escaping=allow-utf-8";
  }
  return entry;
}

}  // namespace

FederationFormat NegotiateFederationFormat(std::string_view accept) {
  std::vector<AcceptEntry> entries;
  while (!accept.empty()) {
    const size_t end = accept.find(',');
    entries.push_back(ParseAcceptEntry(accept.substr(0, end)));
    accept = end == std::string_view::npos ? "" : accept.substr(end + 1);
  }
  std::stable_sort(entries.begin(), entries.end(), [](const AcceptEntry& a, const AcceptEntry& b) { return a.quality > b.quality; });
  FederationFormat format;
  for (const AcceptEntry& entry : entries) {
    const bool protobuf = entry.type == "application/vnd.google.protobuf" && entry.metric_family && entry.delimited;
    if (protobuf || entry.type == "text/plain") {
      format.protobuf = protobuf;
      format.utf8_names = entry.utf8;
      break;
    }
  }
  format.content_type = Cat(format.protobuf ? "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
                                            : "text/plain; version=0.0.4; charset=utf-8",
                            format.utf8_names ? "; escaping=allow-utf-8" : "; escaping=underscores");
  return format;
}

std::string WriteFederation(const std::vector<FederatedMetric>& metrics, const FederationFormat& format) {
  TextWriter text(format.utf8_names);
  std::string protobuf;
  std::string family;
  for (size_t i = 0; i < metrics.size();) {
    if (!format.protobuf && !IsTellableInText(metrics[i].sample)) {
      ++i;
      continue;
    }
    const MetricType type = TypeOf(metrics[i].sample);
    const std::string_view name = metrics[i].name;
    family.clear();
    ProtoWriter writer(&family);
    if (format.protobuf) {
      writer.Bytes(1, EscapeName(name, true, format.utf8_names));
      writer.VarintAlways(3, type);
    } else {
      text.BeginFamily(name, type);
    }
    for (; i < metrics.size() && metrics[i].name == name && TypeOf(metrics[i].sample) == type; ++i) {
      if (format.protobuf) {
        writer.Message(4, [&](ProtoWriter& out) { EncodeProtoMetric(metrics[i], format.utf8_names, &out); });
      } else if (IsTellableInText(metrics[i].sample)) {
        text.Add(metrics[i]);
      }
    }
    if (format.protobuf) {
      wire::AppendVarint(family.size(), &protobuf);
      protobuf += family;
    }
  }
  return format.protobuf ? protobuf : text.Take();
}

}  // namespace tocsin
