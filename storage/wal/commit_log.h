#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "storage/wal/commit_record.h"

namespace tocsin {

/// Where commits are written before they are acknowledged.
/// Threads: safe.
class CommitLog {
 public:
  virtual ~CommitLog() = default;

  /// Takes the record's bytes (it is empty afterwards). The order of the calls is the order in the log. Only memory is touched. Never 0.
  virtual uint64_t Enqueue(ByteBuffer* record) = 0;

  /// False after a failure: what is enqueued then is lost, and its WaitWritten says so.
  virtual bool accepting() const = 0;

  /// Returns when the record of the ticket is handed to the kernel, or could not be.
  virtual absl::Status WaitWritten(uint64_t ticket) = 0;
};

}  // namespace tocsin
