#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/compress/compress.h"

/// First byte: which codec. No input may crash it or make it write above its limit.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  constexpr uint64_t kLimit = 1 << 16;
  const char* const codecs[] = {"gzip", "zstd", "snappy"};
  std::string out;
  const absl::Status status = tocsin::ContentDecode(codecs[data[0] % 3], {reinterpret_cast<const char*>(data + 1), size - 1}, kLimit, &out);
  TOCSIN_CHECK(out.size() <= kLimit);
  TOCSIN_CHECK(status.ok() || out.empty());
  return 0;
}
