#include <cstddef>
#include <cstdint>

#include "rules/rule_file.h"

// Any text is a rule file or has errors, in both ways of reading.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  tocsin::rules::RuleFileOptions options;
  (void)tocsin::rules::ParseRuleFile(text, "fuzz", options);
  options.read_objects = true;
  (void)tocsin::rules::ParseRuleFile(text, "fuzz", options);
  return 0;
}
