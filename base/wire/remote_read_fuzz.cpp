#include <string>

#include "base/check.h"
#include "base/wire/remote_read.h"

namespace {

constexpr size_t kFrameBytesMax = 1 << 16;

/// A request that we read we write so that we read the same.
void ReadRequestOf(std::string_view body) {
  const auto request = tocsin::wire::DecodeReadRequest(body);
  if (!request.ok()) {
    return;
  }
  const std::string again = tocsin::wire::EncodeReadRequest(*request);
  const auto second = tocsin::wire::DecodeReadRequest(again);
  TOCSIN_CHECK(second.ok());
  TOCSIN_CHECK(tocsin::wire::EncodeReadRequest(*second) == again);
}

void ReadFramesOf(std::string_view stream) {
  std::string_view message;
  for (;;) {
    const auto whole = tocsin::wire::TakeFrame(&stream, kFrameBytesMax, &message);
    if (!whole.ok() || !*whole) {
      return;
    }
    tocsin::wire::DecodeChunkedRead(message).status().IgnoreError();
  }
}

}  // namespace

/// The first byte chooses: a request, an answer, a message of a streamed answer, its frames, or the message in a frame that is right.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      ReadRequestOf(body);
      break;
    case 1:
      tocsin::wire::DecodeReadResponse(body).status().IgnoreError();
      break;
    case 2:
      tocsin::wire::DecodeChunkedRead(body).status().IgnoreError();
      break;
    case 3:
      ReadFramesOf(body);
      break;
    default: {
      std::string stream;
      tocsin::wire::AppendFrame(body, &stream);
      ReadFramesOf(stream);
    }
  }
  return 0;
}
