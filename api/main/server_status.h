#pragma once

#include <atomic>

#include "api/v1/api.h"
#include "base/types.h"

namespace tocsin {

/// What /-/ready and /status/runtimeinfo say of the program as a whole. Threads: safe.
struct ServerStatus {
  std::atomic<api::Readiness> readiness{api::Readiness::kStarting};
  TimestampMs start_time = 0;  // set once, before other threads exist
};

}  // namespace tocsin
