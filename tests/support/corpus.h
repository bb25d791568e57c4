#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tocsin::test {

/// The path of `relative` in the folder that TOCSIN_CONFORMANCE names, or nothing when the variable is unset.
/// Set and the file missing: the calling test fails.
std::optional<std::string> CorpusPath(std::string_view relative);

/// The whole file; the calling test fails when it cannot be read.
std::string ReadFileOrFail(const std::string& path);

}  // namespace tocsin::test

/// First line of a test that reads a corpus: skips it, with one line that says so, where there are no corpora.
#define CORPUS_OR_SKIP(path_variable, relative)                                                  \
  const std::optional<std::string> path_variable##_found = ::tocsin::test::CorpusPath(relative); \
  if (!path_variable##_found) {                                                                  \
    GTEST_SKIP() << "TOCSIN_CONFORMANCE is not set: " << (relative) << " not read";              \
  }                                                                                              \
  const std::string& path_variable = *path_variable##_found
