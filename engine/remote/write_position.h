#pragma once

#include <string>

#include "absl/status/status.h"
#include "base/env.h"
#include "base/types.h"

namespace tocsin {

/// How far a queue has sent, kept in a file so that a restart goes on there: one line, milliseconds since the epoch.
class WritePosition {
 public:
  /// `path` empty: nothing is kept.
  WritePosition(Env& env, std::string path) : env_(env), path_(std::move(path)) {}

  /// What was saved, or `otherwise` when nothing readable was.
  TimestampMs Load(TimestampMs otherwise) const;
  absl::Status Save(TimestampMs position) const;

 private:
  Env& env_;
  std::string path_;
};

}  // namespace tocsin
