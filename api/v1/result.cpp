#include "api/v1/result.h"

#include <memory>

#include "base/json/writer.h"
#include "base/strings.h"
#include "base/text/quote.h"
#include "promql/engine.h"

namespace tocsin::api {
namespace {

constexpr std::string_view kHead = R"({"status":"success","data":)";

void AppendAnnotations(std::string_view key, const std::vector<std::string>& texts, std::string_view kind, JsonWriter* json) {
  if (texts.empty()) {
    return;
  }
  json->Key(key);
  json->BeginArray();
  for (size_t i = 0; i < texts.size() && i < kAnnotationsMax; ++i) {
    json->String(texts[i]);
  }
  if (texts.size() > kAnnotationsMax) {
    json->String(Cat(texts.size() - kAnnotationsMax, " more ", kind, " annotations omitted"));
  }
  json->EndArray();
}

/// What stands behind the data: ,"warnings":[...],"infos":[...]}
std::string Tail(const Result& result) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  AppendAnnotations("warnings", result.warnings, "warning", &json);
  AppendAnnotations("infos", result.infos, "info", &json);
  json.EndObject();
  if (out == "{}") {
    return "}";
  }
  out[0] = ',';
  return out;
}

http::Response ErrorAnswer(const Result& result) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject();
  json.Field("status", "error");
  json.Field("errorType", ErrorTypeText(result.error_type));
  json.Field("error", result.error);
  json.EndObject();
  return http::JsonResponse(StatusOf(result.error_type), std::move(body));
}

}  // namespace

std::string_view ErrorTypeText(ErrorType type) {
  switch (type) {
    case ErrorType::kNone:
      return "";
    case ErrorType::kTimeout:
      return "timeout";
    case ErrorType::kCanceled:
      return "canceled";
    case ErrorType::kExecution:
      return "execution";
    case ErrorType::kBadData:
      return "bad_data";
    case ErrorType::kInternal:
      return "internal";
    case ErrorType::kUnavailable:
      return "unavailable";
    case ErrorType::kNotFound:
      return "not_found";
    case ErrorType::kNotAcceptable:
      return "not_acceptable";
  }
  return "";
}

int StatusOf(ErrorType type) {
  switch (type) {
    case ErrorType::kNone:
      return 200;
    case ErrorType::kTimeout:
      return 503;
    case ErrorType::kCanceled:
      return 499;
    case ErrorType::kExecution:
      return 422;
    case ErrorType::kBadData:
      return 400;
    case ErrorType::kNotFound:
      return 404;
    case ErrorType::kNotAcceptable:
      return 406;
    case ErrorType::kInternal:
    case ErrorType::kUnavailable:
      break;
  }
  return 500;
}

Result Failure(ErrorType type, std::string_view message) {
  Result result;
  result.error_type = type;
  result.error = message;
  return result;
}

Result BadData(std::string_view message) { return Failure(ErrorType::kBadData, message); }

Result InvalidParameter(std::string_view name, std::string_view message) {
  return BadData(Cat("invalid parameter ", GoQuoted(name), ": ", message));
}

Result QueryFailure(const absl::Status& status) {
  const std::string_view kind = promql::QueryErrorType(status);
  for (const ErrorType type : {ErrorType::kTimeout, ErrorType::kCanceled, ErrorType::kInternal, ErrorType::kBadData}) {
    if (kind == ErrorTypeText(type)) {
      return Failure(type, Message(status));
    }
  }
  return Failure(ErrorType::kExecution, Message(status));
}

http::Response Answer(Result result) {
  if (result.error_type != ErrorType::kNone) {
    return ErrorAnswer(result);
  }
  if (result.data.empty()) {
    http::Response response;
    response.status = 204;
    return response;
  }
  http::Response response = http::JsonResponse(200, Cat(kHead, result.data));
  std::string tail = Tail(result);
  if (!result.more_data) {
    response.body += tail;
    return response;
  }
  response.stream = [more = std::move(result.more_data), tail = std::move(tail)](std::string* chunk) {
    const bool goes_on = more(chunk);
    if (!goes_on) {
      chunk->append(tail);
    }
    return goes_on;
  };
  return response;
}

}  // namespace tocsin::api
