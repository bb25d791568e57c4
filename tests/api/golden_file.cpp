#include "tests/api/golden_file.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <fstream>

#include "tests/doubles/request_line.h"

namespace tocsin::test {

std::vector<GoldenCase> ReadGolden(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<GoldenCase> cases;
  std::vector<std::string> comments;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) {
      comments.push_back(line);
    } else if (IsRequestLine(line)) {
      cases.push_back({.comments = std::move(comments), .request = line, .answer = {}});
      comments.clear();
    } else if (!cases.empty() && line.starts_with("  ")) {
      cases.back().answer.push_back(line.substr(2));
    } else if (!line.empty()) {
      ADD_FAILURE() << path << ": neither request nor answer: " << line;
    }
  }
  return cases;
}

void WriteGolden(const std::string& path, const std::vector<GoldenCase>& cases) {
  std::ofstream file(path);
  for (const GoldenCase& one : cases) {
    for (const std::string& comment : one.comments) {
      file << comment << '\n';
    }
    file << one.request << '\n';
    for (const std::string& line : one.answer) {
      file << "  " << line << '\n';
    }
  }
}

std::string Masked(std::string text, const std::vector<std::pair<std::string, std::string>>& masks) {
  for (const auto& [pattern, replacement] : masks) {
    const RE2 regex(pattern);
    EXPECT_TRUE(regex.ok()) << pattern;
    RE2::GlobalReplace(&text, regex, replacement);
  }
  return text;
}

}  // namespace tocsin::test
