#include "engine/config/url_check.h"

#include <algorithm>

#include "base/secret.h"
#include "base/strings.h"
#include "base/text/quote.h"

namespace tocsin {
namespace {

absl::Status BadUrl(std::string_view url, std::string_view why) {
  return absl::InvalidArgumentError(Cat("parse ", GoQuoted(RedactUrl(url)), ": ", why));
}

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The scheme in front of the first ':', or "" when there is none; *bad says that a ':' stands where none may.
std::string_view TakeScheme(std::string_view url, bool* bad) {
  for (size_t i = 0; i < url.size(); ++i) {
    const char c = url[i];
    if (IsLetter(c)) {
      continue;
    }
    if ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.') {
      if (i == 0) {
        return {};
      }
      continue;
    }
    if (c == ':') {
      *bad = i == 0;
      return url.substr(0, i);
    }
    return {};
  }
  return {};
}

// The first malformed %-escape, or "".
std::string_view BadEscape(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && (i + 2 >= text.size() || !IsHex(text[i + 1]) || !IsHex(text[i + 2]))) {
      return text.substr(i, 3);
    }
  }
  return {};
}

absl::Status CheckPort(std::string_view url, std::string_view host) {
  const size_t bracket = host.rfind(']');
  if (host.starts_with('[') && bracket == std::string_view::npos) {
    return BadUrl(url, "missing ']' in host");
  }
  const std::string_view behind = bracket == std::string_view::npos ? host : host.substr(bracket + 1);
  const size_t colon = bracket == std::string_view::npos ? behind.rfind(':') : (behind.empty() ? std::string_view::npos : 0);
  if (colon == std::string_view::npos) {
    return absl::OkStatus();
  }
  const std::string_view port = behind.substr(colon);
  const bool digits = port.starts_with(':') && std::all_of(port.begin() + 1, port.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? absl::OkStatus() : BadUrl(url, Cat("invalid port ", GoQuoted(port), " after host"));
}

}  // namespace

absl::StatusOr<UrlParts> ParseUrl(std::string_view url) {
  for (const char c : url) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return BadUrl(url, "net/url: invalid control character in URL");
    }
  }
  UrlParts parts;
  bool bad = false;
  parts.scheme = TakeScheme(url, &bad);
  if (bad) {
    return BadUrl(url, "missing protocol scheme");
  }
  std::transform(parts.scheme.begin(), parts.scheme.end(), parts.scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  std::string_view rest = url.substr(parts.scheme.empty() ? 0 : parts.scheme.size() + 1);
  if (parts.scheme.empty() && !rest.starts_with('/') && rest.substr(0, rest.find('/')).find(':') != std::string_view::npos) {
    return BadUrl(url, "first path segment in URL cannot contain colon");
  }
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    rest.remove_prefix(authority.size());
    if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
      parts.user = authority.substr(0, at);
      authority.remove_prefix(at + 1);
    }
    if (authority.find(' ') != std::string_view::npos) {
      return BadUrl(url, "invalid character \" \" in host name");
    }
    if (absl::Status port = CheckPort(url, authority); !port.ok()) {
      return port;
    }
    parts.host = authority;
  }
  if (const std::string_view escape = BadEscape(rest.substr(0, rest.find('?'))); !escape.empty()) {
    return BadUrl(url, Cat("invalid URL escape ", GoQuoted(escape)));
  }
  parts.path = rest;
  return parts;
}

}  // namespace tocsin
