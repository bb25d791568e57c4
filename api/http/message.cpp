#include "api/http/message.h"

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

}  // namespace tocsin::http
