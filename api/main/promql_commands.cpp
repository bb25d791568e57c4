// promql format, promql label-matchers set|delete

#include <cstdio>

#include "api/main/commands.h"
#include "base/strings.h"
#include "promql/label_matchers.h"
#include "promql/parser.h"

namespace tocsin {
namespace {

int Print(const absl::StatusOr<std::string>& text) {
  if (!text.ok()) {
    std::fprintf(stderr, "%s\n", std::string(Message(text.status())).c_str());
    return 1;
  }
  std::printf("%s\n", text->c_str());
  return 0;
}

}  // namespace

int PromqlFormat(const CommandLine& line) {
  const absl::StatusOr<promql::ExprPtr> expr = promql::ParseExpr(line.arguments[0], ToolFeatures(line));
  return Print(expr.ok() ? absl::StatusOr<std::string>(promql::Prettify(**expr)) : expr.status());
}

int PromqlSetMatcher(const CommandLine& line) {
  return Print(promql::SetLabelMatcher(line.arguments[0], ToolFeatures(line), line.Get("type", "="), line.arguments[1], line.arguments[2]));
}

int PromqlDeleteMatcher(const CommandLine& line) {
  return Print(promql::DeleteLabelMatcher(line.arguments[0], ToolFeatures(line), line.arguments[1]));
}

}  // namespace tocsin
