#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/env.h"
#include "engine/config/config.h"
#include "engine/remote/write_queue.h"
#include "storage/head.h"

namespace tocsin {

/// All remote write queues of a configuration.
/// Threads: Apply and Stop from one thread at a time.
class RemoteWriteManager {
 public:
  struct Options {
    std::string storage_path;  ///< positions are kept in <path>/tocsin; "": memory only
    DurationMs flush_deadline_ms = kMinute;
    std::function<std::vector<FamilyMetadataEntry>()> metadata;
  };

  /// References must outlive the manager.
  RemoteWriteManager(Options options, Head& store, const Clock& clock, Env& env, prometheus::Registry& registry)
      : options_(std::move(options)), store_(store), clock_(clock), env_(env), registry_(registry) {}
  ~RemoteWriteManager() { Stop(); }

  /// Queues whose part of the configuration (and external labels) did not change go on undisturbed; others end, flushed, or begin.
  void Apply(const Config& config);
  void Stop();

 private:
  Options options_;
  Head& store_;
  const Clock& clock_;
  Env& env_;
  prometheus::Registry& registry_;
  std::vector<std::unique_ptr<WriteQueue>> queues_;
};

}  // namespace tocsin
