#include "api/grpc/otlp_call.h"

#include <utility>

#include "base/status.h"

namespace tocsin::rpc {
namespace {

/// Of an error text; gRPC sends it as a header.
constexpr size_t kErrorBytesMax = 4096;

/// The first bytes of gzip (RFC 1952). As a protobuf tag they would be wire type 7, which does not exist.
constexpr std::string_view kGzipMagic = "\x1f\x8b";

Code CodeOfStatus(int status) {
  switch (status) {
    case 400:
    case 415:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 413:
      return Code::kResourceExhausted;
    case 429:
    case 503:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

}  // namespace

Answer AnswerOtlpCall(Call call, const http::RootHandler& handler) {
  if (call.method != kOtlpMetricsMethod) {
    return {Code::kUnimplemented, Cat("unknown method ", call.method, "; this server has ", kOtlpMetricsMethod), ""};
  }
  http::Request request;
  request.method = "POST";
  request.target = call.method;
  request.path = std::move(call.method);
  request.headers.emplace_back("Content-Type", "application/x-protobuf");
  if (call.message.starts_with(kGzipMagic)) {
    request.headers.emplace_back("Content-Encoding", "gzip");
  }
  if (!call.authorization.empty()) {
    request.headers.emplace_back("Authorization", std::move(call.authorization));
  }
  request.body = std::move(call.message);
  request.remote_address = std::move(call.peer);
  request.tls = call.tls;
  http::Response response = handler(request);
  if (response.status / 100 == 2) {
    return {Code::kOk, "", ""};  // an empty ExportMetricsServiceResponse: all is taken
  }
  std::string text = response.body.substr(0, kErrorBytesMax);
  while (text.ends_with('\n')) {
    text.pop_back();
  }
  return {CodeOfStatus(response.status), std::move(text), ""};
}

}  // namespace tocsin::rpc
