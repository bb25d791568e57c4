// The house style as far as a program can see it. An exception stands in the list of its test, with its reason in ARCHITECTURE.md.

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>

#include "tests/style/source_tree.h"

namespace tocsin::style {
namespace {

constexpr size_t kMaxFileLines = 500;
constexpr int kMaxFunctionLines = 70;
constexpr size_t kMaxLineColumns = 140;

// In the order of the data's way; a room includes itself and what stands left of it.
constexpr std::array<const char*, 6> kRooms = {"base", "storage", "promql", "rules", "engine", "api"};

const std::vector<SourceFile>& Sources() {
  static const std::vector<SourceFile> sources = ReadSources();
  return sources;
}

size_t RoomOf(const std::string& path) {
  for (size_t i = 0; i < kRooms.size(); ++i) {
    if (path.starts_with(std::string(kRooms[i]) + "/")) {
      return i;
    }
  }
  return kRooms.size();
}

// The path between quotes of an #include line, or "".
std::string IncludedPath(const std::string& line) {
  constexpr std::string_view kStart = "#include \"";
  if (!line.starts_with(kStart)) {
    return "";
  }
  return line.substr(kStart.size(), line.find('"', kStart.size()) - kStart.size());
}

TEST(StyleTest, FindsTheSources) { EXPECT_GT(Sources().size(), 50u); }

TEST(StyleTest, OneIdeaAFile) {
  for (const SourceFile& file : Sources()) {
    EXPECT_LE(file.lines.size(), kMaxFileLines) << file.path;
  }
}

TEST(StyleTest, ShortFunctions) {
  for (const SourceFile& file : Sources()) {
    for (const FunctionSpan& function : FindFunctions(file)) {
      EXPECT_LE(function.length, kMaxFunctionLines) << file.path << ":" << function.line << ": " << function.first_line;
    }
  }
}

TEST(StyleTest, LinesFitTheScreen) {
  for (const SourceFile& file : Sources()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const bool raw_text = file.lines[i].find("R\"") != std::string::npos || file.is_test();
      EXPECT_TRUE(raw_text || file.lines[i].size() <= kMaxLineColumns + 10) << file.path << ":" << i + 1;
    }
  }
}

TEST(StyleTest, IncludesPointOneWay) {
  for (const SourceFile& file : Sources()) {
    for (const std::string& line : file.lines) {
      const std::string included = IncludedPath(line);
      if (included.empty() || file.is_test()) {
        continue;
      }
      EXPECT_FALSE(included.starts_with("tests/") || included.starts_with("bench/")) << file.path << ": " << line;
      if (RoomOf(included) < kRooms.size()) {
        EXPECT_LE(RoomOf(included), RoomOf(file.path)) << file.path << ": " << line;
      }
    }
  }
}

TEST(StyleTest, NoWordsOfUnfinishedWork) {
  for (const SourceFile& file : Sources()) {
    if (file.In("tests/style")) {
      continue;
    }
    for (size_t i = 0; i < file.lines.size(); ++i) {
      for (const char* word : {"TODO", "FIXME", "XXX:", "HACK", "for now", "placeholder"}) {
        EXPECT_EQ(file.lines[i].find(word), std::string::npos) << file.path << ":" << i + 1 << ": " << file.lines[i];
      }
    }
  }
}

struct BannedCall {
  const char* text;
  std::set<std::string> allowed;  // files
  bool in_tests;                  // banned there too
};

TEST(StyleTest, CallsThatHaveOnePlace) {
  const std::vector<BannedCall> banned = {
      {"system_clock::now", {"base/clock.cpp"}, false},
      {"steady_clock::now", {"base/clock.cpp"}, false},
      {"gettimeofday(", {}, true},
      {"random_device", {"base/random.cpp"}, true},
      {"std::mutex", {"base/mutex.h"}, false},
      {"std::shared_mutex", {"base/mutex.h"}, false},
      {"absl::Mutex", {}, true},
      {"std::regex", {}, true},
      {"sleep_for(", {}, false},
      {".detach()", {}, true},
      {"strtod(", {"base/text/float_text.cpp"}, false},
      {"std::stod(", {}, true},
      {"sprintf(", {}, true},
      {"reinterpret_cast<std::mutex", {}, true},
  };
  for (const SourceFile& file : Sources()) {
    if (file.In("tests/style")) {
      continue;
    }
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const std::string code = CodeOf(file.lines[i]);
      for (const BannedCall& call : banned) {
        const bool applies = (call.in_tests || !file.is_test()) && !call.allowed.contains(file.path);
        EXPECT_TRUE(!applies || code.find(call.text) == std::string::npos) << file.path << ":" << i + 1 << ": " << call.text;
      }
    }
  }
}

TEST(StyleTest, NoUsingNamespaceAtFileScope) {
  for (const SourceFile& file : Sources()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      EXPECT_FALSE(file.lines[i].starts_with("using namespace")) << file.path << ":" << i + 1;
    }
  }
}

TEST(StyleTest, HeadersStartWithPragmaOnce) {
  for (const SourceFile& file : Sources()) {
    if (file.EndsWith(".h")) {
      EXPECT_TRUE(!file.lines.empty() && file.lines[0] == "#pragma once") << file.path;
    }
  }
}

TEST(StyleTest, NoDeadHeaders) {
  std::map<std::string, std::set<std::string>> includers;
  for (const SourceFile& file : Sources()) {
    for (const std::string& line : file.lines) {
      if (const std::string included = IncludedPath(line); !included.empty()) {
        includers[included].insert(file.path);
      }
    }
  }
  for (const SourceFile& file : Sources()) {
    if (!file.EndsWith(".h")) {
      continue;
    }
    const std::string stem = file.path.substr(0, file.path.size() - 2);
    std::set<std::string> others = includers[file.path];
    others.erase(stem + ".cpp");
    others.erase(stem + "_test.cpp");
    others.erase(stem + "_fuzz.cpp");
    EXPECT_FALSE(others.empty()) << file.path << " is included by nobody but its own files";
  }
}

TEST(StyleTest, NoPathsOfAMachine) {
  for (const SourceFile& file : Sources()) {
    if (file.In("tests/style")) {
      continue;
    }
    for (size_t i = 0; i < file.lines.size(); ++i) {
      for (const std::string& path : {SourceRoot() + "/", std::string("/root/"), std::string("/home/")}) {
        EXPECT_EQ(file.lines[i].find(path), std::string::npos) << file.path << ":" << i + 1;
      }
    }
  }
}

TEST(FindFunctionsTest, CountsBodiesAtBothIndentations) {
  const SourceFile file{
      "x.cpp",
      {"int F(int a) {", "  if (a) {", "    return 1;", "  }", "  return 2;", "}", "class A {", "  void G() {", "    F(1);", "  }", "};"}};
  const std::vector<FunctionSpan> functions = FindFunctions(file);
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[0].length, 6);
  EXPECT_EQ(functions[1].length, 3);
}

}  // namespace
}  // namespace tocsin::style
