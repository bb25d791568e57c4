#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "base/compress/compress.h"

namespace tocsin {

/// An exposition of lines, too large to be held whole: one piece of whole lines after the other.
/// Threads: one at a time.
class BodyPieces {
 public:
  /// About so large is a piece.
  static constexpr size_t kPieceBytes = 1 << 20;
  /// A line longer than this is an error.
  static constexpr size_t kLineBytesMax = 16 << 20;

  /// `open` gives the text from its beginning, each time. `bytes_max` as upstream's body_size_limit: a text of that size is too large.
  BodyPieces(std::function<ByteSource()> open, uint64_t bytes_max, size_t piece_bytes = kPieceBytes);

  /// Goes back to the beginning.
  void Rewind();

  /// `*piece` becomes the next piece. Line ends within quotes are none. Not to be called when at_end().
  absl::Status Next(std::string* piece);

  /// Whether the last piece was the body's last.
  bool at_end() const { return ended_ && rest_.empty(); }

  /// Read so far.
  uint64_t bytes() const { return bytes_; }

 private:
  absl::Status Fill();
  size_t EndOfLines();

  const std::function<ByteSource()> open_;
  const uint64_t bytes_max_;
  const size_t piece_bytes_;
  ByteSource source_;
  std::string rest_;  ///< Read, and not given out.
  uint64_t bytes_ = 0;
  bool ended_ = false;
};

}  // namespace tocsin
