#include <cstddef>
#include <cstdint>
#include <string_view>

#include "promql/series_description.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)tocsin::promql::ParseSeriesDescription(text);
  if (tocsin::promql::IsStartTimestampLine(text)) {
    (void)tocsin::promql::ParseStartTimestampLine(text);
  }
  return 0;
}
