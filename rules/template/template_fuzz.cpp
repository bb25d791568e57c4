#include <cstddef>
#include <cstdint>

#include "rules/template/template.h"

// Any text parses or fails, and what parses expands or fails, within the limits.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tocsin;
  using namespace tocsin::gotemplate;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto alert = std::make_shared<AlertData>();
  alert->labels = std::make_shared<const Labels>(Labels::Of({{"job", "x"}}));
  alert->external_labels = std::make_shared<const Labels>();
  alert->value = Value(1.5);
  const QueryFunction query = [](std::string_view, TimestampMs t) -> absl::StatusOr<promql::Vector> {
    promql::Vector vector(2);
    vector[0].point = {t, 1, nullptr};
    vector[1].point = {t, 2, std::make_shared<FloatHistogram>()};
    return vector;
  };
  FunctionContext context;
  context.query = &query;
  const auto parsed = Template::ParseForAlert("fuzz", text);
  if (parsed.ok()) {
    (void)parsed->Expand(Value(std::shared_ptr<const AlertData>(std::move(alert))), context);
  }
  return 0;
}
