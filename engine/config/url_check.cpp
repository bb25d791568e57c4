#include "engine/config/url_check.h"

#include <arpa/inet.h>

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

int HexValue(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

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

std::string EscapeFault(std::string_view text) {
  const std::string_view escape = BadEscape(text);
  return escape.empty() ? "" : Cat("invalid URL escape ", GoQuoted(escape));
}

bool IsAlphanumeric(char c) { return IsLetter(c) || (c >= '0' && c <= '9'); }

bool MayStandInHost(char c) {
  constexpr std::string_view kMarks = "-_.~!$&'()*+,;=:[]<>\"";
  return static_cast<unsigned char>(c) >= 0x80 || IsAlphanumeric(c) || kMarks.find(c) != std::string_view::npos;
}

bool MayStandInUser(char c) { return IsAlphanumeric(c) || std::string_view("-._:~!$&'()*+,;=%@").find(c) != std::string_view::npos; }

bool IsPort(std::string_view port) {
  return port.empty() || (port[0] == ':' && std::all_of(port.begin() + 1, port.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

// What is wrong with escapes and characters of a host, "" when nothing is. Only bytes beyond ASCII may be escaped, and "%" itself; in a
// zone also what could stand there unescaped, and a space.
std::string HostFault(std::string_view text, bool zone) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!MayStandInHost(text[i])) {
        return Cat("invalid character ", GoQuoted(text.substr(i, 1)), " in host name");
      }
      continue;
    }
    const std::string_view escape = text.substr(i, 3);
    bool good = BadEscape(escape).empty();
    if (good && escape != "%25") {
      const auto c = static_cast<char>(HexValue(escape[1]) * 16 + HexValue(escape[2]));
      good = zone ? c == ' ' || MayStandInHost(c) : static_cast<unsigned char>(c) >= 0x80;
    }
    if (!good) {
      return Cat("invalid URL escape ", GoQuoted(escape));
    }
    i += 2;
  }
  return {};
}

std::string AddressFault(std::string_view host) {
  const size_t close = host.rfind(']');
  if (close == std::string_view::npos) {
    return "missing ']' in host";
  }
  if (const std::string_view port = host.substr(close + 1); !IsPort(port)) {
    return Cat("invalid port ", GoQuoted(port), " after host");
  }
  const std::string_view inside = host.substr(1, close - 1);
  const std::string_view address = inside.substr(0, inside.find("%25"));
  std::string fault = HostFault(address, /*zone=*/false);
  if (fault.empty()) {
    fault = HostFault(inside.substr(address.size()), /*zone=*/true);
  }
  in6_addr parsed{};
  const std::string text(address);
  if (!fault.empty() || inet_pton(AF_INET6, text.c_str(), &parsed) == 1) {
    return fault;
  }
  return inet_pton(AF_INET, text.c_str(), &parsed) == 1 ? "invalid IP-literal"
                                                        : Cat("invalid host: ParseAddr(", GoQuoted(inside), "): unable to parse IP");
}

// What Go says of a "host:port", "" when nothing is wrong.
std::string HostPortFault(std::string_view host) {
  if (const size_t bracket = host.rfind('['); bracket != std::string_view::npos) {
    return bracket == 0 ? AddressFault(host) : "invalid IP-literal";
  }
  if (const size_t colon = host.rfind(':'); colon != std::string_view::npos && !IsPort(host.substr(colon))) {
    return Cat("invalid port ", GoQuoted(host.substr(colon)), " after host");
  }
  return HostFault(host, /*zone=*/false);
}

std::string UserFault(std::string_view user) {
  if (!std::all_of(user.begin(), user.end(), MayStandInUser)) {
    return "net/url: invalid userinfo";
  }
  return EscapeFault(user);
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
  const std::string_view before_query = rest.substr(0, rest.find_first_of("?#"));
  const bool rooted = before_query.starts_with('/');
  if (parts.scheme.empty() && !rooted && before_query.substr(0, before_query.find('/')).find(':') != std::string_view::npos) {
    return BadUrl(url, "first path segment in URL cannot contain colon");
  }
  std::string fault;
  if (rest.starts_with("//") && (!parts.scheme.empty() || !rest.starts_with("///"))) {
    rest.remove_prefix(2);
    std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    rest.remove_prefix(authority.size());
    if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
      parts.user = authority.substr(0, at);
      authority.remove_prefix(at + 1);
    }
    parts.host = authority;
    fault = HostPortFault(authority);
    fault = fault.empty() ? UserFault(parts.user) : fault;
  }
  if (fault.empty() && (rooted || parts.scheme.empty())) {
    fault = EscapeFault(rest.substr(0, rest.find_first_of("?#")));
  }
  if (const size_t hash = rest.find('#'); fault.empty() && hash != std::string_view::npos) {
    fault = EscapeFault(rest.substr(hash));
  }
  if (!fault.empty()) {
    return BadUrl(url, fault);
  }
  parts.path = rest;
  return parts;
}

}  // namespace tocsin
