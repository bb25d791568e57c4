#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

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
