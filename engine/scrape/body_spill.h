#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/http_client/http_message.h"
#include "base/memory_share.h"

namespace tocsin {

/// The room of one scrape's body: it counts what memory holds of it, and where there is no room for it takes it into a file that has no
/// name. Threads: one at a time.
class BodySpill : public BodyOverflow {
 public:
  /// `share` outlives it. An empty `folder`: there is no place for files, and a body without room is an error.
  BodySpill(MemoryShare& share, std::string folder);
  ~BodySpill() override;
  BodySpill(const BodySpill&) = delete;
  BodySpill& operator=(const BodySpill&) = delete;

  void Begin() override;
  bool HasRoom(uint64_t body_bytes) override;
  absl::Status Append(std::string_view piece) override;

  /// Of what is in the file; 0: the body is in memory.
  uint64_t spilled_bytes() const { return spilled_bytes_; }
  /// Fills up to `size` bytes at `out` from `offset` of the file on; 0 at its end.
  absl::StatusOr<size_t> ReadAt(uint64_t offset, char* out, size_t size) const;

 private:
  absl::Status OpenFile();

  MemoryClaim in_memory_;
  const std::string folder_;
  uint64_t spilled_bytes_ = 0;
  int fd_ = -1;
};

/// Of a body that is larger than its room.
absl::Status BodyWithoutRoom();

}  // namespace tocsin
