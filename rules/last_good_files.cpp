#include "rules/last_good_files.h"

#include <xxhash.h>

#include <filesystem>
#include <fstream>

#include "base/log.h"

namespace tocsin::rules {
namespace {

std::optional<std::string> ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return std::nullopt;
  }
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

}  // namespace

std::string LastGoodFiles::PathOf(std::string_view file) const {
  return Cat(folder_, "/", absl::Hex(XXH3_64bits(file.data(), file.size()), absl::kZeroPad16), ".yml");
}

void LastGoodFiles::Keep(const std::string& file, const std::string& text) {
  const auto it = texts_.find(file);
  if (it != texts_.end() && it->second == text) {
    return;
  }
  texts_[file] = text;
  if (folder_.empty() || ReadWhole(PathOf(file)) == text) {
    return;
  }
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::string path = PathOf(file);
  const std::string temporary = path + ".new";
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::filesystem::rename(temporary, path, error);
  if (!out || error) {
    LogWarn("The last good version of a rule file cannot be kept", {{"file", file}, {"path", path}});
  }
}

std::optional<std::string> LastGoodFiles::Find(const std::string& file) {
  const auto it = texts_.find(file);
  if (it != texts_.end()) {
    return it->second;
  }
  return folder_.empty() ? std::nullopt : ReadWhole(PathOf(file));
}

}  // namespace tocsin::rules
