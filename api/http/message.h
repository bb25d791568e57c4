#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/form.h"
#include "base/clock.h"
#include "base/http_client/http_message.h"

namespace tocsin::http {

/// A request as handlers see it: whole, its limits checked.
struct Request {
  std::string method;
  std::string target;     // as sent: "/api/v1/query?query=up"
  std::string path;       // without the query, percent-decoded: "/api/v1/query"
  std::string raw_query;  // behind the '?', not decoded
  HttpHeaders headers;
  std::string body;
  std::string remote_address;
  bool tls = false;

  /// What stood for the router's `:name` parts, in order.
  std::vector<std::string> path_parameters;

  /// The parameters of the URL alone (Go's r.URL.Query()).
  Form query;
  /// Those of a form body in front of the URL's (Go's r.Form); the same as `query` without a form body, and for GET, whose body is ignored.
  Form form;
  /// What was wrong with the parameters (Go's r.ParseForm()); the readable ones are in `form` all the same.
  std::string form_error;

  /// Stopped when the client has gone away or the server stops; null in tests that do not care.
  const StopToken* cancel = nullptr;

  std::string_view Header(std::string_view name) const { return FindHeader(headers, name); }
  bool cancelled() const { return cancel != nullptr && cancel->stopped(); }
};

/// Fills path, raw_query, query, form and form_error from method, target, headers and body. False: the target is no valid path.
bool DecodeTarget(Request* request);

/// Appends the next part of an answer to `chunk`; false when nothing more will come. Never called twice at once; may be called on any
/// worker thread, and may block there.
using BodyStream = std::function<bool(std::string* chunk)>;

struct Response {
  int status = 200;
  HttpHeaders headers;
  std::string body;
  /// Set: the body is `body` and then what this gives, sent as it comes.
  BodyStream stream;

  void Set(std::string_view name, std::string_view value) { headers.emplace_back(name, value); }
};

/// Runs on a worker thread; several at once.
using Handler = std::function<Response(const Request&)>;

Response TextResponse(int status, std::string body);
Response JsonResponse(int status, std::string body);

}  // namespace tocsin::http
