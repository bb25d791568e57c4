#include "rules/unit_test/test_group.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/status.h"
#include "base/text/duration.h"
#include "base/text/quote.h"
#include "promql/series_description.h"
#include "rules/group.h"
#include "rules/rule_query.h"
#include "rules/template/go_time.h"
#include "rules/unit_test/comparison.h"
#include "rules/unit_test/idle_rules.h"
#include "storage/head.h"

namespace tocsin::rules {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kMaxTestSamples = 10'000;  // of a query, as promtool's engine has it

/// The samples of a group's input, series by series, fed to the store as time goes on.
class InputFeed {
 public:
  absl::Status Parse(const TestGroup& group) {
    for (size_t i = 0; i < group.input.size(); ++i) {
      auto parsed = promql::ParseSeriesDescription(Cat(group.input[i].series, " ", group.input[i].values));
      if (!parsed.ok()) {
        return absl::InvalidArgumentError(Cat("error in line ", i + 2, ": ", Message(parsed.status())));
      }
      series_.push_back(Series{*std::move(parsed)});
    }
    start_ = group.start;
    interval_ms_ = group.interval_ms;
    return absl::OkStatus();
  }

  std::vector<Labels> AllLabels() const {
    std::vector<Labels> labels;
    for (const Series& series : series_) {
      labels.push_back(series.description.labels);
    }
    return labels;
  }

  absl::Status AppendUntil(TimestampMs ts, Appendable& store) {
    const std::unique_ptr<Appender> appender = store.OpenAppender();
    for (Series& series : series_) {
      RETURN_IF_ERROR(AppendSeries(ts, series, *appender));
    }
    return appender->Commit();
  }

 private:
  struct Series {
    promql::SeriesDescription description;
    size_t next = 0;
    SeriesRef ref = SeriesRef::kNone;
  };

  absl::Status AppendSeries(TimestampMs ts, Series& series, Appender& appender) {
    for (; series.next < series.description.values.size(); ++series.next) {
      const TimestampMs t = start_ + static_cast<TimestampMs>(series.next) * interval_ms_;
      if (t > ts) {
        break;
      }
      const promql::SequenceValue& value = series.description.values[series.next];
      if (value.omitted) {
        continue;
      }
      AppendResult result = AppendResult::kOk;
      if (series.ref == SeriesRef::kNone) {
        series.ref = appender.GetOrCreate(series.description.labels, &result);
      }
      if (series.ref != SeriesRef::kNone) {
        result = value.histogram != nullptr ? appender.AppendHistogram(series.ref, t, *value.histogram, false)
                                            : appender.Append(series.ref, t, value.value);
      }
      if (result != AppendResult::kOk) {
        return absl::FailedPreconditionError(av(AppendResultText(result)));
      }
    }
    return absl::OkStatus();
  }

  std::vector<Series> series_;
  TimestampMs start_ = 0;
  DurationMs interval_ms_ = 0;
};

/// One run of a test group.
class TestRun {
 public:
  TestRun(const TestFile& file, const TestGroup& group, const LoadedRuleFiles& rules, const UnitTestOptions& options)
      : file_(file), group_(group), options_(options), clock_(group.start) {
    HeadOptions head_options;
    head_options.retention_ms = 0;
    head_options.chunk_range_ms = kDay;
    store_ = Head::OpenMemoryOnly(head_options, clock_);
    promql::EngineOptions engine_options;
    engine_options.max_samples = kMaxTestSamples;
    engine_options.timeout_ms = 100 * kSecond;
    engine_options.default_subquery_step_ms = file.evaluation_interval_ms;
    engine_options.worker_threads = 1;
    engine_options.features = options.features;
    engine_ = promql::NewEngine(engine_options, clock_);
    environment_.source = QuerySource{engine_.get(), store_.get(), nullptr};
    environment_.appendable = store_.get();
    environment_.clock = &clock_;
    environment_.quiet = true;
    MakeGroups(rules);
  }

  TestGroupResult Run() {
    const absl::Status input = feed_.Parse(group_);
    if (!input.ok()) {
      result_.errors.emplace_back(Message(input));
      return std::move(result_);
    }
    SkipIdleRules(groups_, feed_.AllLabels());
    if (!CollectAlertTests() || !Evaluate()) {
      return std::move(result_);
    }
    for (const ExprTest& test : group_.expr_tests) {
      CheckExpr(test);
    }
    if (options_.debug) {
      Dump();
    }
    return std::move(result_);
  }

 private:
  void MakeGroups(const LoadedRuleFiles& rules) {
    GroupDefaults defaults;
    defaults.interval_ms = group_.interval_ms;
    defaults.alerting = AlertingEnvironment{group_.external_labels, group_.external_url};
    for (const auto& [path, content] : rules.files) {
      for (const RuleGroupDefinition& definition : content.groups) {
        groups_.push_back(std::make_unique<Group>(definition, path, defaults, environment_, /*restore_for_state=*/false));
        own_intervals_.push_back(definition.interval_ms.value_or(file_.evaluation_interval_ms));
      }
    }
    order_.resize(groups_.size());
    for (size_t i = 0; i < order_.size(); ++i) {
      order_[i] = i;
    }
    const auto place = [this](size_t i) {
      const auto& order = file_.group_eval_order;
      const auto it = std::find(order.begin(), order.end(), groups_[i]->name());
      return it == order.end() ? 0 : it - order.begin();
    };
    std::stable_sort(order_.begin(), order_.end(), [&place](size_t a, size_t b) { return place(a) < place(b); });
  }

  /// Sorts the alert tests by time; false when one is not usable.
  bool CollectAlertTests() {
    for (const AlertTest& test : group_.alert_tests) {
      if (test.alertname.empty()) {
        result_.errors.push_back(Cat("an item under alert_rule_test misses required attribute alertname at eval_time ",
                                     FormatDuration(test.eval_time_ms),
                                     group_.name.empty() ? "" : Cat(" (in TestGroup ", group_.name, ")")));
        return false;
      }
      alert_tests_[test.eval_time_ms].push_back(&test);
      max_eval_time_ms_ = std::max(max_eval_time_ms_, test.eval_time_ms);
    }
    for (const ExprTest& test : group_.expr_tests) {
      max_eval_time_ms_ = std::max(max_eval_time_ms_, test.eval_time_ms);
    }
    return true;
  }

  /// Evaluates all groups at all steps; false when a rule failed.
  bool Evaluate() {
    auto next_test = alert_tests_.begin();
    const DurationMs step = file_.evaluation_interval_ms;
    for (DurationMs at = 0; at <= max_eval_time_ms_; at += step) {
      const TimestampMs ts = group_.start + at;
      clock_.Set(ts);
      const absl::Status appended = feed_.AppendUntil(ts, *store_);
      if (!appended.ok()) {
        result_.errors.emplace_back(Message(appended));
      } else if (!EvaluateGroups(at)) {
        return false;
      }
      for (; next_test != alert_tests_.end() && next_test->first < at + step; ++next_test) {
        for (const AlertTest* test : next_test->second) {
          CheckAlerts(*test);
        }
      }
    }
    return true;
  }

  bool EvaluateGroups(DurationMs at) {
    std::vector<std::string> errors;
    for (const size_t i : order_) {
      if (file_.extras.honor_group_intervals && at % own_intervals_[i] != 0) {
        continue;
      }
      groups_[i]->Evaluate(group_.start + at);
      for (const auto& rule : groups_[i]->rules()) {
        if (std::string error = rule->LastError(); !error.empty()) {
          errors.push_back(
              Cat("    rule: ", rule->name(), ", time: ", gotemplate::GoDurationText((group_.start + at) * kNsPerMs), ", err: ", error));
        }
      }
    }
    result_.errors.insert(result_.errors.end(), errors.begin(), errors.end());
    return errors.empty();
  }

  void CheckAlerts(const AlertTest& test) {
    std::vector<LabeledAlert> got;
    bool rule_exists = false;
    for (const auto& group : groups_) {
      for (const auto& rule : group->rules()) {
        if (!rule->alerting() || rule->name() != test.alertname) {
          continue;
        }
        rule_exists = true;
        for (Alert& alert : static_cast<AlertingRule&>(*rule).Alerts()) {
          if (alert.state == AlertState::kFiring) {
            got.push_back(LabeledAlert{std::move(alert.labels), std::move(alert.annotations)});
          }
        }
      }
    }
    std::vector<LabeledAlert> expected;
    for (const ExpectedAlert& alert : test.expected) {
      TextMap labels = alert.labels;
      labels[std::string(kAlertNameLabel)] = test.alertname;
      expected.push_back(LabeledAlert{Labels::FromPairs({labels.begin(), labels.end()}),
                                      Labels::FromPairs({alert.annotations.begin(), alert.annotations.end()})});
    }
    if (file_.extras.require_alertnames && !rule_exists) {
      result_.errors.push_back(Cat(NameLine(), "    alertname: ", test.alertname, ", time: ", FormatDuration(test.eval_time_ms),
                                   ", err: no rule of the loaded files has this name"));
      return;
    }
    if (auto difference = CompareAlerts(std::move(expected), std::move(got), file_.extras.partial_annotations, options_.diff)) {
      result_.errors.push_back(
          Cat(NameLine(), "    alertname: ", test.alertname, ", time: ", FormatDuration(test.eval_time_ms), ", \n", *difference));
    }
  }

  std::string NameLine() const { return group_.name.empty() ? "" : Cat("    name: ", group_.name, ",\n"); }

  void CheckExpr(const ExprTest& test) {
    const std::string head = Cat("    expr: ", GoQuoted(test.expr), ", time: ", FormatDuration(test.eval_time_ms), ",");
    const auto vector = QueryVector(environment_.source, test.expr, group_.start + test.eval_time_ms);
    if (!vector.ok()) {
      result_.errors.push_back(Cat(head, " err: ", Message(vector.status())));
      return;
    }
    const auto difference = CompareSamples(test.expected, *vector, file_.fuzzy_compare);
    if (!difference.ok()) {
      result_.errors.push_back(Cat(head, " err: ", Message(difference.status())));
    } else if (!difference->empty()) {
      result_.errors.push_back(Cat(head, "\n", *difference));
    }
  }

  /// All series from the start to a whole second at or after the last test.
  void Dump() {
    const DurationMs until = (max_eval_time_ms_ + kSecond) / kSecond * kSecond;
    promql::QueryRequest request;
    request.expression = Cat("{__name__=~\".+\"}[", FormatDuration(until), "]");
    request.start = request.end = group_.start + until;
    const auto result = engine_->Query(*store_, request);
    if (!result.ok()) {
      result_.debug = Cat("DEBUG: Failed query exec, expr: ", GoQuoted(request.expression), ", err: ", Message(result.status()), "\n");
      return;
    }
    result_.debug = Cat("DEBUG: Dump of all data (input_series and rules) at ", gotemplate::GoDurationText(until * kNsPerMs), ":\n",
                        MatrixText(std::get<promql::Matrix>(result->value)), "\n");
  }

  const TestFile& file_;
  const TestGroup& group_;
  const UnitTestOptions& options_;
  ManualClock clock_;
  std::unique_ptr<Head> store_;
  std::unique_ptr<promql::Engine> engine_;
  GroupEnvironment environment_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::vector<DurationMs> own_intervals_;
  std::vector<size_t> order_;
  InputFeed feed_;
  std::map<DurationMs, std::vector<const AlertTest*>> alert_tests_;
  DurationMs max_eval_time_ms_ = 0;
  TestGroupResult result_;
};

}  // namespace

LoadedRuleFiles LoadRuleFilesForTest(const TestFile& file, const UnitTestOptions& options) {
  RuleFileOptions rule_options;
  rule_options.ignore_unknown_fields = options.ignore_unknown_fields;
  rule_options.read_objects = true;
  rule_options.features = options.features;
  LoadedRuleFiles loaded;
  for (const std::string& path : file.rule_files) {
    RuleFile content = LoadRuleFile(path, rule_options);
    if (!content.ok()) {
      loaded.errors = std::move(content.errors);
      return loaded;
    }
    loaded.files.emplace_back(path, std::move(content));
  }
  return loaded;
}

TestGroupResult RunTestGroup(const TestFile& file, const TestGroup& group, const std::string& display_name, const LoadedRuleFiles& rules,
                             const UnitTestOptions& options) {
  if (!rules.errors.empty()) {
    return TestGroupResult{rules.errors, ""};
  }
  TestGroupResult result = TestRun(file, group, rules, options).Run();
  if (options.debug) {
    result.debug = Cat("DEBUG: Starting test ", display_name, "\n", result.debug, "DEBUG: Test ", display_name, " finished\n");
  }
  return result;
}

}  // namespace tocsin::rules
