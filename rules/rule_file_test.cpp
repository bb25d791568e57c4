#include "rules/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tocsin::rules {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RuleFile Parse(std::string_view text, RuleFileOptions options = {}) { return ParseRuleFile(text, "r.yml", options); }

TEST(RuleFileTest, ReadsGroups) {
  const RuleFile file = Parse(R"(
groups:
- name: g
  interval: 30s
  query_offset: 1m
  limit: 5
  labels: {team: a}
  rules:
  - record: job:x:sum
    expr: sum by (job) (x)
    labels: {l: v}
  - alert: A
    expr: up == 0
    for: 5m
    keep_firing_for: 10m
    annotations: {summary: '{{ $labels.instance }} down'}
)");
  ASSERT_THAT(file.errors, ElementsAre());
  ASSERT_EQ(file.groups.size(), 1U);
  const RuleGroupDefinition& group = file.groups[0];
  EXPECT_EQ(group.interval_ms, 30 * kSecond);
  EXPECT_EQ(group.query_offset_ms, kMinute);
  EXPECT_EQ(group.limit, 5);
  ASSERT_EQ(group.rules.size(), 2U);
  EXPECT_EQ(group.rules[0].record, "job:x:sum");
  EXPECT_EQ(group.rules[1].for_ms, 5 * kMinute);
  EXPECT_EQ(group.rules[1].keep_firing_for_ms, 10 * kMinute);
}

TEST(RuleFileTest, CollectsAllErrorsWithPlaces) {
  const RuleFile file = Parse(R"(groups:
- name: g
  rules:
  - record: a{b="c"}
    expr: sum(
  - alert: A
    expr: up
    labels: {__name__: x}
    annotations: {s: '{{ $nope }}'}
  - expr: up
  - record: r
    for: 1m
    expr: up
)");
  EXPECT_THAT(file.errors, ElementsAre(HasSubstr("r.yml: 5:11: group \"g\", rule 1, \"a{b=\\\"c\\\"}\": could not parse expression: "),
                                       HasSubstr("4:13: group \"g\", rule 1, \"a{b=\\\"c\\\"}\": braces present in the recording rule "
                                                 "name; should it be in expr?: a{b=\"c\"}"),
                                       HasSubstr("invalid label name: __name__"),
                                       HasSubstr("annotation \"s\": template: __alert_A:1: undefined variable \"$nope\""),
                                       HasSubstr("0:0: 0:0: group \"g\", rule 3, \"\": one of 'record' or 'alert' must be set"),
                                       HasSubstr("11:13: group \"g\", rule 4, \"r\": invalid field 'for' in recording rule")));
}

TEST(RuleFileTest, UnknownFields) {
  constexpr std::string_view kText = "groups:\n- name: g\n  concurrency: 2\n  rules: []\n";
  EXPECT_THAT(Parse(kText).errors,
              ElementsAre("r.yml: yaml: unmarshal errors:\n  line 3: field concurrency not found in type rulefmt.RuleGroup"));
  RuleFileOptions options;
  options.ignore_unknown_fields = true;
  EXPECT_TRUE(Parse(kText, options).ok());
}

TEST(RuleFileTest, OnlyToolsReadObjectsAndSeveralDocuments) {
  constexpr std::string_view kText = R"(apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: x}
spec:
  groups:
  - name: g
    rules: [{record: a, expr: 1}]
---
groups:
- name: g
  rules: [{record: b, expr: 2}]
)";
  EXPECT_FALSE(Parse(kText).ok());
  RuleFileOptions options;
  options.read_objects = true;
  const RuleFile file = Parse(kText, options);
  ASSERT_THAT(file.errors, ElementsAre());
  ASSERT_EQ(file.groups.size(), 2U);
  EXPECT_EQ(file.groups[0].rules[0].record, "a");
  EXPECT_EQ(file.groups[1].rules[0].record, "b");
}

TEST(RuleFileTest, EmptyFileAndSecondDocument) {
  EXPECT_TRUE(Parse("").ok());
  const RuleFile file = Parse("groups: []\n---\nx: y\n");
  EXPECT_TRUE(file.ok());
  EXPECT_EQ(file.warnings.size(), 1U);
}

}  // namespace
}  // namespace tocsin::rules
