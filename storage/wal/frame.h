#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "storage/wal/commit_record.h"

namespace tocsin {

/// The frame around each record of the log and each block of a checkpoint: magic, size, number, CRC-32C. Drawn in storage/FORMAT.md.
inline constexpr uint32_t kFrameMagic = 0x464c4357;  // "WCLF"
inline constexpr size_t kFrameHeaderBytes = 20;
/// No record is larger; a size above it is damage.
inline constexpr size_t kFramePayloadMax = size_t{1} << 30;

/// Appends a frame without its checksum.
void AppendFrame(uint64_t number, std::span<const uint8_t> payload, ByteBuffer* out);

/// Fills in the checksums of the frames that `bytes` consists of.
void SealFrames(std::span<uint8_t> bytes);

/// Walks the frames of a file's bytes, past damaged places.
class FrameReader {
 public:
  /// From `offset` on.
  FrameReader(std::string_view bytes, size_t offset) : bytes_(bytes), at_(offset) {}

  struct Frame {
    uint64_t number = 0;
    std::span<const uint8_t> payload;
    size_t offset = 0;
  };

  /// The next whole frame; false at the end. `*skipped` bytes before it were no frame.
  bool Next(Frame* frame, size_t* skipped);

  /// Where the last frame ended.
  size_t offset() const { return at_; }

 private:
  bool FrameAt(size_t at, Frame* frame) const;

  std::string_view bytes_;
  size_t at_;
};

}  // namespace tocsin
