#pragma once

#include "base/model/labels.h"
#include "promql/token_stream.h"

namespace tocsin::promql {

/// Reads name{a="b", ...}; both parts may be missing. Errors are reported to `tokens`; false when parsing has stopped.
bool ParseMetricTokens(TokenStream* tokens, Labels* labels);

}  // namespace tocsin::promql
