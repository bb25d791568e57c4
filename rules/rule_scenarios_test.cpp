#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/text/float_text.h"
#include "base/yaml/yaml.h"
#include "rules/alerting_rule.h"
#include "rules/group.h"
#include "rules/test_store.h"
#include "tests/support/corpus.h"

namespace tocsin::rules {
namespace {

using test::RecordingSink;
using test::TestStore;

std::string Text(const yaml::Node& node, std::string_view key) {
  const yaml::Node* found = node.Find(key);
  return found == nullptr ? "" : found->text;
}

DurationMs DurationOf(const std::string& text) { return text.empty() ? 0 : ParseDuration(text).value(); }

Labels LabelsOf(const yaml::Node& node) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& entry : node.entries) {
    pairs.emplace_back(entry.key->text, entry.value->text);
  }
  return Labels::FromPairs(std::move(pairs));
}

void AppendFlow(const yaml::Node& node, std::string* out) {
  if (node.kind == yaml::Kind::kScalar) {
    out->append(node.text.empty() || !node.plain                            ? GoQuoted(node.text)
                : node.text.find_first_of("{}[],:#&*") == std::string::npos ? node.text
                                                                            : GoQuoted(node.text));
    return;
  }
  const bool mapping = node.kind == yaml::Kind::kMapping;
  out->push_back(mapping ? '{' : '[');
  for (const auto& entry : node.entries) {
    Append(out, GoQuoted(entry.key->text), ": ");
    AppendFlow(*entry.value, out);
    out->append(", ");
  }
  for (const yaml::Node* item : node.items) {
    AppendFlow(*item, out);
    out->append(", ");
  }
  out->push_back(mapping ? '}' : ']');
}

RuleGroupDefinition GroupOf(const std::string& text) {
  RuleFile file = ParseRuleFile(text, "scenario", {});
  EXPECT_TRUE(file.ok()) << file.errors[0] << "\n" << text;
  return std::move(file.groups.at(0));
}

/// A group of the rules of a case.
RuleGroupDefinition GroupOfRules(const std::vector<const yaml::Node*>& rules) {
  std::string text = "groups:\n- name: default\n  rules:\n";
  for (const yaml::Node* rule : rules) {
    text += "  - ";
    AppendFlow(*rule, &text);
    if (rule->Find("expr") == nullptr) {
      text.back() = ' ';
      text += "expr: vector(1)}";
    }
    text += "\n";
  }
  return GroupOf(text);
}

struct Step {
  absl::Status status;
  std::vector<ResultSample> samples;
};

/// A rule of a case, evaluated at the times of its steps.
class RuleCase {
 public:
  explicit RuleCase(const yaml::Node& test) : test_(test) {
    store_.Load(Text(test, "load"));
    GroupDefaults defaults;
    if (const yaml::Node* labels = test.Find("external_labels")) {
      defaults.alerting.external_labels = LabelsOf(*labels);
    }
    defaults.alerting.external_url = Text(test, "external_url");
    environment_.source = store_.source();
    environment_.appendable = &store_.head();
    environment_.clock = &store_.clock();
    group_ = std::make_unique<Group>(GroupOfRules({test.Find("rule")}), "file", defaults, environment_, false);
  }

  Step Run(const yaml::Node& step) {
    EvaluationContext context;
    context.source = store_.source();
    context.ts = DurationOf(Text(step, "at"));
    context.query_offset_ms = DurationOf(Text(test_, "query_offset"));
    const std::string limit = Text(test_, "limit");
    context.limit = limit.empty() ? 0 : std::stoi(limit);
    Step out;
    out.status = rule().Evaluate(context, &out.samples);
    return out;
  }

  Rule& rule() { return *group_->rules()[0]; }

 private:
  const yaml::Node& test_;
  TestStore store_;
  GroupEnvironment environment_;
  std::unique_ptr<Group> group_;
};

using NamedSamples = std::multimap<std::string, double>;

NamedSamples SamplesOf(const std::vector<ResultSample>& samples, std::string_view name) {
  NamedSamples out;
  for (const ResultSample& sample : samples) {
    if (name.empty() || sample.series->labels.metric_name() == name) {
      out.emplace(sample.series->labels.ToString(), sample.value);
    }
  }
  return out;
}

NamedSamples ExpectedSamples(const yaml::Node& list) {
  NamedSamples out;
  for (const yaml::Node* item : list.items) {
    const yaml::Node* labels = item->Find("labels");
    out.emplace(LabelsOf(labels != nullptr ? *labels : *item).ToString(),
                labels != nullptr ? *ParseGoFloatOrError(Text(*item, "value")) : 1);
  }
  return out;
}

void CheckStep(const yaml::Node& step, const Step& got) {
  if (const yaml::Node* error = step.Find("error")) {
    EXPECT_EQ(Message(got.status), error->text);
    return;
  }
  ASSERT_TRUE(got.status.ok()) << got.status;
  if (const yaml::Node* alerts = step.Find("alerts")) {
    EXPECT_EQ(SamplesOf(got.samples, kAlertsMetric), ExpectedSamples(*alerts));
  }
  if (const yaml::Node* states = step.Find("alerts_for_state")) {
    EXPECT_EQ(SamplesOf(got.samples, kAlertsForStateMetric), ExpectedSamples(*states));
  }
  if (const yaml::Node* samples = step.Find("samples")) {
    EXPECT_EQ(SamplesOf(got.samples, ""), ExpectedSamples(*samples));
  }
  if (const yaml::Node* count = step.Find("sample_count")) {
    EXPECT_EQ(std::to_string(got.samples.size()), count->text);
  }
  if (step.Find("all_samples") != nullptr) {
    EXPECT_TRUE(got.samples.empty());
  }
}

void RunRuleCase(const yaml::Node& test) {
  RuleCase rule_case(test);
  for (const yaml::Node* step : test.Find("steps")->items) {
    SCOPED_TRACE(Text(*step, "at"));
    CheckStep(*step, rule_case.Run(*step));
    if (!rule_case.rule().alerting()) {
      continue;
    }
    for (const Alert& alert : static_cast<AlertingRule&>(rule_case.rule()).Alerts()) {
      EXPECT_FALSE(alert.labels.Has(kMetricName));
    }
  }
}

void RunGroupCase(const yaml::Node& test) {
  TestStore store;
  store.Load(Text(test, "load"));
  std::string text = "groups:\n- ";
  AppendFlow(*test.Find("group"), &text);
  GroupEnvironment environment;
  environment.source = store.source();
  environment.appendable = &store.head();
  environment.clock = &store.clock();
  Group group(GroupOf(text), "file", GroupDefaults(), environment, false);
  if (const yaml::Node* times = test.Find("evaluate_at")) {
    for (const yaml::Node* at : times->items) {
      group.Evaluate(DurationOf(at->text));
    }
    for (const yaml::Node* series : test.Find("expect_series")->items) {
      const auto got = store.Read(Text(*series->Find("labels"), "__name__"));
      ASSERT_EQ(got.size(), 1U);
      EXPECT_EQ(got[0].first, LabelsOf(*series->Find("labels")));
      const auto& points = series->Find("points")->items;
      ASSERT_EQ(got[0].second.size(), points.size());
      for (size_t i = 0; i < points.size(); ++i) {
        EXPECT_EQ(got[0].second.timestamps[i], std::stoll(points[i]->items[0]->text) * 1000);
        const std::string& value = points[i]->items[1]->text;
        EXPECT_TRUE(value == "stale" ? IsStaleNaN(got[0].second.values[i]) : got[0].second.values[i] == *ParseGoFloatOrError(value));
      }
    }
    return;
  }
  for (const yaml::Node* step : test.Find("steps")->items) {
    if (!Text(*step, "at").empty()) {
      group.Evaluate(DurationOf(Text(*step, "at")));
    }
    if (step->Find("health") != nullptr) {
      const RuleStatus status = group.rules()[0]->Status();
      EXPECT_EQ(RuleHealthText(status.health), Text(*step, "health"));
      EXPECT_EQ(status.last_error, step->Find("last_error")->IsNull() ? "" : Text(*step, "last_error"));
    }
  }
}

std::vector<size_t> Indices(const yaml::Node& list) {
  std::vector<size_t> out;
  for (const yaml::Node* item : list.items) {
    out.push_back(std::stoul(item->text));
  }
  return out;
}

void RunDependencyCase(const yaml::Node& test) {
  TestStore store;
  GroupEnvironment environment;
  environment.source = store.source();
  const Group group(GroupOfRules(test.Find("rules")->items), "file", GroupDefaults(), environment, false);
  const RuleDependencies& found = group.dependencies();
  if (const yaml::Node* dependents = test.Find("dependents")) {
    for (const auto& entry : dependents->entries) {
      EXPECT_EQ(found.dependents[std::stoul(entry.key->text)], Indices(*entry.value));
    }
  }
  if (const yaml::Node* dependencies = test.Find("dependencies")) {
    for (const auto& entry : dependencies->entries) {
      EXPECT_EQ(found.dependencies[std::stoul(entry.key->text)], Indices(*entry.value));
    }
  }
  std::vector<size_t> independent;
  std::vector<std::string> no_dependents;
  std::vector<std::string> no_dependencies;
  for (size_t i = 0; i < group.rules().size(); ++i) {
    if (found.IsIndependent(i)) {
      independent.push_back(i);
    }
    if (found.dependents[i].empty()) {
      no_dependents.push_back(group.rules()[i]->name());
    }
    if (found.dependencies[i].empty()) {
      no_dependencies.push_back(group.rules()[i]->name());
    }
  }
  if (const yaml::Node* list = test.Find("independent")) {
    EXPECT_EQ(independent, Indices(*list));
  }
  for (const auto& [key, names] : {std::pair{"no_dependents", no_dependents}, std::pair{"no_dependencies", no_dependencies}}) {
    if (const yaml::Node* list = test.Find(key)) {
      std::vector<std::string> expected;
      for (const yaml::Node* item : list->items) {
        expected.push_back(item->text);
      }
      EXPECT_EQ(names, expected);
    }
  }
}

/// The active alerts by their instance.
std::map<std::string, TimestampMs> ActiveSince(const Group& group) {
  std::map<std::string, TimestampMs> out;
  for (const AlertStatus& alert : group.rules()[0]->Status().alerts) {
    out.emplace(alert.labels.Get("instance"), alert.active_at);
  }
  return out;
}

void RunRestoreCase(const yaml::Node& test) {
  const RuleGroupDefinition definition = GroupOfRules({test.Find("rule")});
  TestStore store;
  GroupEnvironment environment;
  environment.source = store.source();
  environment.appendable = &store.head();
  environment.clock = &store.clock();
  if (const yaml::Node* expect = test.Find("expect")) {
    RuleGroupDefinition with_expr = definition;
    const Group group(with_expr, "file", GroupDefaults(), environment, true);
    std::string text;
    for (const Matcher& matcher : static_cast<AlertingRule&>(*group.rules()[0]).ForStateMatchers()) {
      text += matcher.ToString() + " ";
    }
    for (const yaml::Node* wanted : expect->Find("matchers_contain")->items) {
      EXPECT_THAT(text, testing::HasSubstr(wanted->text));
    }
    EXPECT_THAT(text, testing::Not(testing::HasSubstr(Text(*expect, "matchers_never_contain"))));
    return;
  }
  const yaml::Node& settings = *test.Find("settings");
  environment.outage_tolerance_ms = DurationOf(Text(settings, "for_outage_tolerance"));
  environment.grace_period_ms = DurationOf(Text(settings, "for_grace_period"));
  store.Load(Text(test, "load"));
  Group first(definition, "file", GroupDefaults(), environment, false);
  for (const yaml::Node* at : test.Find("before")->items) {
    first.Evaluate(DurationOf(at->text));
  }
  for (const yaml::Node* restart : test.Find("cases")->items) {
    SCOPED_TRACE(Text(*restart, "name"));
    if (const yaml::Node* more = restart->Find("first_server_evaluates_also")) {
      for (const yaml::Node* at : more->items) {
        first.Evaluate(DurationOf(at->text));
      }
    }
    const TimestampMs at = DurationOf(Text(*restart, "restart_at"));
    Group second(definition, "file", GroupDefaults(), environment, true);
    second.Evaluate(at);
    second.RestoreForState(at);
    std::map<std::string, TimestampMs> expected;
    for (const yaml::Node* alert : restart->Find("active")->items) {
      expected.emplace(Text(*alert, "instance"), DurationOf(Text(*alert, "active_at")));
    }
    EXPECT_EQ(ActiveSince(second), expected);
  }
}

void RunNotifyCase(const yaml::Node& test) {
  TestStore store;
  RecordingSink sink;
  GroupEnvironment environment;
  environment.source = store.source();
  environment.appendable = &store.head();
  environment.clock = &store.clock();
  environment.sink = &sink;
  environment.resend_delay_ms = DurationOf(Text(*test.Find("settings"), "resend_delay"));
  RuleGroupDefinition definition = GroupOfRules({test.Find("rule")});
  definition.interval_ms = DurationOf(Text(*test.Find("settings"), "interval"));
  Group group(definition, "file", GroupDefaults(), environment, false);
  for (const auto& series : test.Find("samples")->entries) {
    for (const yaml::Node* sample : series.value->items) {
      store.Append(Labels::Of({{"__name__", series.key->text}}), std::stoll(sample->items[0]->text) * 1000,
                   *ParseGoFloatOrError(sample->items[1]->text));
    }
  }
  for (const yaml::Node* step : test.Find("steps")->items) {
    SCOPED_TRACE(Text(*step, "at"));
    group.Evaluate(DurationOf(Text(*step, "at")));
    EXPECT_EQ(std::to_string(sink.Take().size()), Text(*step, "sent"));
  }
}

/// "record rule3{l1=\"v1\"}" as a rule.
RuleDefinition RuleOfLine(const std::string& line) {
  const size_t space = line.find(' ');
  const std::string kind = line.substr(0, space);
  const auto metric = promql::ParseSeriesDescription(line.substr(space + 1) + " 1");
  std::string labels;
  for (const Label& label : metric->labels) {
    if (label.name != kMetricName) {
      Append(&labels, label.name, ": ", GoQuoted(label.value), ", ");
    }
  }
  return GroupOf(Cat("groups:\n- name: g\n  rules:\n  - {", kind, ": ", metric->labels.metric_name(), ", expr: vector(1), labels: {",
                     labels, "}}\n"))
      .rules[0];
}

void RunCopyStateCase(const yaml::Node& test) {
  TestStore store;
  GroupEnvironment environment;
  environment.source = store.source();
  environment.appendable = &store.head();
  environment.clock = &store.clock();
  const auto group_of = [&](std::string_view key) {
    RuleGroupDefinition definition;
    definition.name = "g";
    for (const yaml::Node* line : test.Find(key)->items) {
      definition.rules.push_back(RuleOfLine(line->text));
    }
    return std::make_unique<Group>(definition, "file", GroupDefaults(), environment, false);
  };
  const auto old_group = group_of("old");
  const auto new_group = group_of("new");
  old_group->Evaluate(0);
  new_group->CopyState(*old_group);
  old_group->ReleaseSeries();
  new_group->TakeLeftOver(*old_group);
  const auto& sources = test.Find("takes_state_from")->items;
  for (size_t i = 0; i < sources.size(); ++i) {
    EXPECT_EQ(new_group->rules()[i]->HasState(), !sources[i]->IsNull()) << i;
  }
  new_group->EndSeries(1000, {});
  EXPECT_EQ(store.CountStaleMarkers("rule3"), 1U);
  EXPECT_EQ(store.CountStaleMarkers("rule1"), 0U);
}

void RunLoadCase(const yaml::Node& test) {
  const RuleFile file = ParseRuleFile(Text(test, "rules_file"), "file", {});
  ASSERT_TRUE(file.ok());
  GroupDefaults defaults;
  defaults.query_offset_ms = DurationOf(Text(test, "default_query_offset"));
  const GroupEnvironment environment;
  for (const RuleGroupDefinition& definition : file.groups) {
    const Group group(definition, "file", defaults, environment, false);
    EXPECT_EQ(group.query_offset_ms(), DurationOf(Text(*test.Find("expect"), definition.name)));
  }
}

TEST(RuleScenariosTest, EveryCase) {
  CORPUS_OR_SKIP(path, "rules/rules.yml");
  const auto document = yaml::Parse(tocsin::test::ReadFileOrFail(path));
  ASSERT_TRUE(document.ok());
  size_t run = 0;
  for (const yaml::Node* test : document->root()->Find("cases")->items) {
    SCOPED_TRACE(Text(*test, "id"));
    const std::string kind = Text(*test, "kind");
    ++run;
    if (kind == "alert_eval" || kind == "record_eval") {
      RunRuleCase(*test);
    } else if (kind == "group_eval") {
      RunGroupCase(*test);
    } else if (kind == "dependency") {
      RunDependencyCase(*test);
    } else if (kind == "restore" && test->Find("rule") != nullptr) {
      RunRestoreCase(*test);
    } else if (kind == "notify") {
      RunNotifyCase(*test);
    } else if (kind == "reload" && test->Find("old") != nullptr) {
      RunCopyStateCase(*test);
    } else if (kind == "load") {
      RunLoadCase(*test);
    } else {
      --run;  // of the manager: manager_test.cpp
    }
  }
  EXPECT_GE(run, 29U);
}

}  // namespace
}  // namespace tocsin::rules
