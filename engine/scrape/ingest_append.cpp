#include <algorithm>
#include <cmath>

#include "base/model/float_histogram.h"
#include "base/model/sample.h"
#include "base/status.h"
#include "base/strings.h"
#include "engine/scrape/ingest.h"

namespace tocsin {
namespace {

/// The finest schema that a smallest bucket factor permits.
int32_t SchemaOfFactor(double factor) {
  if (factor <= 1) {
    return kMaxExponentialSchema;
  }
  const double schema = std::floor(-std::log2(std::log2(factor)));
  return static_cast<int32_t>(std::clamp<double>(schema, kMinExponentialSchema, kMaxExponentialSchema));
}

size_t BucketCount(const FloatHistogram& h) { return h.positive_buckets.size() + h.negative_buckets.size(); }

/// Whether `name` is a series of the family, by the suffixes of its type.
bool BelongsToFamily(std::string_view name, std::string_view family, std::string_view type) {
  const auto without = [](std::string_view text, std::initializer_list<std::string_view> suffixes) {
    for (const std::string_view suffix : suffixes) {
      if (text.ends_with(suffix)) {
        return text.substr(0, text.size() - suffix.size());
      }
    }
    return text;
  };
  if (type == "counter") {
    return without(name, {"_total"}) == without(family, {"_total"});
  }
  if (type == "info") {
    return without(name, {"_info"}) == without(family, {"_info"});
  }
  if (type == "histogram") {
    return without(name, {"_bucket", "_sum", "_count"}) == family;
  }
  if (type == "gaugehistogram") {
    return without(name, {"_bucket", "_gsum", "_gcount"}) == family;
  }
  return (type == "summary" ? without(name, {"_sum", "_count"}) : name) == family;
}

}  // namespace

absl::Status Ingest::AppendEntry(EntryKind kind, SeriesRef ref) {
  if (!UnderSampleLimit()) {
    return absl::OkStatus();
  }
  const ExpositionEntry& entry = parser_->entry();
  const TimestampMs t = entry.has_timestamp && config_.honor_timestamps ? entry.timestamp : t_;
  if (options_.created_timestamps) {
    if (const TimestampMs start = parser_->StartTimestamp(); start != 0) {
      Flush();
      appender_->SetStartTimestamp(ref, start);
    }
  }
  if (kind == EntryKind::kHistogram) {
    RETURN_IF_ERROR(AppendHistogram(ref, t));
  } else {
    Push(ref, t, entry.value);
  }
  AppendExemplars(kind, ref, t);
  return absl::OkStatus();
}

absl::Status Ingest::AppendHistogram(SeriesRef ref, TimestampMs t) {
  const ExpositionEntry& entry = parser_->entry();
  if (t > latest_t_) {
    ++counts_.out_of_bounds;
    return absl::OkStatus();
  }
  const uint64_t bucket_limit = config_.limits.native_histogram_buckets;
  const int32_t finest = SchemaOfFactor(config_.limits.native_histogram_min_bucket_factor);
  const bool exponential = !entry.histogram.uses_custom_buckets();
  const bool too_fine = exponential && entry.histogram.schema > finest;
  if (!too_fine && (bucket_limit == 0 || BucketCount(entry.histogram) <= bucket_limit)) {
    Count(appender_->AppendHistogram(ref, t, entry.histogram, entry.integers), ref);
    return absl::OkStatus();
  }
  FloatHistogram reduced = entry.histogram;
  if (too_fine) {
    RETURN_IF_ERROR(ReduceHistogramResolution(&reduced, finest));
  }
  while (bucket_limit > 0 && BucketCount(reduced) > bucket_limit) {
    if (!exponential || reduced.schema <= kMinExponentialSchema) {
      counts_.bucket_limit_hit = true;
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(ReduceHistogramResolution(&reduced, reduced.schema - 1));
  }
  Count(appender_->AppendHistogram(ref, t, reduced, entry.integers), ref);
  return absl::OkStatus();
}

void Ingest::AppendExemplars(EntryKind kind, SeriesRef ref, TimestampMs t) {
  std::vector<Exemplar> exemplars;
  Exemplar exemplar;
  while (parser_->NextExemplar(&exemplar)) {
    // Those of native histograms must say when they were, or repeated ones could not be told from new ones.
    if (!exemplar.has_timestamp && kind == EntryKind::kHistogram) {
      continue;
    }
    if (!exemplar.has_timestamp) {
      exemplar.t = t;
    }
    exemplars.push_back(exemplar);
  }
  if (exemplars.empty()) {
    return;
  }
  Flush();
  std::sort(exemplars.begin(), exemplars.end(), [](const Exemplar& a, const Exemplar& b) { return a.t < b.t; });
  size_t refused = 0;
  for (const Exemplar& one : exemplars) {
    refused += appender_->AppendExemplar(ref, one) == AppendResult::kOutOfOrder ? 1 : 0;
  }
  // A page that repeats some of its exemplars is no fault.
  counts_.exemplars_out_of_order += refused == exemplars.size() ? refused : 0;
}

void Ingest::AppendMetadata(SeriesRef ref, const Labels& labels) {
  if (!options_.append_metadata || !family_place_.has_value()) {
    return;
  }
  const MetricMetadata metadata = memory_->metadata.At(*family_place_);
  if (BelongsToFamily(labels.metric_name(), memory_->metadata.NameAt(*family_place_), metadata.type)) {
    appender_->SetMetadata(ref, metadata);
  }
}

void Ingest::Push(SeriesRef ref, TimestampMs t, double value) {
  if (t > latest_t_) {
    ++counts_.out_of_bounds;
    return;
  }
  batch_[batch_size_++] = {ref, t, value};
  if (batch_size_ == kBatchSamples) {
    Flush();
  }
}

void Ingest::Flush() {
  if (batch_size_ == 0) {
    return;
  }
  results_.resize(kBatchSamples);
  if (appender_->AppendBatch(std::span(batch_).first(batch_size_), results_.data()) != batch_size_) {
    for (size_t i = 0; i < batch_size_; ++i) {
      Count(results_[i], batch_[i].ref);
    }
  }
  batch_size_ = 0;
}

void Ingest::Count(AppendResult result, SeriesRef ref) {
  switch (result) {
    case AppendResult::kUnknownSeries:
      gone_.insert(ref);
      break;
    case AppendResult::kOutOfOrder:
    case AppendResult::kTooOld:
      ++counts_.out_of_order;
      break;
    case AppendResult::kDuplicate:
      ++counts_.duplicates;
      break;
    case AppendResult::kOutOfBounds:
      ++counts_.out_of_bounds;
      break;
    default:
      break;
  }
}

void Ingest::EndVanished(TimestampMs t) {
  absl::flat_hash_set<SeriesRef> ended;
  if (memory_->lines.live()) {
    walk_->VisitVanished([&](const LineTable::Line& line) {
      if (line.kind == LineTable::Kind::kSeries && line.tracked) {
        ended.insert(line.series());
      }
    });
    ended.insert(untracked_.begin(), untracked_.end());
  }
  ended.insert(memory_->lines.orphans().begin(), memory_->lines.orphans().end());
  memory_->lines.orphans() = {};
  untracked_.clear();
  if (ended.empty()) {
    return;
  }
  // Another line may name the same series in another way.
  for (const LineTable::Line& line : walk_->current()) {
    if (line.kind == LineTable::Kind::kSeries && line.tracked) {
      ended.erase(line.series());
    }
  }
  std::vector<RefSample> markers;
  for (const SeriesRef ref : ended) {
    markers.push_back({ref, t, kStaleNaN});
  }
  AppendMarkers(markers, appender_);
}

void Ingest::RememberMetadata() {
  if (!walk_->diverged()) {
    return;
  }
  std::vector<uint32_t> places;
  for (const LineTable::Line& line : walk_->current()) {
    if ((line.kind == LineTable::Kind::kType || line.kind == LineTable::Kind::kMetadata) && line.ref != LineTable::kNoPlace) {
      places.push_back(static_cast<uint32_t>(line.ref));
    }
  }
  memory_->metadata.Seen(places, memory_->scrape);
  memory_->metadata.DropUnseen(memory_->scrape);
}

void AppendMarkers(std::span<const RefSample> markers, Appender* appender) {
  std::vector<AppendResult> results(markers.size());
  appender->AppendBatch(markers, results.data());
}

void EndAllSeries(LineTable* lines, TimestampMs t, Appender* appender) {
  std::vector<RefSample> markers;
  if (lines->live()) {
    for (const LineTable::Line& line : lines->lines()) {
      if (line.kind == LineTable::Kind::kSeries && line.tracked) {
        markers.push_back({line.series(), t, kStaleNaN});
      }
    }
  }
  for (const SeriesRef ref : lines->orphans()) {
    markers.push_back({ref, t, kStaleNaN});
  }
  lines->orphans() = {};
  lines->set_live(false);
  AppendMarkers(markers, appender);
}

}  // namespace tocsin
