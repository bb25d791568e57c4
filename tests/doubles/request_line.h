#pragma once

#include <string>
#include <string_view>

namespace tocsin::test {

/// A request as a line of a file: "GET /path?query" or "POST /path form body". Blanks, quotes and brackets are escaped here, so that a line
/// reads as a person would write it.
struct RequestLine {
  std::string method;
  std::string target;
  std::string form;
};

/// Whether the line begins as a request.
bool IsRequestLine(std::string_view line);
RequestLine ParseRequestLine(std::string_view line);

}  // namespace tocsin::test
