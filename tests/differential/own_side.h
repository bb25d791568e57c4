#pragma once

#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "api/receive/remote_write_receiver.h"
#include "base/clock.h"
#include "promql/engine.h"
#include "storage/head.h"

namespace tocsin::differential {

/// Our store, receiver and engine: takes what the peer takes and answers as the API does.
class OwnSide {
 public:
  /// `now` is what its clock shows.
  explicit OwnSide(TimestampMs now);

  absl::Status Write(const std::string& body);
  std::string Query(const promql::QueryRequest& request);

 private:
  ManualClock clock_;
  prometheus::Registry metrics_;
  std::unique_ptr<Head> head_;
  RemoteWriteReceiver receiver_;
  std::unique_ptr<promql::Engine> engine_;
};

}  // namespace tocsin::differential
