#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/model/labels.h"
#include "base/model/sample.h"

namespace tocsin {

/// One series of a federation answer; labels sorted, without the metric name, external ones behind them.
struct FederatedMetric {
  std::string_view name;
  std::vector<Label> labels;
  Sample sample;
};

struct FederationFormat {
  bool protobuf = false;
  bool utf8_names = false;  ///< else names outside the legacy set are written with underscores
  std::string content_type;
};

/// By the Accept header, as prometheus/common's expfmt.Negotiate without OpenMetrics.
FederationFormat NegotiateFederationFormat(std::string_view accept);

/// Metrics come grouped by name. Native histograms are left out of text.
std::string WriteFederation(const std::vector<FederatedMetric>& metrics, const FederationFormat& format);

}  // namespace tocsin
