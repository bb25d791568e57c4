#pragma once

#include <string>
#include <vector>

#include "base/model/labels.h"

namespace tocsin {

/// Targets that were found together and share labels. Each target has at least __address__.
struct TargetGroup {
  /// Tells the group from the others of its discoverer: an update replaces the group of that source; without targets it removes it.
  std::string source;
  Labels labels;
  std::vector<Labels> targets;

  bool operator==(const TargetGroup&) const = default;
};

}  // namespace tocsin
