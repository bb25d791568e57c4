#include "tests/doubles/request_line.h"

#include <algorithm>
#include <array>

namespace tocsin::test {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"};

/// What may not stand in a request line as it is.
std::string Escape(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7f || std::string_view("\"<>[]{}|\\^`").find(c) != std::string_view::npos) {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

bool IsRequestLine(std::string_view line) {
  return std::any_of(kMethods.begin(), kMethods.end(),
                     [line](std::string_view method) { return line.starts_with(method) && line.substr(method.size()).starts_with(" /"); });
}

RequestLine ParseRequestLine(std::string_view line) {
  const size_t blank = line.find(' ');
  RequestLine request;
  request.method = line.substr(0, blank);
  std::string_view rest = line.substr(blank + 1);
  if (request.method != "GET") {
    const size_t body = std::min(rest.find(' '), rest.size());
    request.form = Escape(rest.substr(std::min(body + 1, rest.size())));
    rest = rest.substr(0, body);
  }
  request.target = Escape(rest);
  return request;
}

}  // namespace tocsin::test
