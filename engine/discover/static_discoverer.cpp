#include "engine/discover/static_discoverer.h"

namespace tocsin {

void StaticDiscoverer::Run(TargetSink& sink, const StopToken&) {
  std::vector<TargetGroupPtr> groups;
  for (const TargetGroup& group : config_.groups) {
    groups.push_back(std::make_shared<const TargetGroup>(group));
  }
  sink.Update(std::move(groups));
}

}  // namespace tocsin
