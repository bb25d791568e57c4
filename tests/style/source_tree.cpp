#include "tests/style/source_tree.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace tocsin::style {
namespace {

constexpr const char* kFolders[] = {"base", "storage", "promql", "rules", "engine", "api", "tests", "bench"};

bool IsSource(const std::filesystem::path& path) { return path.extension() == ".h" || path.extension() == ".cpp"; }

// Opens a body: "... {" at this indentation, and neither a type nor a namespace, an array or a lambda in a call.
bool OpensFunction(const std::string& line, size_t indent) {
  const std::string code = CodeOf(line);
  if (code.size() <= indent || code.find_first_not_of(' ') != indent || !code.ends_with('{')) {
    return false;
  }
  for (const char* word : {"namespace", "class ", "struct ", "enum ", "union ", "extern ", "= {", "if (", "for (", "while (", "switch ("}) {
    if (code.find(word) != std::string::npos) {
      return false;
    }
  }
  return code.find(')') != std::string::npos;
}

}  // namespace

std::string SourceRoot() { return TOCSIN_SOURCE_DIR; }

std::vector<SourceFile> ReadSources() {
  std::vector<SourceFile> files;
  const std::filesystem::path root = SourceRoot();
  for (const char* folder : kFolders) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !IsSource(entry.path())) {
        continue;
      }
      SourceFile file{std::filesystem::relative(entry.path(), root).string(), {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        file.lines.push_back(line);
      }
      files.push_back(std::move(file));
    }
  }
  std::sort(files.begin(), files.end(), [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

std::vector<FunctionSpan> FindFunctions(const SourceFile& file) {
  std::vector<FunctionSpan> found;
  for (const size_t indent : {0u, 2u}) {
    const std::string close = std::string(indent, ' ') + "}";
    for (size_t i = 0; i < file.lines.size(); ++i) {
      if (!OpensFunction(file.lines[i], indent)) {
        continue;
      }
      size_t end = i + 1;
      while (end < file.lines.size() && !file.lines[end].starts_with(close)) {
        ++end;
      }
      found.push_back({file.lines[i], static_cast<int>(i) + 1, static_cast<int>(end - i) + 1});
      i = end;
    }
  }
  return found;
}

std::string CodeOf(const std::string& line) {
  std::string code;
  bool in_string = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
        code.push_back(c);
      }
      continue;
    }
    if (c == '/' && i + 1 < line.size() && line[i + 1] == '/') {
      break;
    }
    in_string = c == '"' && (i == 0 || line[i - 1] != '\'');
    code.push_back(c);
  }
  while (!code.empty() && code.back() == ' ') {
    code.pop_back();
  }
  return code;
}

}  // namespace tocsin::style
