#include "api/http/content_encoding.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/compress/compress.h"
#include "base/strings.h"

namespace tocsin::http {
namespace {

std::string_view Trim(std::string_view text) { return sv(absl::StripAsciiWhitespace(av(text))); }

/// "q=0", "q=0.000": not wanted.
bool IsRefused(std::string_view parameters) {
  const size_t q = parameters.find("q=");
  if (q == std::string_view::npos) {
    return false;
  }
  const std::string_view weight = Trim(parameters.substr(q + 2));
  return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

struct Coding {
  std::string_view name;
  void (*encode)(std::string_view in, std::string* out);
  std::unique_ptr<StreamEncoder> (*make_encoder)();
};

const Coding& CodingOf(ContentEncoding encoding) {
  static constexpr Coding kGzip = {"gzip", GzipEncode, MakeGzipEncoder};
  static constexpr Coding kZstd = {"zstd", ZstdEncode, MakeZstdEncoder};
  static constexpr Coding kDeflate = {"deflate", ZlibEncode, MakeZlibEncoder};
  return encoding == ContentEncoding::kGzip ? kGzip : encoding == ContentEncoding::kZstd ? kZstd : kDeflate;
}

BodyStream Compressed(std::string first, BodyStream stream, std::unique_ptr<StreamEncoder> encoder) {
  struct State {
    std::string first;
    BodyStream stream;
    std::unique_ptr<StreamEncoder> encoder;
  };
  auto state = std::make_shared<State>(State{std::move(first), std::move(stream), std::move(encoder)});
  return [state](std::string* chunk) {
    std::string plain = std::move(state->first);
    state->first.clear();
    const bool more = state->stream(&plain);
    if (!plain.empty()) {
      state->encoder->Write(plain, chunk);
    }
    if (!more) {
      state->encoder->Finish(chunk);
    }
    return more;
  };
}

}  // namespace

ContentEncoding ChooseEncoding(std::string_view accept_encoding) {
  bool zstd = false;
  bool deflate = false;
  while (!accept_encoding.empty()) {
    const size_t comma = std::min(accept_encoding.find(','), accept_encoding.size());
    const std::string_view item = accept_encoding.substr(0, comma);
    accept_encoding.remove_prefix(std::min(comma + 1, accept_encoding.size()));
    const size_t semicolon = std::min(item.find(';'), item.size());
    const std::string_view name = Trim(item.substr(0, semicolon));
    if (IsRefused(item.substr(semicolon))) {
      continue;
    }
    if (absl::EqualsIgnoreCase(av(name), "gzip")) {
      return ContentEncoding::kGzip;
    }
    zstd = zstd || absl::EqualsIgnoreCase(av(name), "zstd");
    deflate = deflate || absl::EqualsIgnoreCase(av(name), "deflate");
  }
  return zstd ? ContentEncoding::kZstd : deflate ? ContentEncoding::kDeflate : ContentEncoding::kIdentity;
}

void CompressResponse(const Request& request, Response* response) {
  const bool small = !response->stream && response->body.size() < kCompressBytesMin;
  if (small || !FindHeader(response->headers, "Content-Encoding").empty() ||
      FindHeader(response->headers, "Content-Type").starts_with("text/event-stream")) {
    return;
  }
  response->Set("Vary", "Accept-Encoding");
  const ContentEncoding encoding = ChooseEncoding(request.Header("Accept-Encoding"));
  if (encoding == ContentEncoding::kIdentity) {
    return;
  }
  const Coding& coding = CodingOf(encoding);
  response->Set("Content-Encoding", coding.name);
  if (response->stream) {
    response->stream = Compressed(std::move(response->body), std::move(response->stream), coding.make_encoder());
    response->body.clear();
    return;
  }
  std::string compressed;
  coding.encode(response->body, &compressed);
  response->body = std::move(compressed);
}

}  // namespace tocsin::http
