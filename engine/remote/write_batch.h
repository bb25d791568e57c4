#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/model/labels.h"
#include "base/model/sample.h"
#include "base/types.h"
#include "engine/config/remote_config.h"
#include "storage/appender.h"

namespace tocsin {

/// A series on its way out: external labels added, relabelled. Immutable; shared by the samples that wait.
struct OutgoingSeries {
  Labels labels;
  MetricMetadata metadata;  ///< 2.0
};

struct OutgoingSample {
  std::shared_ptr<const OutgoingSeries> series;
  TimestampMs t = 0;
  double value = 0;
  HistogramPtr histogram;                    ///< set: a histogram sample
  TimestampMs start_t = 0;                   ///< 0: none
  std::shared_ptr<const Exemplar> exemplar;  ///< set: an exemplar, and nothing else of this entry counts but the series
};

/// Samples that go out in one request, those of a series one after another, oldest first.
struct WriteBatch {
  std::vector<OutgoingSample> samples;

  struct Counts {
    size_t samples = 0;
    size_t histograms = 0;
    size_t exemplars = 0;
  };
  Counts Count() const;
};

struct FamilyMetadataEntry {
  std::string name;
  MetricMetadata metadata;
};

/// The body of a request, packed with snappy. Series whose native histograms cannot be told in 1.0 (custom buckets) are left out of it.
std::string EncodeWriteBatch(const WriteBatch& batch, RemoteWriteMessage message);

/// A 1.0 request with nothing but metadata.
std::string EncodeWriteMetadata(const std::vector<FamilyMetadataEntry>& families, size_t begin, size_t end);

}  // namespace tocsin
