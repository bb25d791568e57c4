#include <cstddef>
#include <cstdint>

#include "engine/scrape/exposition/fuzz_entries.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tocsin::FuzzEntries({reinterpret_cast<const char*>(data), size}, "application/openmetrics-text");
  return 0;
}
