#include "api/receive/write_protocol.h"

#include "base/status.h"

namespace tocsin {
namespace {

constexpr std::string_view kProtobufMediaType = "application/x-protobuf";

std::string_view TrimBlanks(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? "" : text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

}  // namespace

absl::StatusOr<std::string_view> ParseWriteContentType(std::string_view content_type) {
  const std::string_view whole = content_type.empty() ? kProtobufMediaType : TrimBlanks(content_type);
  std::string_view rest = whole;
  const auto next_part = [&rest] {
    const size_t end = rest.find(';');
    const std::string_view part = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return part;
  };
  if (next_part() != kProtobufMediaType) {
    return absl::InvalidArgumentError(Cat("expected ", kProtobufMediaType, " as the first (media) part, got ", whole, " content-type"));
  }
  while (!rest.empty()) {
    const std::string_view parameter = TrimBlanks(next_part());
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || parameter.find('=', equals + 1) != std::string_view::npos) {
      return absl::InvalidArgumentError(
          Cat("as per https://www.rfc-editor.org/rfc/rfc9110#parameter expected parameters to be key-values, got ", parameter, " in ",
              whole, " content-type"));
    }
    if (parameter.substr(0, equals) == "proto") {
      const std::string_view message = parameter.substr(equals + 1);
      for (const std::string_view known : {kWriteV1, kWriteV2}) {
        if (message == known) {
          return known;
        }
      }
      return absl::InvalidArgumentError(Cat("got ", whole, " content type; unknown type for remote write protobuf message ", message,
                                            ", supported: ", kWriteV1, ", ", kWriteV2));
    }
  }
  return kWriteV1;
}

void SetWrittenHeaders(const WrittenCounts& counts, http::Response* response) {
  response->Set("X-Prometheus-Remote-Write-Samples-Written", Cat(counts.samples));
  response->Set("X-Prometheus-Remote-Write-Histograms-Written", Cat(counts.histograms));
  response->Set("X-Prometheus-Remote-Write-Exemplars-Written", Cat(counts.exemplars));
}

http::Response WriteError(int status, std::string_view text) {
  http::Response response = http::TextResponse(status, Cat(text, "\n"));
  response.Set("X-Content-Type-Options", "nosniff");
  return response;
}

void WriteErrors::Add(std::string_view text) {
  ++count_;
  if (text_.size() + text.size() > kErrorBytesMax) {
    ++left_out_;
    return;
  }
  Append(&text_, text_.empty() ? "" : "\n", text);
}

std::string WriteErrors::Text() const {
  return left_out_ == 0 ? text_ : Cat(text_, text_.empty() ? "" : "\n", "and ", left_out_, " more errors");
}

}  // namespace tocsin
