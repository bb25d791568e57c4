#include "api/http/message.h"

#include <array>

namespace tocsin::http {
namespace {

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

bool HasFormBody(const Request& request) {
  if (request.method != "POST" && request.method != "PUT" && request.method != "PATCH") {
    return false;
  }
  const std::string_view type = request.Header("Content-Type");
  return type.starts_with(kFormType) && (type.size() == kFormType.size() || type[kFormType.size()] == ';' || type[kFormType.size()] == ' ');
}

struct StatusText {
  int status;
  std::string_view reason;
};
constexpr std::array<StatusText, 35> kReasons = {{
    {100, "Continue"},
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {413, "Request Entity Too Large"},
    {414, "Request URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Entity"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

}  // namespace

bool DecodeTarget(Request* request) {
  std::string_view target = request->target;
  // The absolute form of a proxy request: http://host/path.
  if (const size_t scheme = target.find("://"); scheme != std::string_view::npos && !target.starts_with('/')) {
    const size_t slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? std::string_view("/") : target.substr(slash);
  }
  if (target == "*" && request->method == "OPTIONS") {
    target = "/";
  }
  if (!target.starts_with('/')) {
    return false;
  }
  target = target.substr(0, target.find('#'));
  const size_t question = target.find('?');
  request->path.clear();
  if (!PercentDecode(target.substr(0, question), false, &request->path).empty() || request->path.find('\0') != std::string::npos) {
    return false;
  }
  request->raw_query = question == std::string_view::npos ? "" : std::string(target.substr(question + 1));
  request->query = Form();
  request->form = Form();
  if (HasFormBody(*request)) {
    request->form_error = ParseForm(request->body, &request->form);
  }
  const std::string url_error = ParseForm(request->raw_query, &request->query);
  if (request->form_error.empty()) {
    request->form_error = url_error;
  }
  request->form.AppendAll(request->query);
  return true;
}

Response TextResponse(int status, std::string body) {
  Response response;
  response.status = status;
  response.Set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

Response JsonResponse(int status, std::string body) {
  Response response;
  response.status = status;
  response.Set("Content-Type", "application/json");
  response.body = std::move(body);
  return response;
}

std::string_view ReasonPhrase(int status) {
  for (const StatusText& entry : kReasons) {
    if (entry.status == status) {
      return entry.reason;
    }
  }
  return "";
}

}  // namespace tocsin::http
