#include <string>

#include "base/check.h"
#include "base/wire/library/proto_library.h"
#include "base/wire/otlp_metrics.h"

/// The first byte chooses JSON or protobuf. What the protobuf library reads, we read as well.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  static tocsin::wire::ProtoLibrary library;
  const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 1) {
    (void)tocsin::wire::DecodeOtlpJson(body);
    return 0;
  }
  const bool good = tocsin::wire::DecodeOtlpProtobuf(body).ok();
  std::string rewritten;
  if (good && library.Rewrite("opentelemetry.proto.ExportMetricsServiceRequest", body, &rewritten)) {
    TOCSIN_CHECK(tocsin::wire::DecodeOtlpProtobuf(rewritten).ok());
  }
  return 0;
}
