#include "engine/remote/shard_planner.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tocsin {
namespace {

constexpr double kSmoothing = 0.2;
/// A change by less than this share is not worth a pause.
constexpr double kTolerance = 0.3;
/// Of the backlog, so much is to be worked off each second.
constexpr double kCatchUp = 0.05;
constexpr double kDelayWithoutShrinking = 10;

}  // namespace

void ShardPlanner::Rate::Tick(double events) {
  const double now = events / kPeriodSeconds;
  rate_ = started_ ? rate_ + kSmoothing * (now - rate_) : now;
  started_ = started_ || now > 0;
}

int ShardPlanner::Plan(int shards, double delay_seconds) {
  in_rate_.Tick(std::exchange(in_, 0));
  dropped_rate_.Tick(std::exchange(dropped_, 0));
  out_rate_.Tick(std::exchange(out_, 0));
  busy_rate_.Tick(std::exchange(busy_seconds_, 0));
  const double out = out_rate_.per_second();
  if (out <= 0) {
    return shards;
  }
  const double kept_in = in_rate_.per_second() * out / (dropped_rate_.per_second() + out);
  const double seconds_per_sample = busy_rate_.per_second() / out;
  desired_ = seconds_per_sample * (kept_in + kCatchUp * std::max(0.0, delay_seconds) * kept_in);
  const double rounded = std::ceil(desired_);
  if (shards * (1 - kTolerance) <= rounded && rounded <= shards * (1 + kTolerance)) {
    return shards;
  }
  if (rounded < shards && delay_seconds > kDelayWithoutShrinking) {
    return shards;
  }
  return static_cast<int>(std::clamp(rounded, static_cast<double>(queue_.min_shards), static_cast<double>(queue_.max_shards)));
}

}  // namespace tocsin
