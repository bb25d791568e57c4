#pragma once

#include "engine/discover/discoverer.h"

namespace tocsin {

/// `static_configs`: one update, and its thread ends.
class StaticDiscoverer : public Discoverer {
 public:
  explicit StaticDiscoverer(StaticSdConfig config) : config_(std::move(config)) {}

  void Run(TargetSink& sink, const StopToken& stop) override;

 private:
  const StaticSdConfig config_;
};

}  // namespace tocsin
