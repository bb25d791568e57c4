#include <bit>
#include <span>

#include "absl/strings/escaping.h"
#include "base/status.h"
#include "base/wire/otlp_metrics.h"
#include "base/wire/otlp_value.h"
#include "base/wire/proto_reader.h"

namespace tocsin::wire {
namespace {

/// What may still be decoded of a request.
class ElementBudget {
 public:
  bool Take() {
    exhausted_ = exhausted_ || left_ == 0;
    left_ -= exhausted_ ? 0 : 1;
    return !exhausted_;
  }
  bool exhausted() const { return exhausted_; }

 private:
  size_t left_ = kOtlpElementsMax;
  bool exhausted_ = false;
};

/// A decoder is a table: what to do with which field. Fields that are not in it are skipped. False: damaged, or the budget is used up.
template <typename T>
struct FieldRule {
  uint32_t tag;
  bool (*set)(const ProtoReader& field, T* out, ElementBudget* budget);
};

template <typename T>
bool DecodeByRules(std::string_view message, std::span<const FieldRule<T>> rules, T* out, ElementBudget* budget) {
  return budget->Take() && ForEachField(message, [&](const ProtoReader& field) {
           for (const FieldRule<T>& rule : rules) {
             if (rule.tag == field.tag()) {
               return rule.set(field, out, budget);
             }
           }
           return true;
         });
}

template <auto kMember>
constexpr auto SetText = [](const ProtoReader& field, auto* out, ElementBudget*) {
  out->*kMember = field.bytes();
  return true;
};
template <auto kMember>
constexpr auto SetUnsigned = [](const ProtoReader& field, auto* out, ElementBudget*) {
  out->*kMember = field.uint64();
  return true;
};
template <auto kMember>
constexpr auto SetDouble = [](const ProtoReader& field, auto* out, ElementBudget*) {
  out->*kMember = field.float64();
  return true;
};
/// sfixed64 where a double is kept.
template <auto kMember>
constexpr auto SetInteger = [](const ProtoReader& field, auto* out, ElementBudget*) {
  out->*kMember = static_cast<double>(field.int64());
  return true;
};
template <auto kMember>
constexpr auto SetZigZag = [](const ProtoReader& field, auto* out, ElementBudget*) {
  out->*kMember = field.sint32();
  return true;
};
/// One number of a repeated field that is not packed.
template <auto kMember>
constexpr auto AddFixed64 = [](const ProtoReader& field, auto* out, ElementBudget*) {
  using Number = typename std::remove_reference_t<decltype(out->*kMember)>::value_type;
  (out->*kMember).push_back(std::bit_cast<Number>(field.uint64()));
  return true;
};
template <auto kMember>
constexpr auto AddPackedFixed64 = [](const ProtoReader& field, auto* out, ElementBudget*) {
  using Number = typename std::remove_reference_t<decltype(out->*kMember)>::value_type;
  return ReadPackedDoubles(field.bytes(), [out](double value) {
    (out->*kMember).push_back(std::bit_cast<Number>(value));
    return true;
  });
};

/// KeyValue.
constexpr auto AddAttribute = [](const ProtoReader& field, auto* out, ElementBudget* budget) {
  std::string_view key;
  std::string_view value;
  if (!budget->Take() || !SplitKeyValue(field.bytes(), &key, &value)) {
    return false;
  }
  auto& [name, text] = out->attributes.emplace_back();
  name = key;
  return AppendOtlpValue(value, &text);
};

template <auto kMember>
constexpr auto SetHexId = [](const ProtoReader& field, auto* out, ElementBudget*) {
  const bool is_set = field.bytes().find_first_not_of('\0') != std::string_view::npos;
  out->*kMember = is_set ? absl::BytesToHexString(av(field.bytes())) : "";
  return true;
};

constexpr FieldRule<OtlpExemplar> kExemplarRules[] = {
    {Tag(2, kFixed64), SetUnsigned<&OtlpExemplar::time_ns>}, {Tag(3, kFixed64), SetDouble<&OtlpExemplar::value>},
    {Tag(4, kBytes), SetHexId<&OtlpExemplar::span_id>},      {Tag(5, kBytes), SetHexId<&OtlpExemplar::trace_id>},
    {Tag(6, kFixed64), SetInteger<&OtlpExemplar::value>},    {Tag(7, kBytes), AddAttribute},
};

constexpr FieldRule<OtlpBuckets> kBucketRules[] = {
    {Tag(1, kVarint), SetZigZag<&OtlpBuckets::offset>},
    {Tag(2, kVarint),
     [](const ProtoReader& field, OtlpBuckets* out, ElementBudget*) {
       out->counts.push_back(field.uint64());
       return true;
     }},
    {Tag(2, kBytes),
     [](const ProtoReader& field, OtlpBuckets* out, ElementBudget*) {
       return ReadPackedVarints(field.bytes(), [out](uint64_t count) {
         out->counts.push_back(count);
         return true;
       });
     }},
};

constexpr FieldRule<std::pair<double, double>> kQuantileRules[] = {
    {Tag(1, kFixed64), SetDouble<&std::pair<double, double>::first>},
    {Tag(2, kFixed64), SetDouble<&std::pair<double, double>::second>},
};

constexpr auto AddExemplar = [](const ProtoReader& field, OtlpPoint* out, ElementBudget* budget) {
  return DecodeByRules<OtlpExemplar>(field.bytes(), kExemplarRules, &out->exemplars.emplace_back(), budget);
};
template <auto kMember>
constexpr auto SetBuckets = [](const ProtoReader& field, OtlpPoint* out, ElementBudget* budget) {
  return DecodeByRules<OtlpBuckets>(field.bytes(), kBucketRules, &(out->*kMember), budget);
};
constexpr auto AddQuantile = [](const ProtoReader& field, OtlpPoint* out, ElementBudget* budget) {
  return DecodeByRules<std::pair<double, double>>(field.bytes(), kQuantileRules, &out->quantiles.emplace_back(), budget);
};
constexpr auto SetFlags = [](const ProtoReader& field, OtlpPoint* out, ElementBudget*) {
  out->no_recorded_value = (field.uint32() & 1) != 0;
  return true;
};
constexpr auto SetStart = SetUnsigned<&OtlpPoint::start_ns>;
constexpr auto SetTime = SetUnsigned<&OtlpPoint::time_ns>;
constexpr auto SetCount = SetUnsigned<&OtlpPoint::count>;
constexpr auto SetSum = SetDouble<&OtlpPoint::sum>;

constexpr FieldRule<OtlpPoint> kNumberRules[] = {
    {Tag(2, kFixed64), SetStart},
    {Tag(3, kFixed64), SetTime},
    {Tag(4, kFixed64), SetDouble<&OtlpPoint::value>},
    {Tag(5, kBytes), AddExemplar},
    {Tag(6, kFixed64), SetInteger<&OtlpPoint::value>},
    {Tag(7, kBytes), AddAttribute},
    {Tag(8, kVarint), SetFlags},
};

constexpr FieldRule<OtlpPoint> kHistogramRules[] = {
    {Tag(2, kFixed64), SetStart},
    {Tag(3, kFixed64), SetTime},
    {Tag(4, kFixed64), SetCount},
    {Tag(5, kFixed64), SetSum},
    {Tag(6, kBytes), AddPackedFixed64<&OtlpPoint::bucket_counts>},
    {Tag(6, kFixed64), AddFixed64<&OtlpPoint::bucket_counts>},
    {Tag(7, kBytes), AddPackedFixed64<&OtlpPoint::bounds>},
    {Tag(7, kFixed64), AddFixed64<&OtlpPoint::bounds>},
    {Tag(8, kBytes), AddExemplar},
    {Tag(9, kBytes), AddAttribute},
    {Tag(10, kVarint), SetFlags},
};

constexpr FieldRule<OtlpPoint> kExponentialRules[] = {
    {Tag(1, kBytes), AddAttribute},
    {Tag(2, kFixed64), SetStart},
    {Tag(3, kFixed64), SetTime},
    {Tag(4, kFixed64), SetCount},
    {Tag(5, kFixed64), SetSum},
    {Tag(6, kVarint), SetZigZag<&OtlpPoint::scale>},
    {Tag(7, kFixed64), SetUnsigned<&OtlpPoint::zero_count>},
    {Tag(8, kBytes), SetBuckets<&OtlpPoint::positive>},
    {Tag(9, kBytes), SetBuckets<&OtlpPoint::negative>},
    {Tag(10, kVarint), SetFlags},
    {Tag(11, kBytes), AddExemplar},
};

constexpr FieldRule<OtlpPoint> kSummaryRules[] = {
    {Tag(2, kFixed64), SetStart},  {Tag(3, kFixed64), SetTime},    {Tag(4, kFixed64), SetCount}, {Tag(5, kFixed64), SetSum},
    {Tag(6, kBytes), AddQuantile}, {Tag(7, kBytes), AddAttribute}, {Tag(8, kVarint), SetFlags},
};

std::span<const FieldRule<OtlpPoint>> PointRules(OtlpKind kind) {
  switch (kind) {
    case OtlpKind::kHistogram:
      return kHistogramRules;
    case OtlpKind::kExponentialHistogram:
      return kExponentialRules;
    case OtlpKind::kSummary:
      return kSummaryRules;
    default:
      return kNumberRules;
  }
}

/// Gauge, Sum, Histogram, ...: their fields have the same numbers.
constexpr FieldRule<OtlpMetric> kDataRules[] = {
    {Tag(1, kBytes),
     [](const ProtoReader& field, OtlpMetric* metric, ElementBudget* budget) {
       OtlpPoint& point = metric->points.emplace_back();
       if (metric->kind == OtlpKind::kSummary) {
         point.sum = 0;
       }
       return DecodeByRules<OtlpPoint>(field.bytes(), PointRules(metric->kind), &point, budget);
     }},
    {Tag(2, kVarint),
     [](const ProtoReader& field, OtlpMetric* metric, ElementBudget*) {
       metric->temporality = static_cast<OtlpTemporality>(field.uint32() <= 2 ? field.uint32() : 0);
       return true;
     }},
    {Tag(3, kVarint),
     [](const ProtoReader& field, OtlpMetric* metric, ElementBudget*) {
       metric->monotonic = field.boolean();
       return true;
     }},
};

/// The last member of the oneof counts.
template <OtlpKind kKind>
constexpr auto SetData = [](const ProtoReader& field, OtlpMetric* metric, ElementBudget* budget) {
  if (metric->kind != kKind) {
    metric->kind = kKind;
    metric->points.clear();
  }
  return DecodeByRules<OtlpMetric>(field.bytes(), kDataRules, metric, budget);
};

constexpr FieldRule<OtlpMetric> kMetricRules[] = {
    {Tag(1, kBytes), SetText<&OtlpMetric::name>},
    {Tag(2, kBytes), SetText<&OtlpMetric::description>},
    {Tag(3, kBytes), SetText<&OtlpMetric::unit>},
    {Tag(5, kBytes), SetData<OtlpKind::kGauge>},
    {Tag(7, kBytes), SetData<OtlpKind::kSum>},
    {Tag(9, kBytes), SetData<OtlpKind::kHistogram>},
    {Tag(10, kBytes), SetData<OtlpKind::kExponentialHistogram>},
    {Tag(11, kBytes), SetData<OtlpKind::kSummary>},
};

constexpr FieldRule<OtlpScope> kScopeInfoRules[] = {
    {Tag(1, kBytes), SetText<&OtlpScope::name>},
    {Tag(2, kBytes), SetText<&OtlpScope::version>},
    {Tag(3, kBytes), AddAttribute},
};

constexpr FieldRule<OtlpScope> kScopeRules[] = {
    {Tag(1, kBytes), [](const ProtoReader& field, OtlpScope* scope,
                        ElementBudget* budget) { return DecodeByRules<OtlpScope>(field.bytes(), kScopeInfoRules, scope, budget); }},
    {Tag(2, kBytes),
     [](const ProtoReader& field, OtlpScope* scope, ElementBudget* budget) {
       return DecodeByRules<OtlpMetric>(field.bytes(), kMetricRules, &scope->metrics.emplace_back(), budget);
     }},
    {Tag(3, kBytes), SetText<&OtlpScope::schema_url>},
};

constexpr FieldRule<OtlpResource> kResourceInfoRules[] = {{Tag(1, kBytes), AddAttribute}};

constexpr FieldRule<OtlpResource> kResourceRules[] = {
    {Tag(1, kBytes),
     [](const ProtoReader& field, OtlpResource* resource, ElementBudget* budget) {
       return DecodeByRules<OtlpResource>(field.bytes(), kResourceInfoRules, resource, budget);
     }},
    {Tag(2, kBytes),
     [](const ProtoReader& field, OtlpResource* resource, ElementBudget* budget) {
       return DecodeByRules<OtlpScope>(field.bytes(), kScopeRules, &resource->scopes.emplace_back(), budget);
     }},
};

}  // namespace

absl::Status TooManyOtlpElements() {
  return absl::ResourceExhaustedError(Cat("more than ", kOtlpElementsMax, " data points, attributes and the like in one request"));
}

absl::StatusOr<std::vector<OtlpResource>> DecodeOtlpProtobuf(std::string_view body) {
  std::vector<OtlpResource> resources;
  ElementBudget budget;
  const bool good = ForEachField(body, [&](const ProtoReader& field) {
    return field.tag() != Tag(1, kBytes) || DecodeByRules<OtlpResource>(field.bytes(), kResourceRules, &resources.emplace_back(), &budget);
  });
  if (budget.exhausted()) {
    return TooManyOtlpElements();
  }
  if (!good) {
    return absl::InvalidArgumentError("proto: the OTLP message is damaged or cut short");
  }
  return resources;
}

}  // namespace tocsin::wire
