#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json/reader.h"
#include "base/strings.h"
#include "promql/promqltest/runner.h"
#include "promql/promqltest/script.h"
#include "tests/support/corpus.h"

namespace tocsin::promql::promqltest {
namespace {

TEST(PromqltestRunner, SelfTestCasesPassAndFailAsRecorded) {
  CORPUS_OR_SKIP(path, "promqltest/runner_selftest.json");
  const std::string text = test::ReadFileOrFail(path);
  JsonDocument document;
  const auto root = document.Parse(text);
  ASSERT_TRUE(root.ok()) << root.status();
  const std::vector<JsonValue> cases = (*root)["cases"].items();
  EXPECT_GT(cases.size(), 0u);
  for (const JsonValue& item : cases) {
    const ScriptResult result = RunScript(item["id"].text(), item["script"].text());
    EXPECT_EQ(result.ok(), item["error"].is_null())
        << item["id"].text() << ": " << item["name"].text() << ": " << (result.failures.empty() ? "passed" : result.failures[0]);
  }
}

constexpr std::string_view kScript = R"(load 1m
    m{a="x"} 0+1x10
    m{a="y"} 5+5x10

eval instant at 4m sum(m)
    {} 29

eval instant at 4m m > 5
    m{a="y"} 25

eval instant at 4m sort_desc(m)
    expect ordered
    m{a="y"} 25
    m{a="x"} 4

eval range from 0 to 2m step 1m m
    m{a="x"} 0 1 2
    m{a="y"} 5 10 15

eval instant at 4m quantile(2, m)
    expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)
    expect no_info
    {} +Inf

eval instant at 4m topk(NaN, m)
    expect fail msg: Parameter value is NaN
)";

TEST(PromqltestRunner, TheScriptBelowPassesUnchanged) {
  const ScriptResult result = RunScript("script", kScript);
  EXPECT_TRUE(result.ok()) << (result.failures.empty() ? "" : result.failures[0]);
  EXPECT_EQ(result.passed, 6);
}

/// Each change of one expectation must be noticed.
TEST(PromqltestRunner, AlteredExpectationsFail) {
  struct Change {
    std::string_view what;
    std::string_view from;
    std::string_view to;
  };
  const std::vector<Change> changes = {
      {"value", "{} 29", "{} 29.001"},
      {"label", "    m{a=\"y\"} 25\n\neval instant at 4m sort", "    m{a=\"z\"} 25\n\neval instant at 4m sort"},
      {"missing series", "    m{a=\"y\"} 25\n\neval instant at 4m sort", "\neval instant at 4m sort"},
      {"metric name", "m > 5\n    m{a", "m > 5\n    {a"},
      {"order", "    m{a=\"y\"} 25\n    m{a=\"x\"} 4", "    m{a=\"x\"} 4\n    m{a=\"y\"} 25"},
      {"point", "0 1 2", "0 1 3"},
      {"missing point", "0 1 2", "0 1"},
      {"gap", "0 1 2", "0 _ 2"},
      {"annotation text", "got 2 (1:10)", "got 3 (1:10)"},
      {"annotation position", "got 2 (1:10)", "got 2 (1:11)"},
      {"annotation kind", "expect warn msg", "expect info msg"},
      {"no annotation", "expect warn msg: PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)", "expect no_warn"},
      {"error text", "Parameter value is NaN", "Parameter value is Inf"},
      {"no error", "    expect fail msg: Parameter value is NaN\n", ""},
      {"error where none comes", "    {} 29", "    expect fail"},
  };
  for (const Change& change : changes) {
    std::string script(kScript);
    const size_t at = script.find(change.from);
    ASSERT_NE(at, std::string::npos) << change.what;
    script.replace(at, change.from.size(), change.to);
    const ScriptResult result = RunScript("script", script);
    EXPECT_FALSE(result.ok()) << change.what;
  }
}

TEST(PromqltestRunner, AScriptThatCannotBeParsedFailsAllItsEvaluations) {
  const ScriptResult result = RunScript("script", "eval instant at 0 1\n    1\n\neval instant at 0 sum(\n    1\n");
  EXPECT_EQ(result.passed, 0);
  EXPECT_EQ(result.failed, 2);
}

TEST(PromqltestRunner, AFailedLoadFailsWhatComesAfterIt) {
  const ScriptResult result = RunScript("script",
                                        "eval instant at 0 1\n    1\n\nload 1m\n    m 1 2\n\nload 30s\n    m 1 1\n\n"
                                        "eval instant at 0 1\n    1\n");
  EXPECT_EQ(result.passed, 1);
  EXPECT_EQ(result.failed, 1);
}

TEST(PromqltestScript, TellsTheLineOfAnError) {
  const auto script = ParseScript("load 1m\n    m 1\n\nlod 1m\n");
  ASSERT_FALSE(script.ok());
  EXPECT_EQ(Message(script.status()), "line 4: invalid command \"lod 1m\"");
}

}  // namespace
}  // namespace tocsin::promql::promqltest
