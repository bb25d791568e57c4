#include "tests/doubles/url_encode.h"

#include "base/strings.h"

namespace tocsin::test {

std::string UrlEncode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (isalnum(static_cast<unsigned char>(c)) != 0) {
      out.push_back(c);
    } else {
      Append(&out, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return out;
}

}  // namespace tocsin::test
