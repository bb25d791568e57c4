#include "storage/wal/mapped_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace tocsin {
namespace {

/// What this process has in memory of a mapped file.
int64_t ResidentBytesOf(const std::string& path) {
  std::ifstream maps("/proc/self/smaps");
  bool found = false;
  for (std::string line; std::getline(maps, line);) {
    found = found || line.ends_with(path);
    if (found && line.starts_with("Rss:")) {
      return std::strtoll(line.c_str() + 4, nullptr, 10) * 1024;
    }
  }
  return -1;
}

TEST(MappedFileTest, WhatWasForgottenComesBack) {
  const test::TempDir folder;
  std::string text;
  for (int i = 0; text.size() < 24'000'000; ++i) {
    text += std::to_string(i) + "\n";
  }
  const std::string path = folder.path() + "/file";
  std::ofstream(path) << text;
  absl::StatusOr<MappedFile> file = MappedFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  constexpr size_t kPiece = 1 << 20;
  for (size_t at = 0; at < text.size(); at += kPiece) {
    file->ForgetUpTo(at);
    ASSERT_TRUE(file->bytes().substr(at, kPiece) == std::string_view(text).substr(at, kPiece)) << at;
  }
  EXPECT_GT(ResidentBytesOf(path), 0);
  EXPECT_LT(ResidentBytesOf(path), 10'000'000);
  file->ForgetUpTo(text.size() + 1);
  file->Rewind();
  EXPECT_TRUE(file->bytes() == text);
}

TEST(MappedFileTest, AnEmptyFileHasNoBytesAndOneThatIsMissingIsAnError) {
  const test::TempDir folder;
  const std::string path = folder.path() + "/file";
  EXPECT_EQ(MappedFile::Open(path).status().message(), "cannot read " + path + ": No such file or directory");
  std::ofstream(path).flush();
  absl::StatusOr<MappedFile> file = MappedFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  file->ForgetUpTo(1);
  EXPECT_EQ(file->bytes(), "");
}

}  // namespace
}  // namespace tocsin
