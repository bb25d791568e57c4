#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/config/config.h"
#include "engine/config/web_config.h"

// A configuration that loads prints, and what it prints loads again unless upstream's own form does not (the number of milliseconds of the
// out-of-order window is printed as a field of its own).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)tocsin::LoadWebConfig(text, "/nowhere/web.yml");
  if (text.find("scrape_config_files") != std::string_view::npos) {
    return 0;  // would read the machine's files
  }
  const auto config = tocsin::LoadConfig(text, "/nowhere/prometheus.yml", {});
  if (config.ok()) {
    const std::string printed = tocsin::PrintConfig(*config);
    (void)tocsin::LoadConfig(printed, "/nowhere/prometheus.yml", {});
  }
  return 0;
}
