// /openapi.yaml: the description of the API for programs that make clients (OpenAPI 3.1 or 3.2), written from the table of all paths.

#include "api/v1/api.h"
#include "api/v1/openapi_table.h"
#include "base/strings.h"

namespace tocsin::api {
namespace {

enum class OpenApiVersion { k31, k32 };

constexpr std::string_view kErrorReference =
    "        default:\n"
    "          description: An error.\n"
    "          content:\n"
    "            application/json:\n"
    "              schema:\n"
    "                $ref: '#/components/schemas/Error'\n";

constexpr std::string_view kComponents = R"(components:
  schemas:
    Answer:
      type: object
      required: [status, data]
      properties:
        status:
          type: string
          enum: [success]
        data: {}
        warnings:
          type: array
          items:
            type: string
        infos:
          type: array
          items:
            type: string
    Error:
      type: object
      required: [status, errorType, error]
      properties:
        status:
          type: string
          enum: [error]
        errorType:
          type: string
        error:
          type: string
    Notification:
      type: object
      required: [text, date, active]
      properties:
        text:
          type: string
        date:
          type: string
          format: date-time
        active:
          type: boolean
)";

/// A schema in YAML's flow form, to stand behind "schema: ".
std::string_view SchemaOf(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::kText:
      return "{type: string}";
    case ParameterKind::kTexts:
      return "{type: array, items: {type: string}}";
    case ParameterKind::kInteger:
      return "{type: integer, format: int64}";
    case ParameterKind::kBool:
      return "{type: boolean}";
    case ParameterKind::kTime:
      return "{oneOf: [{type: string, format: date-time}, {type: number, format: unixtime}]}";
    case ParameterKind::kDuration:
      return "{oneOf: [{type: string, format: duration}, {type: number, format: float}]}";
    case ParameterKind::kNumber:
      break;
  }
  return "{type: number}";
}

/// "/label/{name}/values" of "/label/:name/values".
std::string TemplatePath(std::string_view path) {
  const size_t colon = path.find(':');
  if (colon == std::string_view::npos) {
    return std::string(path);
  }
  const size_t end = std::min(path.find('/', colon), path.size());
  return Cat(path.substr(0, colon), "{", path.substr(colon + 1, end - colon - 1), "}", path.substr(end));
}

/// "get-label-name-values": unique in the document.
std::string OperationId(std::string_view method, std::string_view path) {
  std::string id(method);
  for (const char c : path) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (word) {
      id.push_back(c);
    } else if (id.back() != '-') {
      id.push_back('-');
    }
  }
  return id;
}

void WriteParameters(const EndpointSpec& endpoint, bool only_of_path, std::string* out) {
  bool open = false;
  for (const ParameterSpec& parameter : endpoint.parameters) {
    const bool of_path = parameter.name.starts_with(':');
    if (only_of_path && !of_path) {
      continue;
    }
    if (!open) {
      *out += "      parameters:\n";
      open = true;
    }
    Append(out, "        - name: '", of_path ? parameter.name.substr(1) : parameter.name, "'\n          in: ", of_path ? "path" : "query",
           "\n          description: '", parameter.description, "'\n          required: ", parameter.required ? "true" : "false",
           "\n          schema: ", SchemaOf(parameter.kind), "\n");
  }
}

void WriteForm(const EndpointSpec& endpoint, std::string* out) {
  if (endpoint.parameters.empty()) {
    return;
  }
  *out +=
      "      requestBody:\n        content:\n          application/x-www-form-urlencoded:\n            schema:\n              type: "
      "object\n";
  std::string required;
  for (const ParameterSpec& parameter : endpoint.parameters) {
    if (parameter.required) {
      Append(&required, required.empty() ? "" : ", ", "'", parameter.name, "'");
    }
  }
  if (!required.empty()) {
    Append(out, "              required: [", required, "]\n");
  }
  *out += "              properties:\n";
  for (const ParameterSpec& parameter : endpoint.parameters) {
    Append(out, "                '", parameter.name, "': ", SchemaOf(parameter.kind), "\n");
  }
}

void WriteBinaryBody(std::string_view types, std::string* out) {
  *out += "      requestBody:\n        required: true\n        content:\n";
  while (!types.empty()) {
    const size_t end = std::min(types.find(' '), types.size());
    Append(out, "          ", types.substr(0, end), ": {schema: {type: string, format: binary}}\n");
    types.remove_prefix(std::min(end + 1, types.size()));
  }
}

void WriteBody(const EndpointSpec& endpoint, std::string_view method, std::string* out) {
  if (method == "get") {
    WriteParameters(endpoint, false, out);
    return;
  }
  WriteParameters(endpoint, true, out);
  if (endpoint.answer == AnswerKind::kProtobufWrite || endpoint.answer == AnswerKind::kProtobufRead) {
    WriteBinaryBody("application/x-protobuf", out);
  } else if (endpoint.answer == AnswerKind::kOpenTelemetry) {
    WriteBinaryBody("application/x-protobuf application/json", out);
  } else {
    WriteForm(endpoint, out);
  }
}

void WriteContent(std::string_view code, std::string_view type, std::string_view schema, std::string* out) {
  Append(out, "        '", code, "':\n          description: Success.\n");
  if (!type.empty()) {
    Append(out, "          content:\n            ", type, ":\n              ", schema, "\n");
  }
}

void WriteAnswers(const EndpointSpec& endpoint, std::string* out) {
  *out += "      responses:\n";
  switch (endpoint.answer) {
    case AnswerKind::kEnvelope:
      WriteContent("200", "application/json", "schema: {$ref: '#/components/schemas/Answer'}", out);
      break;
    case AnswerKind::kLines:
      WriteContent("200", "application/x-ndjson", "schema: {type: string}", out);
      break;
    case AnswerKind::kEvents:
      WriteContent("200", "text/event-stream",
                   "itemSchema: {type: object, properties: {data: {$ref: '#/components/schemas/Notification'}}}", out);
      break;
    case AnswerKind::kYaml:
      WriteContent("200", "application/yaml", "schema: {type: string}", out);
      break;
    case AnswerKind::kProtobufRead:
      WriteContent("200", "application/x-protobuf", "schema: {type: string, format: binary}", out);
      break;
    case AnswerKind::kOpenTelemetry:
      WriteContent("200", "", "", out);
      break;
    case AnswerKind::kNothing:
    case AnswerKind::kProtobufWrite:
      WriteContent("204", "", "", out);
      break;
  }
  *out += kErrorReference;
}

void WriteEndpoint(const EndpointSpec& endpoint, std::string* out) {
  Append(out, "  ", TemplatePath(endpoint.path), ":\n");
  std::string_view methods = endpoint.methods;
  while (!methods.empty()) {
    const size_t end = std::min(methods.find(' '), methods.size());
    const std::string_view method = methods.substr(0, end);
    methods.remove_prefix(std::min(end + 1, methods.size()));
    Append(out, "    ", method, ":\n      tags: [", endpoint.tag, "]\n      summary: ", endpoint.summary,
           "\n      operationId: ", OperationId(method, endpoint.path), "\n");
    WriteBody(endpoint, method, out);
    WriteAnswers(endpoint, out);
  }
}

/// `server_url`: where the paths begin. Version 3.1 has no words for event streams: /notifications/live is left out.
std::string OpenApiYaml(OpenApiVersion version, std::string_view server_url, std::string_view program_version) {
  std::string out = Cat("openapi: ", version == OpenApiVersion::k31 ? "3.1.0" : "3.2.0",
                        "\ninfo:\n  title: Prometheus API\n  description: The HTTP API of Prometheus as Tocsin answers it.\n  version: '",
                        program_version, "'\nservers:\n  - url: '", server_url, "'\npaths:\n");
  for (const EndpointSpec& endpoint : EndpointTable()) {
    if (version == OpenApiVersion::k32 || endpoint.answer != AnswerKind::kEvents) {
      WriteEndpoint(endpoint, &out);
    }
  }
  out += kComponents;
  return out;
}

}  // namespace

void RegisterOpenApi(const Sources& sources, Registrar* registrar) {
  registrar->AddAnswer("GET", "/openapi.yaml", [&sources](const http::Request& request) {
    const std::string_view asked = request.query.Get("openapi_version");
    const OpenApiVersion version = asked == "3.2" || asked == "3.2.0" ? OpenApiVersion::k32 : OpenApiVersion::k31;
    http::Response response;
    response.Set("Content-Type", "application/yaml; charset=utf-8");
    response.Set("Cache-Control", "no-cache, no-store, must-revalidate");
    response.body = OpenApiYaml(version, sources.external_url + "/api/v1", sources.build_info.version);
    return response;
  });
}

}  // namespace tocsin::api
