#include "engine/scrape/body_pieces.h"

#include <utility>

#include "base/status.h"

namespace tocsin {

BodyPieces::BodyPieces(std::function<ByteSource()> open, uint64_t bytes_max, size_t piece_bytes)
    : open_(std::move(open)), bytes_max_(bytes_max), piece_bytes_(piece_bytes) {
  Rewind();
}

void BodyPieces::Rewind() {
  source_ = open_();
  rest_.clear();
  bytes_ = 0;
  ended_ = false;
}

/// Reads until another piece's worth is there, or the end.
absl::Status BodyPieces::Fill() {
  const size_t wanted = rest_.size() + piece_bytes_;
  size_t used = rest_.size();
  rest_.resize(wanted);
  while (used < wanted && !ended_) {
    ASSIGN_OR_RETURN(const size_t read, source_(rest_.data() + used, wanted - used));
    ended_ = read == 0;
    used += read;
    bytes_ += read;
    if (bytes_max_ > 0 && bytes_ >= bytes_max_) {
      return absl::ResourceExhaustedError("body size limit exceeded");
    }
  }
  rest_.resize(used);
  return absl::OkStatus();
}

/// Behind the last line end of `rest_` that ends a line. Comments and metadata have quotes without meaning; elsewhere a quote may hide a
/// line end.
size_t BodyPieces::EndOfLines() {
  size_t end = 0;
  size_t at = 0;
  while (at < rest_.size()) {
    const size_t text = rest_.find_first_not_of(" \t", at);
    const bool comment = text != std::string::npos && rest_[text] == '#';
    bool quoted = false;
    at = rest_.find_first_of(comment ? "\n" : "\"\n", at);
    while (at != std::string::npos && (quoted || rest_[at] == '"')) {
      if (rest_[at] == '\\') {
        at += 2;
      } else {
        quoted = rest_[at] == '"' ? !quoted : quoted;
        at += 1;
      }
      at = rest_.find_first_of(quoted ? "\"\\" : "\"\n", at);
    }
    if (at == std::string::npos) {
      break;
    }
    end = ++at;
  }
  return end;
}

absl::Status BodyPieces::Next(std::string* piece) {
  size_t end = 0;
  while (end == 0) {
    RETURN_IF_ERROR(Fill());
    if (ended_) {
      piece->swap(rest_);
      rest_.clear();
      return absl::OkStatus();
    }
    end = EndOfLines();
    if (end == 0 && rest_.size() > kLineBytesMax) {
      return absl::InvalidArgumentError("a line of the body is too long");
    }
  }
  if (end == rest_.size()) {
    RETURN_IF_ERROR(Fill());  // whether it was the last one
  }
  piece->assign(rest_, 0, end);
  rest_.erase(0, end);
  return absl::OkStatus();
}

}  // namespace tocsin
