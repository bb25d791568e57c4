#include "tests/support/corpus.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/strings.h"

namespace tocsin::test {

std::optional<std::string> CorpusPath(std::string_view relative) {
  const char* folder = std::getenv("TOCSIN_CONFORMANCE");
  if (folder == nullptr || *folder == '\0') {
    return std::nullopt;
  }
  const std::string path = Cat(std::string_view(folder), "/", relative);
  EXPECT_TRUE(std::filesystem::exists(path)) << path << " is missing";
  return path;
}

std::string ReadFileOrFail(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tocsin::test
