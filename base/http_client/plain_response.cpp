#include "base/http_client/plain_response.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/strings.h"

namespace tocsin {
namespace {

/// Longer ones are left to libcurl; it also keeps sums of sizes within 64 bits.
constexpr size_t kChunkSizeDigitsMax = 12;
constexpr size_t kLengthDigitsMax = 15;
constexpr std::string_view kTooLarge = "body size limit exceeded";

bool IsTokenChar(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || std::strchr("!#$%&'*+-.^_`|~", c) != nullptr; }

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c != '\0' && IsTokenChar(c); });
}

/// Visible text, blanks and tabs, and bytes beyond ASCII.
bool IsFieldText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != '\x7f'); });
}

std::string_view TrimBlanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool ParseDigits(std::string_view text, size_t digits_max, int base, uint64_t* value) {
  if (text.empty() || text.size() > digits_max) {
    return false;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

PlainResponse::PlainResponse(std::string buffer, uint64_t body_bytes_max, BodyOverflow* overflow)
    : body_bytes_max_(body_bytes_max), overflow_(overflow) {
  response_.body = std::move(buffer);
  if (overflow_ != nullptr) {
    overflow_->Begin();
  }
}

std::span<char> PlainResponse::Room() {
  std::string& body = response_.body;
  if (state_ == State::kHead) {
    if (body.size() < kHeadBytesMax) {
      body.resize(kHeadBytesMax);
    }
    return {body.data() + head_end_, kHeadBytesMax - head_end_};
  }
  if (overflows_) {
    body.resize(kPieceBytes);
    return {body.data(), body.size()};
  }
  if (framing_ == Framing::kLength && length_ > body.capacity()) {
    // Some more, so that the next body of about that size fits into the same buffer, and a parser can put a line end behind it.
    body.reserve(std::min(length_ + length_ / 8 + 1, kReserveBytesMax));
  }
  const bool known = framing_ == Framing::kLength;
  if (body.size() < body_end_ + kHeadBytesMax && (!known || body.size() < length_)) {
    // It grows as bytes really come: memory that is only announced is not touched.
    const uint64_t grown = body_end_ * 2 + 4 * kHeadBytesMax;
    body.resize(known ? std::min(length_, grown) : grown);
  }
  const size_t end = known ? std::min<uint64_t>(length_, body.size()) : body.size();
  return {body.data() + body_end_, end - body_end_};
}

PlainResponse::State PlainResponse::Received(size_t count) {
  if (state_ == State::kHead) {
    head_end_ += count;
    return state_ = KeepOrOverflow(ReadHead());
  }
  return state_ = KeepOrOverflow(ReadBody(body_end_, body_end_ + count));
}

PlainResponse::State PlainResponse::Ended() {
  if (state_ == State::kBody && framing_ == Framing::kUntilEnd) {
    return state_ = KeepOrOverflow(Finish());
  }
  return state_;
}

/// After each piece: the body stays in memory while its owner has room for what it takes there, which is up to twice of what has come
/// where nothing says how much will.
PlainResponse::State PlainResponse::KeepOrOverflow(State state) {
  if (overflow_ == nullptr || (state != State::kBody && state != State::kDone)) {
    return state;
  }
  if (!overflows_) {
    const uint64_t grown = state == State::kDone ? body_end_ : uint64_t{2} * body_end_;
    if (overflow_->HasRoom(framing_ == Framing::kLength ? length_ : grown)) {
      return state;
    }
    overflows_ = true;
  }
  std::string& body = response_.body;
  if (absl::Status taken = overflow_->Append(std::string_view(body.data(), body_end_)); !taken.ok()) {
    return Fail(std::move(taken));
  }
  overflowed_bytes_ += body_end_;
  body_end_ = 0;
  if (state == State::kDone || body.capacity() > 2 * kPieceBytes) {
    std::string().swap(body);  // assigning would keep its memory
  }
  return state;
}

PlainResponse::State PlainResponse::ReadHead() {
  const std::string_view received(response_.body.data(), head_end_);
  const size_t head_size = received.find("\r\n\r\n");
  if (head_size == std::string_view::npos) {
    return head_end_ == kHeadBytesMax || !std::string_view("HTTP/1.").starts_with(received.substr(0, 7)) ? State::kUnusual : State::kHead;
  }
  std::string_view rest = received.substr(0, head_size + 2);
  for (bool first = true; !rest.empty(); first = false) {
    const size_t line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    rest.remove_prefix(line_end + 2);
    if (!IsFieldText(line) || !(first ? ReadStatusLine(line) : ReadHeader(line))) {
      return State::kUnusual;
    }
  }
  keeps_alive_ &= framing_ != Framing::kUntilEnd;
  if (has_length_ && framing_ == Framing::kChunks) {
    return State::kUnusual;
  }
  if (framing_ == Framing::kLength && length_ > body_bytes_max_) {
    return Fail(absl::ResourceExhaustedError(av(kTooLarge)));
  }
  return ReadBody(head_size + 4, head_end_);
}

bool PlainResponse::ReadStatusLine(std::string_view line) {
  // HTTP/1.1 200 OK
  uint64_t status = 0;
  const bool form = line.size() >= 13 && line.starts_with("HTTP/1.") && (line[7] == '0' || line[7] == '1') && line[8] == ' ' &&
                    line[12] == ' ' && ParseDigits(line.substr(9, 3), 3, 10, &status);
  if (!form || status < 200 || status > 599 || status == 204 || (status >= 300 && status < 400)) {
    return false;
  }
  keeps_alive_ = line[7] == '1';
  response_.status = static_cast<int>(status);
  const std::string_view reason = line.substr(13);
  response_.status_text = Cat(status, " ", reason.empty() ? HttpReason(response_.status) : reason);
  return true;
}

bool PlainResponse::ReadHeader(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !IsToken(line.substr(0, colon))) {
    return false;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = TrimBlanks(line.substr(colon + 1));
  response_.headers.emplace_back(name, value);
  return ReadFraming(name, value);
}

bool PlainResponse::ReadFraming(std::string_view name, std::string_view value) {
  if (absl::EqualsIgnoreCase(av(name), "content-length")) {
    const bool first = !has_length_;
    has_length_ = true;
    framing_ = framing_ == Framing::kChunks ? framing_ : Framing::kLength;
    return first && ParseDigits(value, kLengthDigitsMax, 10, &length_);
  }
  if (absl::EqualsIgnoreCase(av(name), "transfer-encoding")) {
    const bool first = framing_ != Framing::kChunks;
    framing_ = Framing::kChunks;
    return first && absl::EqualsIgnoreCase(av(value), "chunked");
  }
  if (absl::EqualsIgnoreCase(av(name), "connection")) {
    const bool keeps = absl::EqualsIgnoreCase(av(value), "keep-alive");
    keeps_alive_ &= keeps;
    return keeps || absl::EqualsIgnoreCase(av(value), "close");
  }
  return true;
}

PlainResponse::State PlainResponse::ReadBody(size_t begin, size_t end) {
  switch (framing_) {
    case Framing::kChunks:
      return ReadChunks(begin, end);
    case Framing::kUntilEnd:
      return TakeBytes(begin, end - begin);
    case Framing::kLength:
      break;
  }
  const uint64_t wanted = length_ - body_bytes();
  has_excess_ = end - begin > wanted;
  const State state = TakeBytes(begin, std::min<uint64_t>(wanted, end - begin));
  return state == State::kBody && body_bytes() == length_ ? Finish() : state;
}

/// The framing between the chunks is taken out in place.
PlainResponse::State PlainResponse::ReadChunks(size_t begin, size_t end) {
  while (begin < end) {
    if (part_ == ChunkPart::kData) {
      const size_t count = std::min<uint64_t>(chunk_left_, end - begin);
      if (TakeBytes(begin, count) == State::kFailed) {
        return State::kFailed;
      }
      begin += count;
      chunk_left_ -= count;
      part_ = chunk_left_ == 0 ? ChunkPart::kDataEnd : ChunkPart::kData;
      continue;
    }
    chunk_line_.push_back(response_.body[begin++]);
    if (chunk_line_.back() != '\n') {
      if (chunk_line_.size() > kChunkSizeDigitsMax + 1) {
        return State::kUnusual;
      }
      continue;
    }
    if (!chunk_line_.ends_with("\r\n")) {
      return State::kUnusual;
    }
    const std::string_view line(chunk_line_.data(), chunk_line_.size() - 2);
    if (part_ == ChunkPart::kSize) {
      if (!ParseDigits(line, kChunkSizeDigitsMax, 16, &chunk_left_)) {
        return State::kUnusual;
      }
      part_ = chunk_left_ == 0 ? ChunkPart::kLastEnd : ChunkPart::kData;
    } else if (!line.empty()) {
      return State::kUnusual;
    } else if (part_ == ChunkPart::kLastEnd) {
      has_excess_ = begin < end;
      return Finish();
    } else {
      part_ = ChunkPart::kSize;
    }
    chunk_line_.clear();
  }
  return State::kBody;
}

PlainResponse::State PlainResponse::TakeBytes(size_t begin, size_t count) {
  if (body_bytes() + count > body_bytes_max_) {
    return Fail(absl::ResourceExhaustedError(av(kTooLarge)));
  }
  if (begin != body_end_) {
    std::memmove(response_.body.data() + body_end_, response_.body.data() + begin, count);
  }
  body_end_ += count;
  return State::kBody;
}

PlainResponse::State PlainResponse::Fail(absl::Status error) {
  error_ = std::move(error);
  return State::kFailed;
}

PlainResponse::State PlainResponse::Finish() {
  response_.body.resize(body_end_);
  return State::kDone;
}

}  // namespace tocsin
