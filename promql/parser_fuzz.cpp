#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/json/writer.h"
#include "promql/ast_json.h"
#include "promql/parser.h"
#include "promql/series_description.h"
#include "promql/tree_text.h"

namespace {

using tocsin::promql::ExprPtr;
using tocsin::promql::LanguageFeatures;

LanguageFeatures Everything() {
  LanguageFeatures features;
  features.experimental_functions = true;
  features.extended_range_selectors = true;
  features.fill_modifiers = true;
  return features;
}

// What is printed must read back as the same tree, on one line and on many. Numbers below a millisecond are cut by printing.
void CheckRoundTrip(const tocsin::promql::Expr& expr) {
  const std::string printed = ToString(expr);
  if (printed.size() > tocsin::promql::kMaxQueryBytes / 2) {
    return;
  }
  const auto again = tocsin::promql::ParseExpr(printed, Everything());
  if (!again.ok()) {
    return;
  }
  TOCSIN_CHECK(ToString(**again) == printed);
  const auto pretty = tocsin::promql::ParseExpr(tocsin::promql::Prettify(expr), Everything());
  TOCSIN_CHECK(pretty.ok());
  TOCSIN_CHECK(TreeText(**pretty, false) == TreeText(**again, false));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<tocsin::promql::ParseError> errors;
  const auto expr = tocsin::promql::ParseExpr(text, Everything(), &errors);
  if (expr.ok()) {
    CheckRoundTrip(**expr);
    std::string json;
    tocsin::JsonWriter writer(&json);
    WriteExprJson(*Clone(**expr), &writer);
  } else {
    for (const auto& error : errors) {
      tocsin::promql::FormatPosition(text, error.pos.start);
    }
  }
  (void)tocsin::promql::ParseMetricSelector(text);
  (void)tocsin::promql::ParseMetric(text);
  return 0;
}
