#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "api/http/message.h"

namespace tocsin::api {

/// The kinds of errors that clients see as `errorType`; ErrorTypeText and StatusOf give the word and the HTTP code.
enum class ErrorType { kNone, kTimeout, kCanceled, kExecution, kBadData, kInternal, kUnavailable, kNotFound, kNotAcceptable };
std::string_view ErrorTypeText(ErrorType type);
int StatusOf(ErrorType type);

/// What an endpoint says; Answer() makes the envelope around it.
struct Result {
  std::string data;            // JSON; empty: none (without an error that is 204 No Content)
  http::BodyStream more_data;  // set: the rest of `data`, made while it is sent
  ErrorType error_type = ErrorType::kNone;
  std::string error;
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

/// Warnings and infos that one answer shows; what is above is counted in a last line.
inline constexpr size_t kAnnotationsMax = 10;

Result Failure(ErrorType type, std::string_view message);
Result BadData(std::string_view message);
/// invalid parameter "limit": ...
Result InvalidParameter(std::string_view name, std::string_view message);
/// An error of the engine or the store, by its code.
Result QueryFailure(const absl::Status& status);

inline constexpr std::string_view kTruncatedWarning = "results truncated due to limit";

/// {"status":"success","data":...,"warnings":[...]} or the error's envelope with its code.
http::Response Answer(Result result);

}  // namespace tocsin::api
