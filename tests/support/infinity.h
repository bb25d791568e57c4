#pragma once

#include <limits>

namespace tocsin::test {

inline constexpr double kInf = std::numeric_limits<double>::infinity();

}  // namespace tocsin::test
