#include <gtest/gtest.h>

#include <filesystem>

#include "base/strings.h"
#include "base/yaml/yaml.h"
#include "rules/rule_check.h"
#include "tests/support/corpus.h"

namespace tocsin::rules {
namespace {

/// JSON is read as the YAML that it is.
yaml::Document ReadCorpus(const std::string& path) {
  const std::string text = tocsin::test::ReadFileOrFail(path);
  auto document = yaml::Parse(text);
  EXPECT_TRUE(document.ok()) << document.status();
  return *std::move(document);
}

std::string TextOf(const yaml::Node& node, std::string_view key) {
  const yaml::Node* found = node.Find(key);
  return found == nullptr ? "" : found->text;
}

TEST(RuleFileCorpusTest, RuleFilesHaveTheirVerdicts) {
  CORPUS_OR_SKIP(path, "rules-corpus/index.json");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const yaml::Document index = ReadCorpus(path);
  size_t count = 0;
  for (const yaml::Node* entry : index.root()->Find("files")->items) {
    SCOPED_TRACE(TextOf(*entry, "file"));
    const std::string name = Cat(folder, "/", TextOf(*entry, "file"));
    const RuleFile file = LoadRuleFile(name, {});
    const bool good = TextOf(*entry->Find("check"), "3.5") == "OK";
    EXPECT_EQ(file.ok(), good) << (file.ok() ? "" : file.errors[0]);
    RuleFileOptions all_documents;
    all_documents.read_objects = true;
    EXPECT_EQ(LoadRuleFile(name, all_documents).ok(), good);
    if (good && file.ok()) {
      size_t alerts = 0;
      size_t records = 0;
      for (const RuleGroupDefinition& group : file.groups) {
        for (const RuleDefinition& rule : group.rules) {
          ++(rule.alert.empty() ? records : alerts);
        }
      }
      // The corpus counts what is written out; rules that YAML merges from others come on top.
      EXPECT_GE(alerts, std::stoul(TextOf(*entry, "alerts")));
      EXPECT_GE(records, std::stoul(TextOf(*entry, "records")));
    }
    ++count;
  }
  EXPECT_GT(count, 300U);
}

TEST(RuleFileCorpusTest, RulefmtCases) {
  CORPUS_OR_SKIP(path, "rules-corpus/rulefmt/expected.json");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const yaml::Document expected = ReadCorpus(path);
  for (const yaml::Node* entry : expected.root()->Find("files")->items) {
    SCOPED_TRACE(TextOf(*entry, "file"));
    RuleFileOptions options;
    options.legacy_names = TextOf(*entry, "name_validation_scheme") == "legacy";
    const RuleFile file = LoadRuleFile(Cat(folder, "/", TextOf(*entry, "file")), options);
    if (const yaml::Node* error = entry->Find("error_contains")) {
      ASSERT_FALSE(file.ok());
      EXPECT_NE(file.errors[0].find(error->text), std::string::npos) << file.errors[0];
    } else {
      EXPECT_TRUE(file.ok()) << file.errors[0];
    }
  }
  for (const yaml::Node* entry : expected.root()->Find("inline")->items) {
    const RuleFile file = ParseRuleFile(TextOf(*entry, "rules_file"), "inline", {});
    EXPECT_EQ(file.ok() ? "true" : "false", TextOf(*entry, "valid")) << TextOf(*entry, "id");
  }
}

TEST(RuleFileCorpusTest, PrometheusRuleObjects) {
  CORPUS_OR_SKIP(path, "rules-corpus/crs.json");
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const yaml::Document index = ReadCorpus(path);
  size_t with_rules = 0;
  for (const yaml::Node* entry : index.root()->Find("files")->items) {
    SCOPED_TRACE(TextOf(*entry, "file"));
    RuleFileOptions options;
    options.read_objects = true;
    const RuleFile file = LoadRuleFile(Cat(folder, "/", TextOf(*entry, "file")), options);
    EXPECT_TRUE(file.ok()) << file.errors[0];
    bool is_rule = false;
    for (const yaml::Node* kind : entry->Find("kinds")->items) {
      is_rule = is_rule || kind->text == "PrometheusRule";
    }
    EXPECT_EQ(!file.groups.empty(), is_rule);
    with_rules += is_rule ? 1 : 0;
  }
  EXPECT_GT(with_rules, 0U);
}

}  // namespace
}  // namespace tocsin::rules
