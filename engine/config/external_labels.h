#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/model/labels.h"

namespace tocsin {

/// Replaces $NAME and ${NAME} in `text` as Go's os.Expand does; "$$" stands for "$".
std::string ExpandVariables(std::string_view text, const std::function<std::string(const std::string& name)>& lookup);

/// The labels with environment variables expanded; without `environment` each of them is empty. A label that becomes empty is gone.
Labels ExpandExternalLabels(const Labels& labels, const std::function<std::string(const std::string& name)>& environment);

}  // namespace tocsin
