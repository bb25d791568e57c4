#include "promql/functions/range_function.h"

#include "absl/container/flat_hash_map.h"

namespace tocsin::promql {

const RangeFunction* FindRangeFunction(std::string_view name) {
  static const auto& functions = *new absl::flat_hash_map<std::string_view, RangeFunction>{
      {"avg_over_time", {AvgOverTimeKernel}},
      {"changes", {ChangesKernel}},
      {"count_over_time", {CountOverTimeKernel}},
      {"delta", {DeltaKernel}},
      {"deriv", {DerivKernel}},
      {"double_exponential_smoothing", {DoubleExponentialSmoothingKernel}},
      {"first_over_time", {FirstOverTimeKernel, /*keeps_name=*/true}},
      {"idelta", {IdeltaKernel}},
      {"increase", {IncreaseKernel, /*keeps_name=*/false, /*uses_start_timestamps=*/true, /*warns_non_counter=*/true}},
      {"irate", {IrateKernel, /*keeps_name=*/false, /*uses_start_timestamps=*/true}},
      {"last_over_time", {LastOverTimeKernel, /*keeps_name=*/true}},
      {"mad_over_time", {MadOverTimeKernel}},
      {"max_over_time", {MaxOverTimeKernel}},
      {"min_over_time", {MinOverTimeKernel}},
      {"predict_linear", {PredictLinearKernel}},
      {"present_over_time", {PresentOverTimeKernel}},
      {"quantile_over_time", {QuantileOverTimeKernel}},
      {"rate", {RateKernel, /*keeps_name=*/false, /*uses_start_timestamps=*/true, /*warns_non_counter=*/true}},
      {"resets", {ResetsKernel, /*keeps_name=*/false, /*uses_start_timestamps=*/true}},
      {"stddev_over_time", {StddevOverTimeKernel}},
      {"stdvar_over_time", {StdvarOverTimeKernel}},
      {"sum_over_time", {SumOverTimeKernel}},
      {"ts_of_first_over_time", {TsOfFirstOverTimeKernel}},
      {"ts_of_last_over_time", {TsOfLastOverTimeKernel}},
      {"ts_of_max_over_time", {TsOfMaxOverTimeKernel}},
      {"ts_of_min_over_time", {TsOfMinOverTimeKernel}},
  };
  const auto it = functions.find(name);
  return it == functions.end() ? nullptr : &it->second;
}

}  // namespace tocsin::promql
