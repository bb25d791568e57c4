#include "rules/template/template.h"

#include "base/status.h"
#include "base/strings.h"
#include "rules/template/node.h"
#include "rules/template/parser.h"

namespace tocsin::gotemplate {
namespace {

/// Names that are easier to write than fields. Positions in error texts count them, as upstream's do.
constexpr std::string_view kAlertVariables =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}";

}  // namespace

absl::StatusOr<Template> Template::Parse(std::string_view name, std::string_view text) {
  Template result;
  result.name_ = name;
  if (text.find("{{") == std::string_view::npos) {
    result.plain_ = text;
    return result;
  }
  ASSIGN_OR_RETURN(result.trees_, ParseTemplate(name, text));
  return result;
}

absl::StatusOr<Template> Template::ParseForAlert(std::string_view alert, std::string_view text) {
  const std::string name = Cat("__alert_", alert);
  return text.find("{{") == std::string_view::npos ? Parse(name, text) : Parse(name, Cat(kAlertVariables, text));
}

absl::StatusOr<std::string> Template::Expand(const Value& data, const FunctionContext& context, const ExecuteOptions& options) const {
  if (is_plain()) {
    return plain_;
  }
  std::string out;
  const absl::Status status = Execute(*trees_, data, context, options, &out);
  if (!status.ok()) {
    return absl::InvalidArgumentError(Cat("error executing template ", name_, ": ", Message(status)));
  }
  return out;
}

absl::StatusOr<std::string> ExpandTemplate(std::string_view name, std::string_view text, const Value& data, const FunctionContext& context,
                                           const ExecuteOptions& options) {
  const absl::StatusOr<Template> parsed = Template::Parse(name, text);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(Cat("error parsing template ", name, ": ", Message(parsed.status())));
  }
  return parsed->Expand(data, context, options);
}

}  // namespace tocsin::gotemplate
