#pragma once

#include <cmath>

namespace tocsin::promql {

/// One step of Neumaier's compensated summation ("Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974): the sum
/// is *sum + *compensation. An infinite sum has no compensation. Evaluated in exactly this order, so that sums agree to the bit.
inline void KahanAdd(double value, double* sum, double* compensation) {
  const double next = *sum + value;
  if (std::isinf(next)) {
    *compensation = 0;
  } else if (std::abs(*sum) >= std::abs(value)) {
    *compensation += (*sum - next) + value;
  } else {
    *compensation += (value - next) + *sum;
  }
  *sum = next;
}

}  // namespace tocsin::promql
