#pragma once

#include <memory>
#include <vector>

#include "storage/head_core.h"

namespace tocsin {

/// A held selector over the head.
std::unique_ptr<HeldSelector> MakeHeldSelector(HeadCore& core, std::vector<Matcher> matchers, bool keeps_history);

}  // namespace tocsin
