#include "api/main/config_fingerprint.h"

#include <xxhash.h>

#include "base/env.h"
#include "base/strings.h"

namespace tocsin {
namespace {

void AddFile(const std::string& path, std::string* out) {
  const absl::StatusOr<std::string> text = SystemEnv().ReadFile(path);
  if (!text.ok()) {
    Append(out, path, ":missing;");
    return;
  }
  const XXH128_hash_t hash = XXH3_128bits(text->data(), text->size());
  Append(out, path, ":", hash.high64, ".", hash.low64, ";");
}

}  // namespace

std::string ConfigFingerprint(const Config& config) {
  std::string out;
  AddFile(config.file, &out);
  for (const std::vector<std::string>* patterns : {&config.rule_files, &config.scrape_config_files}) {
    const absl::StatusOr<std::vector<std::string>> files = ExpandGlobs(*patterns);
    if (!files.ok()) {
      continue;
    }
    for (const std::string& file : *files) {
      AddFile(file, &out);
    }
  }
  return out;
}

}  // namespace tocsin
