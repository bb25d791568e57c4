#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/yaml/decode.h"
#include "engine/relabel/relabel.h"
#include "engine/relabel/relabel_yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto document = tocsin::yaml::Parse({reinterpret_cast<const char*>(data), size});
  if (!document.ok() || document->root() == nullptr) {
    return 0;
  }
  tocsin::yaml::Decoder decoder;
  std::vector<tocsin::RelabelConfig> rules;
  tocsin::yaml::Read(decoder, *document->root(), &rules);
  if (!decoder.ok()) {
    return 0;
  }
  for (tocsin::RelabelConfig& rule : rules) {
    if (!tocsin::ValidateRelabel(tocsin::NameScheme::kUtf8, &rule).ok()) {
      return 0;
    }
  }
  const tocsin::Labels input = tocsin::Labels::Of({{"__address__", "10.0.0.1:80"}, {"a", "foo"}, {"b", "b\xffr"}, {"__meta_c", "é"}});
  (void)tocsin::TraceRelabel(rules, input);
  return 0;
}
