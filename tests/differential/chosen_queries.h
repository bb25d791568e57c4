#pragma once

#include <string>
#include <vector>

namespace tocsin::differential {

/// Queries picked by hand: every function, aggregation and operator, on floats, native and custom-bucket histograms and their mixtures, and
/// what has gone wrong before.
std::vector<std::string> ChosenQueries();

}  // namespace tocsin::differential
