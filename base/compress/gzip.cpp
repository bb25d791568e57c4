#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/compress/compress.h"
#include "base/status.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr size_t kGzipStepMin = 256 * 1024;
constexpr size_t kGzipStepMax = 64 * 1024 * 1024;

std::string_view InflateErrorText(int code) {
  switch (code) {
    case ISAL_INVALID_WRAPPER:
    case ISAL_UNSUPPORTED_METHOD:
      return "gzip: invalid header";
    case ISAL_INCORRECT_CHECKSUM:
      return "gzip: invalid checksum";
    default:
      return "flate: corrupt input";
  }
}

}  // namespace

absl::Status GzipDecode(std::string_view in, uint64_t bytes_max, std::string* out) {
  inflate_state state;
  isal_inflate_init(&state);
  state.crc_flag = ISAL_GZIP;
  state.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(in.data()));
  state.avail_in = static_cast<uint32_t>(in.size());
  const size_t start = out->size();
  size_t used = start;
  while (true) {
    // One byte more than allowed may be written: that is how a body at the limit differs from one above it.
    const uint64_t room = bytes_max - (used - start);
    const size_t wanted = std::clamp(in.size() * 4, kGzipStepMin, kGzipStepMax);
    const size_t step = static_cast<size_t>(std::min<uint64_t>(wanted, room + 1));
    if (out->size() < used + step) {
      out->resize(used + step);
    }
    state.next_out = reinterpret_cast<uint8_t*>(out->data() + used);
    state.avail_out = static_cast<uint32_t>(step);
    const int code = isal_inflate(&state);
    used += step - state.avail_out;
    if (code < 0) {
      out->resize(start);
      return absl::InvalidArgumentError(av(InflateErrorText(code)));
    }
    if (used - start > bytes_max) {
      out->resize(start);
      return absl::ResourceExhaustedError("body size limit exceeded");
    }
    if (state.block_state == ISAL_BLOCK_FINISH) {
      if (state.avail_in == 0) {
        break;
      }
      uint8_t* const next = state.next_in;
      const uint32_t left = state.avail_in;
      isal_inflate_reset(&state);
      state.crc_flag = ISAL_GZIP;
      state.next_in = next;
      state.avail_in = left;
    } else if (state.avail_in == 0 && state.avail_out > 0) {
      out->resize(start);
      return absl::InvalidArgumentError("unexpected EOF");
    }
  }
  out->resize(used);
  return absl::OkStatus();
}

namespace {

constexpr size_t kGzipInputBytes = 64 * 1024;

class GzipSource {
 public:
  explicit GzipSource(ByteSource compressed) : compressed_(std::move(compressed)), input_(kGzipInputBytes) { Begin(); }

  absl::StatusOr<size_t> Read(char* out, size_t size) {
    state_.next_out = reinterpret_cast<uint8_t*>(out);
    state_.avail_out = static_cast<uint32_t>(std::min<size_t>(size, UINT32_MAX));
    const uint32_t wanted = state_.avail_out;
    while (state_.avail_out == wanted) {
      if (state_.avail_in == 0) {
        RETURN_IF_ERROR(Fill());
      }
      if (state_.block_state == ISAL_BLOCK_FINISH) {
        if (state_.avail_in == 0) {
          return 0;
        }
        Begin();  // another member
      }
      const bool at_end = state_.avail_in == 0;
      const int code = isal_inflate(&state_);
      if (code < 0) {
        return absl::InvalidArgumentError(av(InflateErrorText(code)));
      }
      if (at_end && state_.avail_out == wanted && state_.block_state != ISAL_BLOCK_FINISH) {
        return absl::InvalidArgumentError("unexpected EOF");
      }
    }
    return wanted - state_.avail_out;
  }

 private:
  void Begin() {
    const inflate_state before = state_;
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
    state_.next_in = before.next_in;
    state_.avail_in = before.avail_in;
    state_.next_out = before.next_out;
    state_.avail_out = before.avail_out;
  }

  absl::Status Fill() {
    ASSIGN_OR_RETURN(const size_t bytes, compressed_(input_.data(), input_.size()));
    state_.next_in = reinterpret_cast<uint8_t*>(input_.data());
    state_.avail_in = static_cast<uint32_t>(bytes);
    return absl::OkStatus();
  }

  ByteSource compressed_;
  std::vector<char> input_;
  inflate_state state_{};
};

}  // namespace

ByteSource MakeGzipSource(ByteSource compressed) {
  // std::function wants what can be copied.
  auto source = std::make_shared<GzipSource>(std::move(compressed));
  return [source](char* out, size_t size) { return source->Read(out, size); };
}

namespace {

/// Deflate in the wrapper of `format`: IGZIP_GZIP or IGZIP_ZLIB.
class DeflateEncoder : public StreamEncoder {
 public:
  explicit DeflateEncoder(uint16_t format) : level_buffer_(ISAL_DEF_LVL1_DEFAULT) {
    isal_deflate_init(&stream_);
    stream_.level = 1;
    stream_.level_buf = level_buffer_.data();
    stream_.level_buf_size = static_cast<uint32_t>(level_buffer_.size());
    stream_.gzip_flag = format;
  }

  void Write(std::string_view in, std::string* out) override { Deflate(in, false, out); }
  void Finish(std::string* out) override { Deflate({}, true, out); }

 private:
  void Deflate(std::string_view in, bool last, std::string* out) {
    stream_.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uint32_t>(in.size());
    stream_.end_of_stream = last ? 1 : 0;
    do {
      const size_t used = out->size();
      const size_t step = std::max<size_t>(4096, stream_.avail_in / 4);
      out->resize(used + step);
      stream_.next_out = reinterpret_cast<uint8_t*>(out->data() + used);
      stream_.avail_out = static_cast<uint32_t>(step);
      isal_deflate(&stream_);
      out->resize(used + step - stream_.avail_out);
    } while (stream_.avail_in > 0 || stream_.avail_out == 0 || (last && stream_.internal_state.state != ZSTATE_END));
  }

  isal_zstream stream_;
  std::vector<uint8_t> level_buffer_;
};

void Encode(uint16_t format, std::string_view in, std::string* out) {
  DeflateEncoder encoder(format);
  encoder.Write(in, out);
  encoder.Finish(out);
}

}  // namespace

std::unique_ptr<StreamEncoder> MakeGzipEncoder() { return std::make_unique<DeflateEncoder>(IGZIP_GZIP); }
std::unique_ptr<StreamEncoder> MakeZlibEncoder() { return std::make_unique<DeflateEncoder>(IGZIP_ZLIB); }

void GzipEncode(std::string_view in, std::string* out) { Encode(IGZIP_GZIP, in, out); }
void ZlibEncode(std::string_view in, std::string* out) { Encode(IGZIP_ZLIB, in, out); }

}  // namespace tocsin
