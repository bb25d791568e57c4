#include "absl/strings/match.h"
#include "base/compress/compress.h"
#include "base/strings.h"

namespace tocsin {

absl::Status ContentDecode(std::string_view content_encoding, std::string_view in, uint64_t bytes_max, std::string* out) {
  const auto is = [&](std::string_view name) { return absl::EqualsIgnoreCase(av(content_encoding), av(name)); };
  if (is("gzip") || is("x-gzip")) {
    return GzipDecode(in, bytes_max, out);
  }
  if (is("zstd")) {
    return ZstdDecode(in, bytes_max, out);
  }
  if (is("snappy")) {
    return SnappyDecode(in, bytes_max, out);
  }
  if (!content_encoding.empty() && !is("identity")) {
    return absl::InvalidArgumentError(av(Cat("unsupported content encoding \"", content_encoding, "\"")));
  }
  if (in.size() > bytes_max) {
    return absl::ResourceExhaustedError("body size limit exceeded");
  }
  out->append(in);
  return absl::OkStatus();
}

}  // namespace tocsin
