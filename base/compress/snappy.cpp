#include <snappy.h>

#include "base/compress/compress.h"

namespace tocsin {

absl::Status SnappyDecode(std::string_view in, uint64_t bytes_max, std::string* out) {
  size_t length = 0;
  if (!snappy::GetUncompressedLength(in.data(), in.size(), &length)) {
    return absl::InvalidArgumentError("snappy: corrupt input");
  }
  if (length > bytes_max) {
    return absl::ResourceExhaustedError("body size limit exceeded");
  }
  // The length is the sender's word: nothing is reserved for more than the format can hold in these bytes.
  if (!snappy::IsValidCompressedBuffer(in.data(), in.size())) {
    return absl::InvalidArgumentError("snappy: corrupt input");
  }
  const size_t start = out->size();
  out->resize(start + length);
  if (!snappy::RawUncompress(in.data(), in.size(), out->data() + start)) {
    out->resize(start);
    return absl::InvalidArgumentError("snappy: corrupt input");
  }
  return absl::OkStatus();
}

void SnappyEncode(std::string_view in, std::string* out) {
  const size_t start = out->size();
  out->resize(start + snappy::MaxCompressedLength(in.size()));
  size_t length = 0;
  snappy::RawCompress(in.data(), in.size(), out->data() + start, &length);
  out->resize(start + length);
}

}  // namespace tocsin
