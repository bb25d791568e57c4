#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/yaml/resolve.h"
#include "base/yaml/yaml.h"

namespace {

// Reads every scalar in every way. Shared nodes are visited once for each alias, within the limit of expansion.
void VisitNode(const tocsin::yaml::Node& node, size_t* budget) {
  if (*budget == 0) {
    return;
  }
  --*budget;
  (void)node.ResolvedTag();
  (void)tocsin::yaml::ToBool(node);
  (void)tocsin::yaml::ToInt64(node);
  (void)tocsin::yaml::ToUint64(node);
  (void)tocsin::yaml::ToDouble(node);
  (void)tocsin::yaml::DecodeBase64(node.text);
  for (const tocsin::yaml::Node* item : node.items) {
    VisitNode(*item, budget);
  }
  for (const auto& entry : node.entries) {
    VisitNode(*entry.key, budget);
    VisitNode(*entry.value, budget);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto documents = tocsin::yaml::ParseAll({reinterpret_cast<const char*>(data), size});
  if (documents.ok()) {
    size_t budget = 100'000;
    for (const tocsin::yaml::Document& document : *documents) {
      VisitNode(*document.root(), &budget);
    }
  }
  return 0;
}
