#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/appender.h"

namespace tocsin::test {

/// A store for tests of receivers: keeps what was committed by the text of the labels, and refuses what it is told to.
/// Threads: one.
class RecordingStore : public Appendable {
 public:
  struct Series {
    std::vector<std::pair<TimestampMs, double>> samples;
    std::vector<std::pair<TimestampMs, FloatHistogram>> histograms;
    std::vector<Exemplar> exemplars;
    std::vector<TimestampMs> start_times;
    MetricMetadata metadata;
  };

  std::unique_ptr<Appender> OpenAppender() override;

  std::map<std::string, Series> series;  ///< committed; one that is taken out is unknown from then on
  std::vector<std::string> names;        ///< by reference
  size_t series_max = SIZE_MAX;          ///< further ones: kMemoryLimit
  bool commit_fails = false;
  int rollbacks = 0;
};

}  // namespace tocsin::test
