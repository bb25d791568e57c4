#include <algorithm>
#include <cmath>
#include <optional>

#include "base/strings.h"
#include "tests/reference_evaluator/evaluator.h"

namespace tocsin::reference {
namespace {

using Samples = std::vector<MemorySample>;

double Seconds(TimestampMs ms) { return static_cast<double>(ms) / 1000; }

std::vector<double> Values(const Samples& samples) {
  std::vector<double> values;
  for (const MemorySample& sample : samples) {
    values.push_back(sample.value);
  }
  return values;
}

double Sum(const std::vector<double>& values) {
  long double sum = 0;
  for (const double value : values) {
    sum += value;
  }
  return static_cast<double>(sum);
}

// NaN counts only when there is nothing else.
double Extreme(const std::vector<double>& values, bool smallest) {
  double best = values[0];
  for (const double value : values) {
    if (std::isnan(best) || (smallest ? value < best : value > best)) {
      best = value;
    }
  }
  return best;
}

// The change over the window: that between the first and the last sample, carried on to the window's ends where these are near.
std::optional<double> Extrapolated(const Samples& samples, const RangeVector& range, bool is_counter, bool is_rate) {
  if (samples.size() < 2) {
    return std::nullopt;
  }
  double change = samples.back().value - samples.front().value;
  for (size_t i = 1; is_counter && i < samples.size(); ++i) {
    if (samples[i].value < samples[i - 1].value) {
      change += samples[i - 1].value;
    }
  }
  const double sampled = Seconds(samples.back().t - samples.front().t);
  const double interval = sampled / static_cast<double>(samples.size() - 1);
  double to_start = Seconds(samples.front().t - range.start);
  double to_end = Seconds(range.end - samples.back().t);
  if (to_start >= interval * 1.1) {
    to_start = interval / 2;
  }
  if (is_counter && change > 0 && samples.front().value >= 0) {
    to_start = std::min(to_start, sampled * (samples.front().value / change));
  }
  if (to_end >= interval * 1.1) {
    to_end = interval / 2;
  }
  const double whole = change * ((sampled + to_start + to_end) / sampled);
  return is_rate ? whole / Seconds(range.end - range.start) : whole;
}

std::optional<double> LastChange(const Samples& samples, bool is_rate) {
  if (samples.size() < 2) {
    return std::nullopt;
  }
  const MemorySample& last = samples.back();
  const MemorySample& before = samples[samples.size() - 2];
  if (!is_rate) {
    return last.value - before.value;
  }
  const double change = last.value < before.value ? last.value : last.value - before.value;
  return change / Seconds(last.t - before.t);
}

double CountPairs(const Samples& samples, bool only_falls) {
  double count = 0;
  for (size_t i = 1; i < samples.size(); ++i) {
    const double before = samples[i - 1].value;
    const double value = samples[i].value;
    const bool differs = value != before && !(std::isnan(value) && std::isnan(before));
    count += (only_falls ? value < before : differs) ? 1 : 0;
  }
  return count;
}

struct Line {
  double slope = 0;
  double intercept = 0;
};

// Least squares; the intercept is the value at `at`.
Line Fit(const Samples& samples, TimestampMs at) {
  const bool constant = std::all_of(samples.begin(), samples.end(), [&](const MemorySample& s) { return s.value == samples[0].value; });
  if (constant) {
    return {std::isinf(samples[0].value) ? std::nan("") : 0, std::isinf(samples[0].value) ? std::nan("") : samples[0].value};
  }
  long double n = 0;
  long double sum_x = 0;
  long double sum_y = 0;
  long double sum_xy = 0;
  long double sum_xx = 0;
  for (const MemorySample& sample : samples) {
    const long double x = Seconds(sample.t - at);
    n += 1;
    sum_x += x;
    sum_y += sample.value;
    sum_xy += x * sample.value;
    sum_xx += x * x;
  }
  const long double slope = (sum_xy - sum_x * sum_y / n) / (sum_xx - sum_x * sum_x / n);
  return {static_cast<double>(slope), static_cast<double>(sum_y / n - slope * sum_x / n)};
}

std::optional<double> Compute(std::string_view name, const Samples& samples, const RangeVector& range, const std::vector<double>& params) {
  const std::vector<double> values = Values(samples);
  if (name == "rate" || name == "increase" || name == "delta") {
    return Extrapolated(samples, range, name != "delta", name == "rate");
  }
  if (name == "irate" || name == "idelta") {
    return LastChange(samples, name == "irate");
  }
  if (name == "changes" || name == "resets") {
    return CountPairs(samples, name == "resets");
  }
  if (name == "avg_over_time") {
    return Sum(values) / static_cast<double>(values.size());
  }
  if (name == "sum_over_time") {
    return Sum(values);
  }
  if (name == "count_over_time") {
    return static_cast<double>(values.size());
  }
  if (name == "present_over_time") {
    return 1;
  }
  if (name == "min_over_time" || name == "max_over_time") {
    return Extreme(values, name == "min_over_time");
  }
  if (name == "last_over_time") {
    return values.back();
  }
  if (name == "first_over_time") {
    return values.front();
  }
  if (name == "stdvar_over_time") {
    return Variance(values);
  }
  if (name == "stddev_over_time") {
    return std::sqrt(Variance(values));
  }
  if (name == "quantile_over_time") {
    return Quantile(params[0], values);
  }
  if (samples.size() < 2) {
    return std::nullopt;
  }
  if (name == "deriv") {
    return Fit(samples, samples[0].t).slope;
  }
  const Line line = Fit(samples, static_cast<TimestampMs>(params.back()));
  return line.slope * params[0] + line.intercept;
}

}  // namespace

double Quantile(double q, std::vector<double> values) {
  if (values.empty() || std::isnan(q)) {
    return std::nan("");
  }
  if (q < 0 || q > 1) {
    return q < 0 ? -INFINITY : INFINITY;
  }
  std::sort(values.begin(), values.end(), [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const double rank = q * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<size_t>(std::floor(rank));
  const size_t upper = std::min(lower + 1, values.size() - 1);
  const double weight = rank - std::floor(rank);
  return values[lower] * (1 - weight) + values[upper] * weight;
}

absl::StatusOr<InstantVector> ApplyRangeFunction(std::string_view name, const RangeVector& range, const std::vector<double>& params) {
  InstantVector vector;
  const auto evaluation_time = static_cast<TimestampMs>(params.back());
  for (const MemorySeries& series : range.series) {
    const std::optional<double> value = Compute(name, series.samples, range, params);
    if (value) {
      const bool keeps_name = name == "last_over_time" || name == "first_over_time";
      vector.push_back({keeps_name ? series.labels : series.labels.DropMetricName(), *value, evaluation_time});
    }
  }
  return vector;
}

}  // namespace tocsin::reference
