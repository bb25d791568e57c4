#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/http_client/http_message.h"

namespace tocsin {

/// Reads one HTTP/1.x response (RFC 9112) as its bytes arrive, straight into the string that becomes its body.
///
/// It knows what exporters send: a status but 1xx, 204 and 3xx, a body by Content-Length, in chunks without extensions and trailers, or up
/// to the end of the connection. All else is kUnusual, and for libcurl to judge. A body without room in memory goes on to its overflow,
/// piece by piece. Threads: none of its own; one at a time.
class PlainResponse {
 public:
  static constexpr size_t kHeadBytesMax = 16 * 1024;
  /// What a server says of its body's size is believed so far only.
  static constexpr uint64_t kReserveBytesMax = 64 << 20;

  /// Of a body on its way to the overflow.
  static constexpr size_t kPieceBytes = 256 * 1024;

  enum class State { kHead, kBody, kDone, kUnusual, kFailed };

  /// `buffer` may hold anything: what it has of room is used, and an old body has it without being cleared.
  /// `overflow` outlives it; null: the body is held in memory.
  PlainResponse(std::string buffer, uint64_t body_bytes_max, BodyOverflow* overflow = nullptr);

  /// Where the next bytes go; not empty in kHead and kBody. Made when it is asked for: who hears nothing takes no memory.
  std::span<char> Room();

  /// So many bytes were put there.
  State Received(size_t count);

  /// The peer sends no more. kDone: the body was to end so.
  State Ended();

  State state() const { return state_; }

  /// How many bytes of the body are sure to come; 0: not known.
  uint64_t bytes_left() const { return framing_ == Framing::kLength && state_ == State::kBody ? length_ - body_bytes() : 0; }

  /// In kFailed: why.
  const absl::Status& error() const { return error_; }

  /// Whether the connection can be used again after kDone.
  bool keeps_alive() const { return keeps_alive_ && !has_excess_; }

  /// In kDone: the response. In other states: what it has, for the sake of its buffer.
  HttpResponse Take() { return std::move(response_); }

 private:
  enum class Framing { kUntilEnd, kLength, kChunks };
  enum class ChunkPart { kSize, kData, kDataEnd, kLastEnd };

  State ReadHead();
  bool ReadStatusLine(std::string_view line);
  bool ReadHeader(std::string_view line);
  bool ReadFraming(std::string_view name, std::string_view value);
  State ReadBody(size_t begin, size_t end);
  State ReadChunks(size_t begin, size_t end);
  State TakeBytes(size_t begin, size_t count);
  State Finish();
  State Fail(absl::Status error);
  State KeepOrOverflow(State state);
  uint64_t body_bytes() const { return overflowed_bytes_ + body_end_; }

  uint64_t body_bytes_max_;
  HttpResponse response_;
  State state_ = State::kHead;
  size_t head_end_ = 0;  ///< In kHead: bytes received so far.
  size_t body_end_ = 0;  ///< Bytes of the body that are in response_.
  BodyOverflow* overflow_;
  bool overflows_ = false;
  uint64_t overflowed_bytes_ = 0;  ///< Of the body's beginning; they are the overflow's.
  absl::Status error_;
  Framing framing_ = Framing::kUntilEnd;
  uint64_t length_ = 0;
  bool has_length_ = false;
  bool keeps_alive_ = false;
  bool has_excess_ = false;
  ChunkPart part_ = ChunkPart::kSize;
  std::string chunk_line_;  ///< A line between chunks, as far as it has come.
  uint64_t chunk_left_ = 0;
};

}  // namespace tocsin
