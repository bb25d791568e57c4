// Targets, queries and forms as they come from anybody. What is decoded reads back the same when it is escaped again.

#include <cstddef>
#include <cstdint>
#include <string>

#include "api/http/form.h"
#include "api/http/message.h"
#include "api/http/router.h"
#include "base/check.h"
#include "base/strings.h"

namespace {

using tocsin::Cat;
using tocsin::http::Form;

void CheckForm(std::string_view text) {
  Form form;
  tocsin::http::ParseForm(text, &form);
  TOCSIN_CHECK_OP(form.pairs().size(), <=, tocsin::http::kFormParametersMax);
  std::string again;
  for (const auto& [name, value] : form.pairs()) {
    again += Cat(again.empty() ? "" : "&", tocsin::http::QueryEscape(name), "=", tocsin::http::QueryEscape(value));
  }
  Form reread;
  TOCSIN_CHECK_OP(tocsin::http::ParseForm(again, &reread), ==, "");
  TOCSIN_CHECK(form.pairs() == reread.pairs());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckForm(text);
  tocsin::http::Request request;
  const size_t line_end = std::min(text.find('\n'), text.size());
  request.method = "POST";
  request.target = text.substr(0, line_end);
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
  request.body = text.substr(std::min(line_end + 1, text.size()));
  if (tocsin::http::DecodeTarget(&request)) {
    TOCSIN_CHECK(request.path.find('\0') == std::string::npos);
    const std::string canonical = tocsin::http::CanonicalPath(request.path);
    TOCSIN_CHECK_OP(tocsin::http::CanonicalPath(canonical), ==, canonical);
    TOCSIN_CHECK(canonical.find("//") == std::string::npos);
  }
  return 0;
}
