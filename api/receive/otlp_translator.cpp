#include "api/receive/otlp_translator.h"

#include <algorithm>

#include "api/receive/series_writer.h"
#include "base/model/float_histogram.h"
#include "base/model/sample.h"
#include "base/status.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

using wire::OtlpAttributes;
using wire::OtlpKind;
using wire::OtlpPoint;
using wire::OtlpTemporality;

constexpr std::string_view kServiceName = "service.name";
constexpr std::string_view kServiceNamespace = "service.namespace";
constexpr std::string_view kServiceInstance = "service.instance.id";
constexpr std::string_view kTargetInfo = "target_info";

/// Samples of target_info for one resource; a longer range gets wider steps.
constexpr size_t kTargetInfoSamplesMax = 1000;

TimestampMs MsOf(uint64_t ns) { return static_cast<TimestampMs>(ns / 1'000'000); }

const std::string* FindAttribute(const OtlpAttributes& attributes, std::string_view name) {
  for (const auto& [key, value] : attributes) {
    if (key == name) {
      return &value;
    }
  }
  return nullptr;
}

bool IsIdentifying(std::string_view name) { return name == kServiceName || name == kServiceNamespace || name == kServiceInstance; }

bool HasName(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string_view MetricTypeOf(const wire::OtlpMetric& metric) {
  if (metric.temporality == OtlpTemporality::kDelta && metric.kind != OtlpKind::kGauge && metric.kind != OtlpKind::kSummary) {
    return "unknown";
  }
  switch (metric.kind) {
    case OtlpKind::kGauge:
      return "gauge";
    case OtlpKind::kSum:
      return metric.monotonic ? "counter" : "gauge";
    case OtlpKind::kHistogram:
    case OtlpKind::kExponentialHistogram:
      return "histogram";
    case OtlpKind::kSummary:
      return "summary";
    case OtlpKind::kNone:
      break;
  }
  return "unknown";
}

OtlpNameKind NameKindOf(const wire::OtlpMetric& metric) {
  if (metric.kind == OtlpKind::kGauge) {
    return OtlpNameKind::kGauge;
  }
  return metric.kind == OtlpKind::kSum && metric.monotonic ? OtlpNameKind::kMonotonicSum : OtlpNameKind::kOther;
}

/// One side of an exponential histogram in Prometheus's buckets: OpenTelemetry's bucket 0 begins at 1, Prometheus's ends there.
void ConvertBuckets(const wire::OtlpBuckets& buckets, int32_t scale_down, std::vector<Span>* spans, std::vector<double>* counts) {
  int32_t last = 0;
  for (size_t i = 0; i < buckets.counts.size(); ++i) {
    const int64_t index = ((static_cast<int64_t>(buckets.offset) + static_cast<int64_t>(i)) >> std::min(scale_down, 40)) + 1;
    if (index < INT32_MIN || index > INT32_MAX) {
      return;
    }
    if (spans->empty()) {
      spans->push_back({static_cast<int32_t>(index), 0});
      last = static_cast<int32_t>(index) - 1;
    }
    if (index > last) {
      ++spans->back().length;
      counts->push_back(0);
      last = static_cast<int32_t>(index);
    }
    counts->back() += static_cast<double>(buckets.counts[i]);
  }
}

double PointOrStale(const OtlpPoint& point, double value) { return point.no_recorded_value ? kStaleNaN : value; }

/// UTF-8 characters, as limits of exemplars count.
size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; }));
}

Labels ExemplarLabelsOf(const wire::OtlpExemplar& exemplar) {
  constexpr size_t kExemplarCharactersMax = 128;
  OtlpAttributes labels;
  if (!exemplar.trace_id.empty()) {
    labels.emplace_back("trace_id", exemplar.trace_id);
  }
  if (!exemplar.span_id.empty()) {
    labels.emplace_back("span_id", exemplar.span_id);
  }
  size_t characters = 0;
  const OtlpAttributes* const lists[] = {&labels, &exemplar.attributes};
  for (const OtlpAttributes* list : lists) {
    for (const auto& [name, value] : *list) {
      characters += Characters(name) + Characters(value);
    }
  }
  if (characters <= kExemplarCharactersMax) {
    labels.insert(labels.end(), exemplar.attributes.begin(), exemplar.attributes.end());
  }
  return Labels::FromPairs(std::move(labels));
}

}  // namespace

absl::Status OtlpTranslator::Append(const std::vector<wire::OtlpResource>& resources) {
  for (const wire::OtlpResource& resource : resources) {
    absl::StatusOr<Context> context = MakeContext(resource);
    if (!context.ok()) {
      errors_.Add(Message(context.status()));
      continue;
    }
    uint64_t first_ns = UINT64_MAX;
    uint64_t last_ns = 0;
    for (const wire::OtlpScope& scope : resource.scopes) {
      if (const absl::Status added = AddScope(scope, &*context); !added.ok()) {
        errors_.Add(Message(added));
        continue;
      }
      for (const wire::OtlpMetric& metric : scope.metrics) {
        for (const OtlpPoint& point : metric.points) {
          first_ns = std::min(first_ns, point.time_ns);
          last_ns = std::max(last_ns, point.time_ns);
        }
        RETURN_IF_ERROR(AppendMetric(metric, *context));
      }
    }
    if (first_ns != UINT64_MAX) {
      context->scope.clear();
      RETURN_IF_ERROR(AppendTargetInfo(resource, *context, first_ns, last_ns));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<OtlpTranslator::Context> OtlpTranslator::MakeContext(const wire::OtlpResource& resource) {
  Context context;
  if (const std::string* name = FindAttribute(resource.attributes, kServiceName)) {
    const std::string* service_namespace = FindAttribute(resource.attributes, kServiceNamespace);
    context.job = service_namespace == nullptr ? *name : Cat(*service_namespace, "/", *name);
  }
  if (const std::string* instance = FindAttribute(resource.attributes, kServiceInstance)) {
    context.instance = *instance;
  }
  const OtlpConfig& config = options_.config;
  for (const auto& [name, value] : resource.attributes) {
    const bool promoted = config.promote_all_resource_attributes ? !HasName(config.ignore_resource_attributes, name)
                                                                 : HasName(config.promote_resource_attributes, name);
    if (promoted) {
      ASSIGN_OR_RETURN(std::string label, LabelName(name));
      context.promoted.emplace_back(std::move(label), value);
    }
  }
  return context;
}

absl::Status OtlpTranslator::AddScope(const wire::OtlpScope& scope, Context* context) {
  context->scope.clear();
  if (!options_.config.promote_scope_metadata || scope.name.empty()) {
    return absl::OkStatus();
  }
  for (const auto& [name, value] : scope.attributes) {
    ASSIGN_OR_RETURN(std::string label, LabelName("otel_scope_" + name));
    context->scope.emplace_back(std::move(label), value);
  }
  context->scope.emplace_back("otel_scope_name", scope.name);
  context->scope.emplace_back("otel_scope_version", scope.version);
  context->scope.emplace_back("otel_scope_schema_url", scope.schema_url);
  return absl::OkStatus();
}

absl::StatusOr<std::string> OtlpTranslator::LabelName(const std::string& name) {
  const auto found = label_names_.find(name);
  if (found != label_names_.end()) {
    return found->second;
  }
  ASSIGN_OR_RETURN(std::string label, OtlpLabelName(name, naming_));
  label_names_[name] = label;
  return label;
}

absl::Status OtlpTranslator::BuildLabels(const OtlpAttributes& attributes, const Context& context, const MetricMetadata* metadata,
                                         bool of_resource, LabelsBuilder* out) {
  out->Reset();
  OtlpAttributes sorted = attributes;
  std::sort(sorted.begin(), sorted.end());
  for (const auto& [name, value] : sorted) {
    if (name == kMetricName && !of_resource) {
      continue;
    }
    ASSIGN_OR_RETURN(const std::string label, LabelName(name));
    const std::string existing(out->Get(label));
    if (existing.empty() || naming_.utf8) {
      out->Set(label, value);
      continue;
    }
    out->Set(label, Cat(existing, ";", value));
    if (collisions_told_.insert(label).second) {
      warnings_.emplace_back("label_name_collision", Cat("OTLP ", of_resource ? "resource" : "data point", " attributes collide as label ",
                                                         GoQuoted(label), " after name sanitization, values are concatenated with ';'"));
    }
  }
  if (!of_resource) {
    for (const auto& [name, value] : context.promoted) {
      if (out->Get(name).empty()) {
        out->Set(name, value);
      }
    }
  }
  if (!context.job.empty()) {
    out->Set("job", context.job);
  }
  if (!context.instance.empty()) {
    out->Set("instance", context.instance);
  }
  for (const auto& [name, value] : context.scope) {
    out->Set(name, value);
  }
  if (options_.type_and_unit_labels && metadata != nullptr) {
    if (metadata->type != "unknown") {
      out->Set("__type__", metadata->type);
    }
    if (!metadata->unit.empty()) {
      out->Set("__unit__", metadata->unit);
    }
  }
  return absl::OkStatus();
}

absl::Status OtlpTranslator::AppendMetric(const wire::OtlpMetric& metric, const Context& context) {
  const bool has_temporality =
      metric.kind == OtlpKind::kSum || metric.kind == OtlpKind::kHistogram || metric.kind == OtlpKind::kExponentialHistogram;
  if (metric.kind == OtlpKind::kNone) {
    errors_.Add(Cat("could not get aggregation temporality for ", metric.name, " as it has unsupported metric type Empty"));
    return absl::OkStatus();
  }
  if (has_temporality && metric.temporality != OtlpTemporality::kCumulative &&
      !(options_.native_delta && metric.temporality == OtlpTemporality::kDelta)) {
    errors_.Add(Cat("invalid temporality and type combination for metric ", GoQuoted(metric.name)));
    return absl::OkStatus();
  }
  const absl::StatusOr<std::string> name = OtlpMetricName(metric.name, metric.unit, NameKindOf(metric), naming_);
  if (!name.ok()) {
    errors_.Add(Message(name.status()));
    return absl::OkStatus();
  }
  if (metric.points.empty()) {
    warnings_.emplace_back("empty_data_points", Cat("empty data points. ", metric.name, " is dropped"));
    return absl::OkStatus();
  }
  const Family family{*name, {std::string(MetricTypeOf(metric)), metric.description, OtlpUnitName(metric.unit)}, metric.temporality};
  for (const OtlpPoint& point : metric.points) {
    RETURN_IF_ERROR(AppendPoint(point, metric.kind, family, context));
  }
  return absl::OkStatus();
}

absl::Status OtlpTranslator::AppendPoint(const OtlpPoint& point, OtlpKind kind, const Family& family, const Context& context) {
  LabelsBuilder base;
  if (const absl::Status built = BuildLabels(point.attributes, context, &family.metadata, false, &base); !built.ok()) {
    errors_.Add(Message(built));
    return absl::OkStatus();
  }
  switch (kind) {
    case OtlpKind::kHistogram:
      return options_.config.convert_histograms_to_nhcb ? AppendNativeHistogram(point, kind, family, &base)
                                                        : AppendClassicHistogram(point, family, &base);
    case OtlpKind::kExponentialHistogram:
      return AppendNativeHistogram(point, kind, family, &base);
    case OtlpKind::kSummary:
      return AppendSummary(point, family, &base);
    default:
      base.Set(kMetricName, family.name);
      return AppendFloat(base.Build(), point, point.value, family,
                         kind == OtlpKind::kSum ? point.exemplars : std::vector<wire::OtlpExemplar>());
  }
}

absl::Status OtlpTranslator::AppendClassicHistogram(const OtlpPoint& point, const Family& family, LabelsBuilder* base) {
  if (point.sum.has_value()) {
    base->Set(kMetricName, family.name + "_sum");
    RETURN_IF_ERROR(AppendFloat(base->Build(), point, *point.sum, family, {}));
  }
  base->Set(kMetricName, family.name + "_count");
  RETURN_IF_ERROR(AppendFloat(base->Build(), point, static_cast<double>(point.count), family, {}));
  base->Set(kMetricName, family.name + "_bucket");
  uint64_t cumulative = 0;
  std::span<const wire::OtlpExemplar> exemplars = point.exemplars;
  for (size_t i = 0; i < point.bounds.size() && i < point.bucket_counts.size(); ++i) {
    cumulative += point.bucket_counts[i];
    size_t within = 0;
    while (within < exemplars.size() && exemplars[within].value <= point.bounds[i]) {
      ++within;
    }
    base->Set(kBucketLabel, GoFloat(point.bounds[i], 'f'));
    RETURN_IF_ERROR(AppendFloat(base->Build(), point, static_cast<double>(cumulative), family, exemplars.first(within)));
    exemplars = exemplars.subspan(within);
  }
  base->Set(kBucketLabel, "+Inf");
  return AppendFloat(base->Build(), point, static_cast<double>(point.count), family, exemplars);
}

absl::Status OtlpTranslator::AppendSummary(const OtlpPoint& point, const Family& family, LabelsBuilder* base) {
  base->Set(kMetricName, family.name + "_sum");
  RETURN_IF_ERROR(AppendFloat(base->Build(), point, point.sum.value_or(0), family, {}));
  base->Set(kMetricName, family.name + "_count");
  RETURN_IF_ERROR(AppendFloat(base->Build(), point, static_cast<double>(point.count), family, {}));
  base->Set(kMetricName, family.name);
  for (const auto& [quantile, value] : point.quantiles) {
    base->Set(kQuantileLabel, GoFloat(quantile, 'f'));
    RETURN_IF_ERROR(AppendFloat(base->Build(), point, value, family, {}));
  }
  return absl::OkStatus();
}

absl::Status OtlpTranslator::AppendNativeHistogram(const OtlpPoint& point, OtlpKind kind, const Family& family, LabelsBuilder* base) {
  FloatHistogram h;
  if (family.temporality == OtlpTemporality::kDelta) {
    h.counter_reset_hint = CounterResetHint::kGauge;
  }
  if (kind == OtlpKind::kHistogram) {
    h.schema = kCustomBucketsSchema;
    h.custom_values = point.bounds;
    h.positive_spans = {{0, static_cast<uint32_t>(point.bucket_counts.size())}};
    h.positive_buckets.assign(point.bucket_counts.begin(), point.bucket_counts.end());
  } else {
    constexpr double kOtlpZeroThreshold = 1e-128;
    if (point.scale < kMinExponentialSchema) {
      errors_.Add(Cat("cannot convert exponential to native histogram. Scale must be >= ", kMinExponentialSchema, ", was ", point.scale));
      return absl::OkStatus();
    }
    h.schema = std::min(point.scale, kMaxExponentialSchema);
    h.zero_threshold = kOtlpZeroThreshold;
    h.zero_count = static_cast<double>(point.zero_count);
    ConvertBuckets(point.positive, point.scale - h.schema, &h.positive_spans, &h.positive_buckets);
    ConvertBuckets(point.negative, point.scale - h.schema, &h.negative_spans, &h.negative_buckets);
  }
  h.count = static_cast<double>(point.count);
  h.sum = point.sum.value_or(0);
  if (point.no_recorded_value) {
    h = {};
    h.sum = kStaleNaN;
  } else if (point.count == 0 && h.sum != 0) {
    warnings_.emplace_back("histogram_zero_count_non_zero_sum",
                           Cat(kind == OtlpKind::kHistogram ? "" : "exponential ",
                               "histogram data point has zero count, but non-zero sum: ", GoFloat(h.sum, 'f', 6)));
  }
  CompactHistogram(&h, /*max_empty=*/2);
  base->Set(kMetricName, family.name);
  const Labels labels = base->Build();
  if (const absl::Status valid = ValidateHistogram(h); !valid.ok()) {
    errors_.Add(Cat(Message(valid), " for series ", labels.ToString()));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const SeriesRef ref, OpenSeries(labels, family.metadata));
  if (ref == SeriesRef::kNone) {
    return absl::OkStatus();
  }
  const TimestampMs t = MsOf(point.time_ns);
  appender_.SetStartTimestamp(ref, MsOf(point.start_ns));
  const AppendResult result = t > options_.time_max ? AppendResult::kOutOfBounds : appender_.AppendHistogram(ref, t, h, true);
  if (result != AppendResult::kOk) {
    errors_.Add(Cat(WriteResultText(result, t, options_.time_max), " for series ", labels.ToString()));
    return IsBadSample(result) ? absl::OkStatus() : absl::InternalError(av(AppendResultText(result)));
  }
  AppendExemplars(ref, point.exemplars);
  return absl::OkStatus();
}

absl::StatusOr<SeriesRef> OtlpTranslator::OpenSeries(const Labels& labels, const MetricMetadata& metadata) {
  AppendResult result = AppendResult::kOk;
  const SeriesRef ref = appender_.GetOrCreate(labels, &result);
  if (ref != SeriesRef::kNone) {
    appender_.SetMetadata(ref, metadata);
    return ref;
  }
  if (result == AppendResult::kMemoryLimit) {
    refused_for_memory_ = true;
  } else if (IsBadSample(result)) {
    errors_.Add(Cat(AppendResultText(result), " for series ", labels.ToString()));
  } else {
    return absl::InternalError(av(AppendResultText(result)));
  }
  return SeriesRef::kNone;
}

absl::Status OtlpTranslator::AppendFloat(const Labels& labels, const OtlpPoint& point, double value, const Family& family,
                                         std::span<const wire::OtlpExemplar> exemplars) {
  ASSIGN_OR_RETURN(const SeriesRef ref, OpenSeries(labels, family.metadata));
  if (ref == SeriesRef::kNone) {
    return absl::OkStatus();
  }
  const TimestampMs t = MsOf(point.time_ns);
  appender_.SetStartTimestamp(ref, MsOf(point.start_ns));
  const AppendResult result = t > options_.time_max ? AppendResult::kOutOfBounds : appender_.Append(ref, t, PointOrStale(point, value));
  if (result != AppendResult::kOk) {
    errors_.Add(Cat(WriteResultText(result, t, options_.time_max), " for series ", labels.ToString()));
    return IsBadSample(result) ? absl::OkStatus() : absl::InternalError(av(AppendResultText(result)));
  }
  AppendExemplars(ref, exemplars);
  return absl::OkStatus();
}

void OtlpTranslator::AppendExemplars(SeriesRef ref, std::span<const wire::OtlpExemplar> exemplars) {
  for (const wire::OtlpExemplar& exemplar : exemplars) {
    const TimestampMs t = MsOf(exemplar.time_ns);
    const AppendResult result = appender_.AppendExemplar(ref, {ExemplarLabelsOf(exemplar), exemplar.value, t, t != 0});
    out_of_order_exemplars_ += result == AppendResult::kOutOfOrder || result == AppendResult::kTooOld;
  }
}

absl::Status OtlpTranslator::AppendTargetInfo(const wire::OtlpResource& resource, const Context& context, uint64_t first_ns,
                                              uint64_t last_ns) {
  const auto describes = [](const auto& attribute) { return !IsIdentifying(attribute.first); };
  if (std::none_of(resource.attributes.begin(), resource.attributes.end(), describes) ||
      (context.job.empty() && context.instance.empty())) {
    return absl::OkStatus();
  }
  OtlpAttributes attributes = resource.attributes;
  if (!options_.config.keep_identifying_resource_attributes) {
    std::erase_if(attributes, [](const auto& attribute) { return IsIdentifying(attribute.first); });
  }
  LabelsBuilder builder;
  if (const absl::Status built = BuildLabels(attributes, context, nullptr, true, &builder); !built.ok()) {
    errors_.Add(Message(built));
    return absl::OkStatus();
  }
  builder.Set(kMetricName, kTargetInfo);
  const Labels labels = builder.Build();
  const Family family{std::string(kTargetInfo), {"gauge", "Target metadata", ""}, OtlpTemporality::kUnspecified};
  const uint64_t half_lookback_ns = static_cast<uint64_t>(std::max<DurationMs>(1, options_.lookback_ms / 2)) * 1'000'000;
  const uint64_t step = std::max(half_lookback_ns, (last_ns - first_ns) / kTargetInfoSamplesMax + 1);
  OtlpPoint point;
  for (uint64_t ns = first_ns;; ns += step) {
    point.time_ns = std::min(ns, last_ns);
    if (target_infos_.insert(Cat(labels.encoded(), MsOf(point.time_ns))).second) {
      RETURN_IF_ERROR(AppendFloat(labels, point, 1, family, {}));
    }
    if (ns >= last_ns || last_ns - ns < step) {
      break;
    }
  }
  point.time_ns = last_ns;
  if (target_infos_.insert(Cat(labels.encoded(), MsOf(last_ns))).second) {
    return AppendFloat(labels, point, 1, family, {});
  }
  return absl::OkStatus();
}

}  // namespace tocsin
