#pragma once

#include <cmath>
#include <limits>

namespace tocsin {

/// Adds `increment` to *sum and what the rounding lost to *compensation (Kahan's summation with Neumaier's improvement). The total is
/// sum + compensation. Once the sum is infinite the compensation is 0. Relies on -ffp-contract=off.
inline void KahanAdd(double increment, double* sum, double* compensation) {
  const double total = *sum + increment;
  constexpr double kMax = std::numeric_limits<double>::max();
  if (total > kMax || total < -kMax) {
    *compensation = 0;
  } else if (std::abs(*sum) >= std::abs(increment)) {
    *compensation += (*sum - total) + increment;
  } else {
    *compensation += (increment - total) + *sum;
  }
  *sum = total;
}

}  // namespace tocsin
