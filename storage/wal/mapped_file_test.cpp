#include "storage/wal/mapped_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/memory_budget.h"
#include "tests/support/temp_dir.h"

namespace tocsin {
namespace {

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
  const int64_t before = MemoryBudget::ResidentBytes();
  constexpr size_t kPiece = 1 << 20;
  for (size_t at = 0; at < text.size(); at += kPiece) {
    file->ForgetUpTo(at);
    ASSERT_TRUE(file->bytes().substr(at, kPiece) == std::string_view(text).substr(at, kPiece)) << at;
  }
  EXPECT_LT(MemoryBudget::ResidentBytes() - before, 16'000'000);
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
