#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tocsin {

/// Whole bodies. Each decoder appends to `out` and gives up with RESOURCE_EXHAUSTED ("body size limit exceeded") before `out` has grown by
/// more than `bytes_max`, whatever the input promises; INVALID_ARGUMENT for input that is damaged or cut short. gzip: RFC 1952, several
/// members allowed; over ISA-L. zstd: RFC 8878, several frames allowed. snappy: the block format of remote write.
absl::Status GzipDecode(std::string_view in, uint64_t bytes_max, std::string* out);
absl::Status ZstdDecode(std::string_view in, uint64_t bytes_max, std::string* out);
absl::Status SnappyDecode(std::string_view in, uint64_t bytes_max, std::string* out);

/// By the value of Content-Encoding (any case): "", identity, gzip, x-gzip, zstd, snappy; others are INVALID_ARGUMENT.
absl::Status ContentDecode(std::string_view content_encoding, std::string_view in, uint64_t bytes_max, std::string* out);

void GzipEncode(std::string_view in, std::string* out);
/// What HTTP calls "deflate": RFC 1950.
void ZlibEncode(std::string_view in, std::string* out);
void ZstdEncode(std::string_view in, std::string* out);
void SnappyEncode(std::string_view in, std::string* out);

/// Bytes that come piece by piece: fills up to `size` bytes at `out` and returns how many; 0 at the end.
using ByteSource = std::function<absl::StatusOr<size_t>(char* out, size_t size)>;

/// Undoes gzip as GzipDecode does, piece by piece. INVALID_ARGUMENT for damaged input.
ByteSource MakeGzipSource(ByteSource compressed);

/// A body that is made piece by piece. Write and Finish append to `out` what is ready; after Finish the object is spent.
class StreamEncoder {
 public:
  virtual ~StreamEncoder() = default;
  virtual void Write(std::string_view in, std::string* out) = 0;
  virtual void Finish(std::string* out) = 0;
};

std::unique_ptr<StreamEncoder> MakeGzipEncoder();
std::unique_ptr<StreamEncoder> MakeZlibEncoder();
std::unique_ptr<StreamEncoder> MakeZstdEncoder();

}  // namespace tocsin
