#include <gtest/gtest.h>

#include <filesystem>

#include "base/strings.h"
#include "base/yaml/yaml.h"
#include "rules/rule_check.h"
#include "rules/unit_test/unit_test_run.h"
#include "tests/support/corpus.h"

namespace tocsin::rules {
namespace {

yaml::Document ReadVerdicts(const std::string& path) {
  auto document = yaml::Parse(tocsin::test::ReadFileOrFail(path));
  EXPECT_TRUE(document.ok()) << document.status();
  return *std::move(document);
}

TEST(PromtoolCorpusTest, FixturesHaveTheirVerdicts) {
  CORPUS_OR_SKIP(path, "promtool/fixtures/verdicts.json");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const yaml::Document verdicts = ReadVerdicts(path);
  const SystemClock clock;
  size_t count = 0;
  for (const yaml::Node* fixture : verdicts.root()->Find("fixtures")->items) {
    const std::string file = Cat(folder, "/", fixture->Find("dir")->text, "/", fixture->Find("test")->text);
    const UnitTestReport report = RunUnitTests({file}, UnitTestOptions(), clock);
    EXPECT_EQ(report.exit_code == 0 ? "PASS" : "FAIL", fixture->Find("expected")->text) << file << "\n" << report.output.err();
    ++count;
  }
  EXPECT_GT(count, 100U);
}

/// The commands of upstream's own tests that this room answers: test rules and check rules.
class UpstreamCommand {
 public:
  UpstreamCommand(const yaml::Node& command, std::string folder) : folder_(std::move(folder)) {
    for (const yaml::Node* arg : command.Find("args")->items) {
      args_.push_back(arg->text);
    }
  }

  /// The exit code; -1 for other commands.
  int Run() {
    for (size_t i = 0; i < args_.size(); ++i) {
      const std::string& arg = args_[i];
      if (arg == "--run") {
        test_.run.push_back(args_[++i]);
      } else if (arg == "--ignore-unknown-fields") {
        test_.ignore_unknown_fields = check_.file.ignore_unknown_fields = true;
      } else if (arg == "--lint-fatal") {
        lint_fatal_ = true;
      } else if (arg.starts_with("--enable-feature=")) {
        check_.file.features.experimental_functions |= arg.ends_with("experimental-functions");
        check_.file.features.extended_range_selectors |= arg.ends_with("extended-range-selectors");
        check_.file.features.fill_modifiers |= arg.ends_with("fill-modifiers");
      } else {
        words_.push_back(arg);
      }
    }
    const std::vector<std::string> files = {Cat(folder_, "/", words_.back())};
    if (words_[0] == "test") {
      return RunUnitTests(files, test_, SystemClock()).exit_code;
    }
    if (words_[0] == "check" && words_[1] == "rules") {
      return CheckRuleFiles(files, check_).ExitCode(lint_fatal_);
    }
    return -1;
  }

 private:
  const std::string folder_;
  std::vector<std::string> args_;
  std::vector<std::string> words_;
  UnitTestOptions test_;
  RuleCheckOptions check_;
  bool lint_fatal_ = false;
};

TEST(PromtoolCorpusTest, UpstreamCommandsExitAsRecorded) {
  CORPUS_OR_SKIP(path, "promtool/upstream/expected.json");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const yaml::Document expected = ReadVerdicts(path);
  size_t count = 0;
  for (const yaml::Node* command : expected.root()->Find("commands")->items) {
    std::string line;
    for (const yaml::Node* arg : command->Find("args")->items) {
      line += arg->text + " ";
    }
    const int code = UpstreamCommand(*command, folder).Run();
    if (code >= 0) {
      EXPECT_EQ(std::to_string(code), command->Find("exit")->text) << line;
      ++count;
    }
  }
  EXPECT_GT(count, 25U);
}

}  // namespace
}  // namespace tocsin::rules
