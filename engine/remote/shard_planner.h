#pragma once

#include <cstdint>

#include "engine/config/remote_config.h"

namespace tocsin {

/// How many shards a queue needs: from the rates of samples in and out, the time that sending takes and the backlog, as Prometheus's
/// queue manager computes it. Pure arithmetic over what it is told; one thread.
class ShardPlanner {
 public:
  static constexpr double kPeriodSeconds = 10;

  ShardPlanner(const QueueConfig& queue) : queue_(queue) {}

  void NoteIn(size_t samples) { in_ += static_cast<double>(samples); }
  void NoteDropped(size_t samples) { dropped_ += static_cast<double>(samples); }
  void NoteSent(size_t samples, double seconds) {
    out_ += static_cast<double>(samples);
    busy_seconds_ += seconds;
  }

  /// Once every kPeriodSeconds: the number of shards from now on. `delay_seconds`: how far the newest sent sample is behind the newest one.
  int Plan(int shards, double delay_seconds);

  double desired() const { return desired_; }

 private:
  /// A moving average of rates per second; the first period sets it.
  class Rate {
   public:
    void Tick(double events);
    double per_second() const { return rate_; }

   private:
    double rate_ = 0;
    bool started_ = false;
  };

  QueueConfig queue_;
  double in_ = 0;
  double dropped_ = 0;
  double out_ = 0;
  double busy_seconds_ = 0;
  Rate in_rate_;
  Rate dropped_rate_;
  Rate out_rate_;
  Rate busy_rate_;
  double desired_ = 0;
};

}  // namespace tocsin
