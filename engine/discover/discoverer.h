#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/config/discovery_config.h"
#include "engine/config/target_group.h"

namespace tocsin {

using TargetGroupPtr = std::shared_ptr<const TargetGroup>;

/// Where a discoverer leaves what it found. Threads: safe.
class TargetSink {
 public:
  virtual ~TargetSink() = default;

  /// Each group replaces the one of the same source; a group without targets removes it. An empty list is an answer too: "nothing yet".
  virtual void Update(std::vector<TargetGroupPtr> groups) = 0;
};

/// Finds targets by one mechanism. After a failure it says nothing: the sink keeps the last good groups.
class Discoverer {
 public:
  virtual ~Discoverer() = default;

  /// Works on the caller's thread until `stop` is stopped, or until there will be no more news; updates `sink` whenever the groups change.
  virtual void Run(TargetSink& sink, const StopToken& stop) = 0;
};

}  // namespace tocsin
