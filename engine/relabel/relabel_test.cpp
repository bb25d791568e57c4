#include "engine/relabel/relabel.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "base/yaml/decode.h"
#include "engine/relabel/letter_case.h"
#include "engine/relabel/relabel_yaml.h"
#include "tests/support/corpus.h"

namespace tocsin {
namespace {

yaml::Document ParseYaml(std::string_view text) {
  absl::StatusOr<yaml::Document> document = yaml::Parse(text);
  EXPECT_TRUE(document.ok()) << document.status();
  return document.ok() ? *std::move(document) : yaml::Document();
}

// The rules of a YAML list; "" or the first error.
std::string ReadRules(const yaml::Node& node, std::vector<RelabelConfig>* rules, NameScheme scheme = NameScheme::kUtf8) {
  yaml::Decoder decoder;
  yaml::Read(decoder, node, rules);
  for (RelabelConfig& rule : *rules) {
    if (decoder.ok()) {
      decoder.Check(node, ValidateRelabel(scheme, &rule));
    }
  }
  return std::string(decoder.status("rules.yml").message());
}

std::vector<RelabelConfig> Rules(std::string_view text) {
  std::vector<RelabelConfig> rules;
  EXPECT_EQ(ReadRules(*ParseYaml(text).root(), &rules), "");
  return rules;
}

Labels Apply(std::string_view rules, const Labels& input) {
  LabelsBuilder labels(input);
  return Relabel(Rules(rules), &labels) ? labels.Build() : Labels::Of({{"dropped", "true"}});
}

std::string RuleError(std::string_view rule) {
  std::vector<RelabelConfig> rules;
  return ReadRules(*ParseYaml(Cat("- ", rule)).root(), &rules);
}

Labels LabelsFrom(const yaml::Node& node) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const yaml::Node::Entry& entry : node.entries) {
    pairs.emplace_back(entry.key->text, entry.value->text);
  }
  return Labels::FromPairs(std::move(pairs));
}

TEST(RelabelTest, ReplaceKeepsTargetWithoutMatchAndDeletesWithEmptyResult) {
  const Labels input = Labels::Of({{"a", "foo"}, {"b", "bar"}});
  EXPECT_EQ(Apply("[{source_labels: [a], regex: x, target_label: b, replacement: y}]", input), input);
  EXPECT_EQ(Apply("[{source_labels: [a], target_label: b, replacement: ''}]", input), Labels::Of({{"a", "foo"}}));
  EXPECT_EQ(Apply("[{source_labels: [a, b], regex: '(.*);(.*)', target_label: '${1}x', replacement: $2}]", input),
            Labels::Of({{"a", "foo"}, {"b", "bar"}, {"foox", "bar"}}));
}

TEST(RelabelTest, ReplaceOntoItsOwnSource) {
  EXPECT_EQ(Apply("[{source_labels: [a], target_label: a}, {source_labels: [a], regex: f(.*), target_label: a, replacement: '$1$1'}]",
                  Labels::Of({{"a", "foo"}})),
            Labels::Of({{"a", "oooo"}}));
}

TEST(RelabelTest, HashModIsUpstreams) {
  EXPECT_EQ(Apply("[{source_labels: [c], target_label: d, action: hashmod, modulus: 1000}]", Labels::Of({{"c", "baz"}})).Get("d"), "976");
}

TEST(RelabelTest, EqualActionsCompareJoinedSourcesWithTarget) {
  const Labels input = Labels::Of({{"port", "8080"}, {"want", "8080"}});
  EXPECT_EQ(Apply("[{source_labels: [want], target_label: port, action: keepequal}]", input), input);
  EXPECT_EQ(Apply("[{source_labels: [want], target_label: port, action: DropEqual}]", input), Labels::Of({{"dropped", "true"}}));
}

TEST(RelabelTest, NamesAreMappedDroppedAndKept) {
  const Labels input = Labels::Of({{"__meta_a", "1"}, {"__meta_b", "2"}, {"c", "3"}});
  EXPECT_EQ(Apply("[{regex: __meta_(.+), action: labelmap}, {regex: __meta_.+, action: labeldrop}]", input),
            Labels::Of({{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  EXPECT_EQ(Apply("[{regex: c, action: labelkeep}]", input), Labels::Of({{"c", "3"}}));
}

TEST(RelabelTest, LetterCaseKnowsAllScripts) {
  EXPECT_EQ(ToLowerUtf8("ÄBÇ ΣΩ Ж"), "äbç σω ж");
  EXPECT_EQ(ToUpperUtf8("straße é"), "STRAßE É");
  EXPECT_EQ(ToLowerUtf8("é\xff"), "é\xEF\xBF\xBD");
}

TEST(RelabelTest, TraceNamesTheRuleThatDrops) {
  const std::vector<RelabelConfig> rules =
      Rules("[{target_label: x, replacement: y}, {source_labels: [a], regex: no, action: keep}, {target_label: z, replacement: z}]");
  const std::vector<RelabelStep> steps = TraceRelabel(rules, Labels::Of({{"a", "foo"}}));
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_TRUE(steps[0].keep);
  EXPECT_EQ(steps[0].output, Labels::Of({{"a", "foo"}, {"x", "y"}}));
  EXPECT_FALSE(steps[1].keep);
  EXPECT_EQ(DescribeRelabel(*steps[1].rule), "{source_labels: [a], regex: \"no\", action: keep}");
}

TEST(RelabelTest, BadRulesHaveUpstreamsTextsAndAPlace) {
  EXPECT_EQ(RuleError("{action: nope}"), "rules.yml:1:12: unknown relabel action \"nope\"");
  EXPECT_EQ(RuleError("{regex: '(a', target_label: x}"), "rules.yml:1:11: error parsing regexp: missing closing ): `(a`");
  EXPECT_EQ(RuleError("{source_labels: x}"), "rules.yml:1:19: yaml: unmarshal errors: cannot unmarshal !!str `x` into model.LabelNames");
  EXPECT_EQ(RuleError("{nope: 1}"), "rules.yml:1:4: yaml: unmarshal errors: field nope not found in type relabel.plain");
  EXPECT_EQ(RuleError("{target_label: a-b, action: hashmod, modulus: 0}"),
            "rules.yml:1:1: relabel configuration for hashmod requires non-zero modulus");
}

TEST(RelabelTest, RegexMayLookLikeAnotherType) {
  const Labels input = Labels::Of({{"a", "true"}});
  EXPECT_EQ(Apply("[{source_labels: [a], regex: true, action: keep}]", input), input);
}

TEST(RelabelCorpusTest, Cases) {
  CORPUS_OR_SKIP(path, "relabel/relabel.yml");
  const yaml::Document document = ParseYaml(test::ReadFileOrFail(path));
  for (const yaml::Node* test_case : document.root()->Find("cases")->items) {
    SCOPED_TRACE(test_case->Find("id")->text);
    std::vector<RelabelConfig> rules;
    EXPECT_EQ(ReadRules(*test_case->Find("relabel_configs"), &rules), "");
    LabelsBuilder labels(LabelsFrom(*test_case->Find("input")));
    const bool keep = Relabel(rules, &labels);
    EXPECT_EQ(keep, test_case->Find("dropped") == nullptr);
    if (keep && test_case->Find("output") != nullptr) {
      EXPECT_EQ(labels.Build().ToString(), LabelsFrom(*test_case->Find("output")).ToString());
    }
  }
}

// A rule as the corpus has it: what is not written is empty, not the default.
RelabelConfig RawRule(const yaml::Node& node) {
  yaml::Decoder decoder;
  RelabelConfig rule;
  yaml::Read(decoder, node, &rule);
  EXPECT_TRUE(decoder.ok()) << decoder.status("raw");
  rule.action = node.Find("action") == nullptr ? RelabelAction::kUnset : rule.action;
  rule.replacement = node.Find("replacement") == nullptr ? "" : rule.replacement;
  rule.separator = node.Find("separator") == nullptr ? "" : rule.separator;
  return rule;
}

TEST(RelabelCorpusTest, Validation) {
  CORPUS_OR_SKIP(path, "relabel/validate.yml");
  const yaml::Document document = ParseYaml(test::ReadFileOrFail(path));
  for (const yaml::Node* test_case : document.root()->Find("configs")->items) {
    SCOPED_TRACE(test_case->Find("id")->text);
    RelabelConfig rule = RawRule(*test_case->Find("config"));
    const NameScheme scheme = test_case->Find("name_validation_scheme")->text == "legacy" ? NameScheme::kLegacy : NameScheme::kUtf8;
    const absl::Status status = ValidateRelabel(scheme, &rule);
    const yaml::Node* error = test_case->Find("error_contains");
    EXPECT_EQ(status.ok(), error == nullptr) << status;
    if (error != nullptr) {
      EXPECT_NE(std::string(status.message()).find(error->text), std::string::npos) << status;
    }
  }
  for (const yaml::Node* test_case : document.root()->Find("target_labels")->items) {
    RelabelConfig rule;
    rule.target_label = test_case->Find("target_label")->text;
    EXPECT_EQ(ValidateRelabel(NameScheme::kLegacy, &rule).ok(), test_case->Find("valid_for_replace_legacy")->text == "true")
        << rule.target_label;
  }
}

}  // namespace
}  // namespace tocsin
