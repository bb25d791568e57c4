#pragma once

#include <span>
#include <string_view>

namespace tocsin::api {

enum class ParameterKind { kText, kTexts, kInteger, kBool, kTime, kDuration, kNumber };

struct ParameterSpec {
  std::string_view name;
  ParameterKind kind;
  std::string_view description;
  bool required = false;
};

/// What a good answer is.
enum class AnswerKind {
  kEnvelope,       // {"status":"success","data":...}
  kLines,          // application/x-ndjson
  kEvents,         // text/event-stream
  kNothing,        // 204
  kYaml,           // application/yaml
  kProtobufWrite,  // a remote write in, 204 out
  kProtobufRead,   // a remote read in, samples out
  kOpenTelemetry,  // OTLP in, 200 out
};

struct EndpointSpec {
  std::string_view path;
  std::string_view methods;  // "get post"; a post takes the parameters as a form
  std::string_view tag;
  std::string_view summary;
  std::span<const ParameterSpec> parameters;
  AnswerKind answer = AnswerKind::kEnvelope;
};

/// All paths below /api/v1. A test holds it against the router.
std::span<const EndpointSpec> EndpointTable();

}  // namespace tocsin::api
