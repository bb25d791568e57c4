#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"

namespace tocsin::rules {

/// The last version of each rule file that was good, kept in memory and, with a folder, on disk for the next process.
/// Threads: one at a time.
class LastGoodFiles {
 public:
  /// "": memory only. The folder is made when something is kept.
  explicit LastGoodFiles(std::string folder) : folder_(std::move(folder)) {}

  void Keep(const std::string& file, const std::string& text);
  std::optional<std::string> Find(const std::string& file);

 private:
  std::string PathOf(std::string_view file) const;

  const std::string folder_;
  absl::flat_hash_map<std::string, std::string, StringHash, StringEq> texts_;
};

}  // namespace tocsin::rules
