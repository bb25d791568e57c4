#include <zstd.h>

#include <algorithm>

#include "base/check.h"
#include "base/compress/compress.h"
#include "base/strings.h"

namespace tocsin {
namespace {

constexpr int kZstdLevel = 1;
/// A frame may ask for a window of up to 2^27 bytes (zstd's own default), which is memory of ours: less is enough for bodies.
constexpr int kZstdWindowLogMax = 23;

struct FreeZstdDecoder {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};
struct FreeZstdEncoder {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

}  // namespace

absl::Status ZstdDecode(std::string_view in, uint64_t bytes_max, std::string* out) {
  const std::unique_ptr<ZSTD_DCtx, FreeZstdDecoder> context(ZSTD_createDCtx());
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax);
  ZSTD_inBuffer input{in.data(), in.size(), 0};
  const size_t start = out->size();
  size_t used = start;
  size_t frame_left = 1;
  while (true) {
    const uint64_t room = bytes_max - (used - start);
    const size_t step = static_cast<size_t>(std::min<uint64_t>(ZSTD_DStreamOutSize(), room + 1));
    out->resize(used + step);
    ZSTD_outBuffer output{out->data() + used, step, 0};
    frame_left = ZSTD_decompressStream(context.get(), &output, &input);
    used += output.pos;
    if (ZSTD_isError(frame_left)) {
      out->resize(start);
      return absl::InvalidArgumentError(av(Cat("zstd: ", ZSTD_getErrorName(frame_left))));
    }
    if (used - start > bytes_max) {
      out->resize(start);
      return absl::ResourceExhaustedError("body size limit exceeded");
    }
    if (input.pos == input.size && (frame_left == 0 || output.pos < output.size)) {
      break;
    }
  }
  if (frame_left != 0) {
    out->resize(start);
    return absl::InvalidArgumentError("unexpected EOF");
  }
  out->resize(used);
  return absl::OkStatus();
}

namespace {

class ZstdEncoder : public StreamEncoder {
 public:
  ZstdEncoder() : context_(ZSTD_createCCtx()) { ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kZstdLevel); }

  void Write(std::string_view in, std::string* out) override { Compress(in, ZSTD_e_continue, out); }
  void Finish(std::string* out) override { Compress({}, ZSTD_e_end, out); }

 private:
  void Compress(std::string_view in, ZSTD_EndDirective directive, std::string* out) {
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    size_t left = 0;
    do {
      const size_t used = out->size();
      const size_t step = ZSTD_CStreamOutSize();
      out->resize(used + step);
      ZSTD_outBuffer output{out->data() + used, step, 0};
      left = ZSTD_compressStream2(context_.get(), &output, &input, directive);
      TOCSIN_CHECK(!ZSTD_isError(left));
      out->resize(used + output.pos);
    } while (input.pos < input.size || (directive == ZSTD_e_end && left > 0));
  }

  std::unique_ptr<ZSTD_CCtx, FreeZstdEncoder> context_;
};

}  // namespace

std::unique_ptr<StreamEncoder> MakeZstdEncoder() { return std::make_unique<ZstdEncoder>(); }

void ZstdEncode(std::string_view in, std::string* out) {
  ZstdEncoder encoder;
  encoder.Write(in, out);
  encoder.Finish(out);
}

}  // namespace tocsin
