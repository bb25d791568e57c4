#pragma once

#include <string>
#include <vector>

#include "base/model/labels.h"

namespace tocsin::rules {

struct LabeledAlert {
  Labels labels;
  Labels annotations;
};

/// Expected and got alerts as one JSON text in promtool's form, position by position: what was expected and is missing is red, what came
/// without being expected green, another value yellow with both ("down b" => "down a"). The colours are escape codes, whatever the output
/// is.
std::string AlertsDiff(std::vector<LabeledAlert> expected, std::vector<LabeledAlert> got);

}  // namespace tocsin::rules
