#include <snappy.h>

#include "base/compress/compress.h"
#include "base/compress/snappy_block.h"
#include "base/status.h"

namespace tocsin {
namespace {

/// The most that the format can say in few bytes: a copy of 64 bytes in three (google/snappy, format_description.txt).
constexpr size_t kExpansionMax = 22;

}  // namespace

uint64_t SnappyUnpackedBytes(std::string_view in) {
  size_t length = 0;
  return snappy::GetUncompressedLength(in.data(), in.size(), &length) ? length : 0;
}

absl::StatusOr<RawBytes> SnappyUnpack(std::string_view in, uint64_t bytes_max) {
  size_t length = 0;
  if (!snappy::GetUncompressedLength(in.data(), in.size(), &length)) {
    return absl::InvalidArgumentError("snappy: corrupt input");
  }
  if (length > bytes_max) {
    return absl::ResourceExhaustedError("body size limit exceeded");
  }
  // The length is the sender's word: nothing is reserved for more than the format can hold in these bytes.
  if (length > in.size() * kExpansionMax) {
    return absl::InvalidArgumentError("snappy: corrupt input");
  }
  RawBytes out(length);
  if (!snappy::RawUncompress(in.data(), in.size(), out.data())) {
    return absl::InvalidArgumentError("snappy: corrupt input");
  }
  return out;
}

absl::Status SnappyDecode(std::string_view in, uint64_t bytes_max, std::string* out) {
  ASSIGN_OR_RETURN(const RawBytes unpacked, SnappyUnpack(in, bytes_max));
  out->append(unpacked.view());
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
