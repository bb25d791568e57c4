#pragma once

#include <string>
#include <vector>

namespace tocsin::style {

/// One source file of the project, its path relative to the project's folder.
struct SourceFile {
  std::string path;
  std::vector<std::string> lines;

  bool EndsWith(const std::string& suffix) const { return path.ends_with(suffix); }
  bool In(const std::string& folder) const { return path.starts_with(folder + "/"); }
  bool is_test() const { return EndsWith("_test.cpp") || EndsWith("_fuzz.cpp") || In("tests") || In("bench"); }
};

/// The project's folder on this machine.
std::string SourceRoot();

/// All .h and .cpp files below the rooms, tests and bench, sorted by path. Generated files and build folders are not among them.
std::vector<SourceFile> ReadSources();

/// A function found by the shape that clang-format gives it.
struct FunctionSpan {
  std::string first_line;
  int line = 0;    // of its opening line, 1-based
  int length = 0;  // lines from there to its closing brace
};

std::vector<FunctionSpan> FindFunctions(const SourceFile& file);

/// A line without its // comment and with the insides of string literals blanked out.
std::string CodeOf(const std::string& line);

}  // namespace tocsin::style
