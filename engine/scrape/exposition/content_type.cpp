#include "engine/scrape/exposition/content_type.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "base/status.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

/// RFC 2045 tokens.
bool IsTokenChar(char c) { return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos; }

std::string_view TakeToken(std::string_view* rest) {
  size_t length = 0;
  while (length < rest->size() && IsTokenChar((*rest)[length])) {
    ++length;
  }
  const std::string_view token = rest->substr(0, length);
  rest->remove_prefix(length);
  return token;
}

void SkipSpace(std::string_view* rest) {
  while (!rest->empty() && absl::ascii_isspace(static_cast<unsigned char>(rest->front()))) {
    rest->remove_prefix(1);
  }
}

bool TakeParameterValue(std::string_view* rest) {
  if (rest->empty() || rest->front() != '"') {
    return !TakeToken(rest).empty();
  }
  for (size_t i = 1; i < rest->size(); ++i) {
    if ((*rest)[i] == '\\') {
      ++i;
    } else if ((*rest)[i] == '"') {
      rest->remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

absl::Status CheckMediaTypeName(std::string_view name) {
  std::string_view rest = name;
  if (TakeToken(&rest).empty()) {
    return absl::InvalidArgumentError("mime: no media type");
  }
  if (rest.empty()) {
    return absl::OkStatus();
  }
  if (rest.front() != '/') {
    return absl::InvalidArgumentError("mime: expected slash after first token");
  }
  rest.remove_prefix(1);
  if (TakeToken(&rest).empty()) {
    return absl::InvalidArgumentError("mime: expected token after slash");
  }
  return rest.empty() ? absl::OkStatus() : absl::InvalidArgumentError("mime: unexpected content after media subtype");
}

absl::Status CheckParameters(std::string_view rest) {
  std::vector<std::string> names;
  while (true) {
    SkipSpace(&rest);
    if (rest.empty() || rest == ";") {
      return absl::OkStatus();
    }
    if (rest.front() != ';') {
      return absl::InvalidArgumentError("mime: invalid media parameter");
    }
    rest.remove_prefix(1);
    SkipSpace(&rest);
    const std::string name = absl::AsciiStrToLower(av(TakeToken(&rest)));
    SkipSpace(&rest);
    if (name.empty() || rest.empty() || rest.front() != '=') {
      return rest.empty() && name.empty() ? absl::OkStatus() : absl::InvalidArgumentError("mime: invalid media parameter");
    }
    rest.remove_prefix(1);
    SkipSpace(&rest);
    if (!TakeParameterValue(&rest)) {
      return absl::InvalidArgumentError("mime: invalid media parameter");
    }
    for (const std::string& other : names) {
      if (other == name) {
        return absl::InvalidArgumentError("mime: duplicate parameter name");
      }
    }
    names.push_back(name);
  }
}

std::optional<ExpositionFormat> KnownFormat(std::string_view media_type) {
  if (media_type == "text/plain") return ExpositionFormat::kPrometheusText;
  if (media_type == "application/openmetrics-text") return ExpositionFormat::kOpenMetricsText;
  if (media_type == "application/vnd.google.protobuf") return ExpositionFormat::kProtobuf;
  return std::nullopt;
}

std::string FallbackMediaType(ScrapeProtocol protocol) {
  const std::string_view with_version = MediaTypeOf(protocol);
  return std::string(with_version.substr(0, with_version.find(';')));
}

}  // namespace

absl::StatusOr<std::string> MediaType(std::string_view content_type) {
  const size_t semicolon = content_type.find(';');
  std::string name(sv(absl::StripAsciiWhitespace(av(content_type.substr(0, semicolon)))));
  absl::AsciiStrToLower(&name);
  RETURN_IF_ERROR(CheckMediaTypeName(name));
  if (semicolon != std::string_view::npos) {
    RETURN_IF_ERROR(CheckParameters(content_type.substr(semicolon)));
  }
  return name;
}

absl::StatusOr<ExpositionFormat> FormatOf(std::string_view content_type, std::optional<ScrapeProtocol> fallback, std::string* warning) {
  std::string reason;
  std::string without_fallback;
  std::string detail;
  if (content_type.empty()) {
    reason = "non-compliant scrape target sending blank Content-Type";
    without_fallback = reason + " and no fallback_scrape_protocol specified for target";
  } else if (const absl::StatusOr<std::string> media_type = MediaType(content_type); !media_type.ok()) {
    reason = Cat("could not parse received Content-Type ", GoQuoted(content_type));
    without_fallback = Cat("cannot parse Content-Type ", GoQuoted(content_type), " and no fallback_scrape_protocol for target");
    detail = Cat("\n", Message(media_type.status()));
  } else if (const std::optional<ExpositionFormat> format = KnownFormat(*media_type); format.has_value()) {
    return *format;
  } else {
    reason = Cat("received unsupported Content-Type ", GoQuoted(content_type));
    without_fallback = reason + " and no fallback_scrape_protocol specified for target";
  }
  if (!fallback.has_value()) {
    return absl::InvalidArgumentError(av(Cat(without_fallback, detail)));
  }
  const std::string media_type = FallbackMediaType(*fallback);
  *warning = Cat(reason, ", using fallback_scrape_protocol ", GoQuoted(media_type), detail);
  return *KnownFormat(media_type);
}

std::string AcceptHeader(const std::vector<ScrapeProtocol>& protocols, EscapingScheme escaping) {
  constexpr int kProtocols = 5;
  int weight = kProtocols + 1;
  std::string header;
  for (const ScrapeProtocol protocol : protocols) {
    Append(&header, MediaTypeOf(protocol));
    if (protocol == ScrapeProtocol::kPrometheusText1_0_0 || protocol == ScrapeProtocol::kOpenMetricsText1_0_0) {
      Append(&header, ";escaping=", escaping == EscapingScheme::kUnset ? ToString(EscapingScheme::kAllowUtf8) : ToString(escaping));
    }
    Append(&header, ";q=0.", weight--, ",");
  }
  return Cat(header, "*/*;q=0.", weight);
}

}  // namespace tocsin
