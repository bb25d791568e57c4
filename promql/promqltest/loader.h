#pragma once

#include "absl/status/status.h"
#include "promql/promqltest/script.h"
#include "storage/appender.h"

namespace tocsin::promql::promqltest {

/// Appends the series of a load command, and with `load_with_nhcb` the classic histograms among them converted to native ones.
absl::Status Load(const LoadCommand& load, Appendable& store);

}  // namespace tocsin::promql::promqltest
