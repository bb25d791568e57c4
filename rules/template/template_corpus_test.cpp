#include <gtest/gtest.h>

#include "base/model/float_histogram.h"
#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/yaml/yaml.h"
#include "rules/template/template.h"
#include "tests/support/corpus.h"

namespace tocsin::gotemplate {
namespace {

HistogramPtr HistogramOf(const yaml::Node& node) {
  auto histogram = std::make_shared<FloatHistogram>();
  histogram->count = ParseGoFloat(node.Find("Count")->text).value;
  histogram->sum = ParseGoFloat(node.Find("Sum")->text).value;
  return histogram;
}

Value ScalarOf(const yaml::Node& node) {
  if (node.ResolvedTag() == "!!int") {
    int64_t number = 0;
    if (absl::SimpleAtoi(node.text, &number)) {
      return Value(number);
    }
    uint64_t big = 0;
    EXPECT_TRUE(absl::SimpleAtoi(node.text, &big));
    return Value(big);
  }
  return node.ResolvedTag() == "!!float" ? Value(ParseGoFloat(node.text).value) : Value(node.text);
}

Value InputOf(const yaml::Node& test) {
  if (const yaml::Node* histogram = test.Find("input_sample_histogram")) {
    auto sample = std::make_shared<QuerySample>();
    sample->labels = std::make_shared<const Labels>();
    sample->value = Value(HistogramOf(*histogram));
    return Value(QuerySamplePtr(std::move(sample)));
  }
  const yaml::Node* input = test.Find("input");
  if (input == nullptr) {
    return Value();
  }
  if (input->kind == yaml::Kind::kScalar) {
    return ScalarOf(*input);
  }
  if (input->kind == yaml::Kind::kMapping) {
    auto map = std::make_shared<ValueMap>();
    for (const auto& entry : input->entries) {
      map->emplace(entry.key->text, ScalarOf(*entry.value));
    }
    return Value(std::shared_ptr<const ValueMap>(std::move(map)));
  }
  auto list = std::make_shared<ListValue>();
  for (const yaml::Node* item : input->items) {
    // +Inf and NaN are floats to the corpus, whichever way YAML reads them.
    const bool infinite = item->plain && (item->text == "+Inf" || item->text == "-Inf" || item->text == "NaN");
    list->items.push_back(infinite ? Value(ParseGoFloat(item->text).value) : ScalarOf(*item));
  }
  return Value(std::shared_ptr<const ListValue>(std::move(list)));
}

promql::Vector ResultOf(const yaml::Node& test) {
  promql::Vector vector;
  const yaml::Node* result = test.Find("query_result");
  if (result == nullptr) {
    return vector;
  }
  for (const yaml::Node* item : result->items) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& entry : item->Find("labels")->entries) {
      pairs.emplace_back(entry.key->text, entry.value->text);
    }
    promql::VectorSample sample;
    sample.labels = Labels::FromPairs(std::move(pairs));
    if (const yaml::Node* value = item->Find("value")) {
      sample.point.value = ParseGoFloat(value->text).value;
    } else {
      sample.point.histogram = HistogramOf(*item->Find("histogram"));
    }
    vector.push_back(std::move(sample));
  }
  return vector;
}

ExecuteOptions OptionsOf(const yaml::Node& test) {
  ExecuteOptions options;
  if (const yaml::Node* html = test.Find("html")) {
    options.html = html->text == "true";
  }
  if (const yaml::Node* list = test.Find("options")) {
    options.missing_key = MissingKey::kDefault;
    for (const yaml::Node* item : list->items) {
      options.missing_key = item->text == "missingkey=error"  ? MissingKey::kError
                            : item->text == "missingkey=zero" ? MissingKey::kZero
                                                              : MissingKey::kDefault;
    }
  }
  return options;
}

TEST(TemplateCorpusTest, EveryCase) {
  CORPUS_OR_SKIP(path, "template/template.yml");
  const std::string text = tocsin::test::ReadFileOrFail(path);
  const auto document = yaml::Parse(text);
  ASSERT_TRUE(document.ok()) << document.status();
  size_t count = 0;
  for (const yaml::Node* test : document->root()->Find("cases")->items) {
    SCOPED_TRACE(test->Find("id")->text + ": " + test->Find("text")->text);
    const QueryFunction query = [test](std::string_view, TimestampMs) -> absl::StatusOr<promql::Vector> { return ResultOf(*test); };
    FunctionContext context;
    context.now = 1'353'755'652'000;
    context.external_url = "http://testhost:9090/path/prefix";
    context.query = &query;
    const auto out = ExpandTemplate("test", test->Find("text")->text, InputOf(*test), context, OptionsOf(*test));
    ++count;
    if (const yaml::Node* error = test->Find("error")) {
      EXPECT_EQ(out.ok() ? "" : std::string(Message(out.status())), error->text);
    } else if (!out.ok()) {
      ADD_FAILURE() << out.status();
    } else {
      EXPECT_EQ(*out, test->Find("output")->text);
    }
  }
  EXPECT_GT(count, 40U);
}

}  // namespace
}  // namespace tocsin::gotemplate
