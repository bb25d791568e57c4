#include "api/receive/otlp_cumulative.h"

#include <algorithm>

#include "base/strings.h"
#include "xxhash.h"

namespace tocsin {
namespace {

using wire::OtlpBuckets;
using wire::OtlpPoint;

constexpr DurationMs kForgetInterval = kMinute;
constexpr int32_t kShiftMax = 31;

void AppendPart(std::string_view text, std::string* out) { Append(out, text.size(), ":", text); }

void AppendAttributes(wire::OtlpAttributes attributes, std::string* out) {
  std::sort(attributes.begin(), attributes.end());
  for (const auto& [name, value] : attributes) {
    AppendPart(name, out);
    AppendPart(value, out);
  }
  out->push_back(';');
}

/// The index of the first and one past the last bucket.
struct BucketRange {
  int64_t begin;
  int64_t end;
};
BucketRange RangeOf(const OtlpBuckets& buckets) {
  return {buckets.offset, int64_t{buckets.offset} + static_cast<int64_t>(buckets.counts.size())};
}

BucketRange RangeOfBoth(const OtlpBuckets& a, const OtlpBuckets& b) {
  if (a.counts.empty() || b.counts.empty()) {
    return RangeOf(a.counts.empty() ? b : a);
  }
  const BucketRange left = RangeOf(a);
  const BucketRange right = RangeOf(b);
  return {std::min(left.begin, right.begin), std::max(left.end, right.end)};
}

/// By how much a scale must fall for both together to have no more than kBucketsMax buckets.
int32_t ShiftForLimit(const OtlpBuckets& a, const OtlpBuckets& b) {
  const BucketRange range = RangeOfBoth(a, b);
  int32_t shift = 0;
  while (shift < kShiftMax && ((range.end - 1) >> shift) - (range.begin >> shift) + 1 > static_cast<int64_t>(OtlpCumulative::kBucketsMax)) {
    ++shift;
  }
  return shift;
}

void AddBuckets(const OtlpBuckets& more, OtlpBuckets* total) {
  if (more.counts.empty()) {
    return;
  }
  const BucketRange range = RangeOfBoth(*total, more);
  std::vector<uint64_t> counts(static_cast<size_t>(range.end - range.begin));
  for (const OtlpBuckets* part : {static_cast<const OtlpBuckets*>(total), &more}) {
    for (size_t i = 0; i < part->counts.size(); ++i) {
      counts[static_cast<size_t>(part->offset - range.begin) + i] += part->counts[i];
    }
  }
  total->offset = static_cast<int32_t>(range.begin);
  total->counts = std::move(counts);
}

void LowerScale(int32_t shift, OtlpPoint* point) {
  point->scale -= shift;
  CoarsenBuckets(shift, &point->positive);
  CoarsenBuckets(shift, &point->negative);
}

void AddExponential(OtlpPoint point, OtlpPoint* total) {
  const int32_t scale = std::min(point.scale, total->scale);
  LowerScale(point.scale - scale, &point);
  LowerScale(total->scale - scale, total);
  const int32_t shift = std::max(ShiftForLimit(total->positive, point.positive), ShiftForLimit(total->negative, point.negative));
  LowerScale(shift, &point);
  LowerScale(shift, total);
  AddBuckets(point.positive, &total->positive);
  AddBuckets(point.negative, &total->negative);
  total->zero_count += point.zero_count;
}

void AddPoint(const OtlpPoint& point, OtlpPoint* total) {
  total->time_ns = point.time_ns;
  if (point.bounds != total->bounds || point.bucket_counts.size() != total->bucket_counts.size()) {
    // Other buckets cannot be added: the stream begins anew with this point.
    const uint64_t start_ns = total->start_ns;
    *total = point;
    total->start_ns = start_ns;
    return;
  }
  total->value += point.value;
  total->count += point.count;
  if (point.sum.has_value() && total->sum.has_value()) {
    *total->sum += *point.sum;
  } else {
    total->sum.reset();
  }
  for (size_t i = 0; i < point.bucket_counts.size(); ++i) {
    total->bucket_counts[i] += point.bucket_counts[i];
  }
  AddExponential(point, total);
}

bool IsAddedUp(const wire::OtlpMetric& metric) {
  return metric.temporality == wire::OtlpTemporality::kDelta &&
         (metric.kind == wire::OtlpKind::kSum || metric.kind == wire::OtlpKind::kHistogram ||
          metric.kind == wire::OtlpKind::kExponentialHistogram);
}

}  // namespace

void CoarsenBuckets(int32_t shift, OtlpBuckets* buckets) {
  if (shift <= 0 || buckets->counts.empty()) {
    return;
  }
  const int32_t by = std::min(shift, kShiftMax);
  const BucketRange range = RangeOf(*buckets);
  const int64_t begin = range.begin >> by;
  std::vector<uint64_t> counts(static_cast<size_t>(((range.end - 1) >> by) - begin + 1));
  for (size_t i = 0; i < buckets->counts.size(); ++i) {
    counts[static_cast<size_t>(((range.begin + static_cast<int64_t>(i)) >> by) - begin)] += buckets->counts[i];
  }
  buckets->offset = static_cast<int32_t>(begin);
  buckets->counts = std::move(counts);
}

size_t OtlpCumulative::Convert(std::vector<wire::OtlpResource>* resources, TimestampMs now) {
  MutexLock lock(mu_);
  Forget(now);
  size_t left_out = 0;
  for (wire::OtlpResource& resource : *resources) {
    std::string of_resource;
    AppendAttributes(resource.attributes, &of_resource);
    for (wire::OtlpScope& scope : resource.scopes) {
      std::string of_scope = of_resource;
      AppendPart(scope.name, &of_scope);
      AppendPart(scope.version, &of_scope);
      AppendAttributes(scope.attributes, &of_scope);
      for (wire::OtlpMetric& metric : scope.metrics) {
        if (IsAddedUp(metric)) {
          left_out += ConvertMetric(of_scope, &metric, now);
        }
      }
    }
  }
  return left_out;
}

size_t OtlpCumulative::ConvertMetric(const std::string& identity, wire::OtlpMetric* metric, TimestampMs now) {
  std::string of_metric = identity;
  AppendPart(metric->name, &of_metric);
  AppendPart(metric->unit, &of_metric);
  Append(&of_metric, static_cast<int>(metric->kind), metric->monotonic ? "m" : "n");
  metric->temporality = wire::OtlpTemporality::kCumulative;
  return std::erase_if(metric->points, [&](OtlpPoint& point) REQUIRES(mu_) {
    std::string of_point = of_metric;
    AppendAttributes(point.attributes, &of_point);
    return !Add(KeyOf(of_point), &point, now);
  });
}

bool OtlpCumulative::Add(const Key& key, OtlpPoint* point, TimestampMs now) {
  const auto known = streams_.find(key);
  if (point->no_recorded_value) {
    if (known != streams_.end()) {
      streams_.erase(known);
    }
    return true;  // a stale marker stays one
  }
  wire::OtlpAttributes attributes = std::move(point->attributes);
  std::vector<wire::OtlpExemplar> exemplars = std::move(point->exemplars);
  point->attributes.clear();
  point->exemplars.clear();
  if (known == streams_.end()) {
    if (streams_.size() >= kStreamsMax) {
      return false;
    }
    streams_.emplace(key, Stream{*point, now});
  } else {
    OtlpPoint& total = known->second.total;
    if (point->start_ns < total.start_ns || point->time_ns <= total.time_ns) {
      return false;
    }
    AddPoint(*point, &total);
    known->second.seen = now;
    *point = total;
  }
  point->attributes = std::move(attributes);
  point->exemplars = std::move(exemplars);
  return true;
}

void OtlpCumulative::Forget(TimestampMs now) {
  if (now - forgotten_at_ < kForgetInterval) {
    return;
  }
  forgotten_at_ = now;
  absl::erase_if(streams_, [now](const auto& stream) { return now - stream.second.seen > kStaleMs; });
}

OtlpCumulative::Key OtlpCumulative::KeyOf(const std::string& identity) {
  const XXH128_hash_t hash = XXH3_128bits(identity.data(), identity.size());
  return {hash.low64, hash.high64};
}

size_t OtlpCumulative::streams() const {
  MutexLock lock(mu_);
  return streams_.size();
}

}  // namespace tocsin
