#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>
#include <set>

#include "promql/promqltest/runner.h"
#include "tests/support/corpus.h"

namespace tocsin::promql::promqltest {
namespace {

void ExpectAllPass(const std::string& folder, int workers) {
  int passed = 0;
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".test") {
      files.insert(entry.path().string());
    }
  }
  EXPECT_FALSE(files.empty()) << folder;
  for (const std::string& file : files) {
    const auto result = RunScriptFile(file, {.worker_threads = workers});
    ASSERT_TRUE(result.ok()) << file;
    passed += result->passed;
    for (const std::string& failure : result->failures) {
      ADD_FAILURE() << failure;
    }
  }
  std::cout << passed << " evaluations passed\n";
}

TEST(PromqltestCorpus, AllScriptsPassWithOneWorker) {
  CORPUS_OR_SKIP(folder, "promqltest");
  ExpectAllPass(folder, 1);
}

TEST(PromqltestCorpus, AllScriptsPassWithFourWorkers) {
  CORPUS_OR_SKIP(folder, "promqltest");
  ExpectAllPass(folder, 4);
}

}  // namespace
}  // namespace tocsin::promql::promqltest
