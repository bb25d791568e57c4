#include <gtest/gtest.h>
#include <re2/re2.h>
#include <simdjson.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/strings.h"
#include "base/text/float_text.h"
#include "base/text/quote.h"
#include "promql/parser.h"
#include "promql/tree_text.h"
#include "tests/support/corpus.h"

namespace tocsin::promql {
namespace {

namespace dom = simdjson::dom;

// What the corpora assume.
LanguageFeatures CorpusFeatures() {
  LanguageFeatures features;
  features.experimental_functions = true;
  features.extended_range_selectors = true;
  return features;
}

std::string FromHex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return out;
}

std::string InputOf(dom::element test) {
  std::string_view text;
  if (test["input"].get(text) == simdjson::SUCCESS) {
    return std::string(text);
  }
  return FromHex(std::string_view(test["input_hex"]));
}

// "[0,3) message" a line.
std::string PrintErrors(const std::vector<ParseError>& errors) {
  std::string out;
  for (const ParseError& error : errors) {
    Append(&out, "[", error.pos.start, ",", error.pos.end, ") ", error.message, "\n");
  }
  return out;
}

std::string PrintExpectedErrors(dom::element test) {
  std::string out;
  for (const dom::element error : test["errors"]) {
    Append(&out, "[", int64_t{error["start"]}, ",", int64_t{error["end"]}, ") ", std::string_view{error["message"]}, "\n");
  }
  return out;
}

// The recorded tree in the form of TreeText.
std::string RecordedTree(dom::element value);

std::string RecordedObject(dom::object object) {
  int64_t ms = 0;
  std::string_view type;
  std::string_view hex;
  if (object["hex"].get(hex) == simdjson::SUCCESS) {
    return GoQuoted(FromHex(hex));
  }
  if (object["type"].get(type) != simdjson::SUCCESS) {
    return object["ms"].get(ms) == simdjson::SUCCESS && ms != 0 ? Cat(ms) : "";
  }
  std::map<std::string_view, std::string> fields;
  for (const auto& [name, value] : object) {
    std::string text = RecordedTree(value);
    const bool is_infinity = name == "Val" && type == "NumberLiteral" && value.is_string();
    if (is_infinity) {
      text = std::string(std::string_view(value));
    }
    if (name != "type" && !text.empty() && text != "[0,0]") {
      fields[name] = text;
    }
  }
  std::string out = Cat(type, "{");
  std::string_view before;
  for (const auto& [name, text] : fields) {
    Append(&out, before, name, "=", text);
    before = ",";
  }
  return Cat(out, "}");
}

std::string RecordedTree(dom::element value) {
  switch (value.type()) {
    case dom::element_type::OBJECT:
      return RecordedObject(value);
    case dom::element_type::ARRAY: {
      std::string out;
      for (const dom::element item : dom::array(value)) {
        const std::string text = RecordedTree(item);
        Append(&out, out.empty() ? "[" : ",", text.empty() ? (item.is_string() ? "\"\"" : "0") : text);
      }
      return out.empty() ? out : Cat(out, "]");
    }
    case dom::element_type::STRING: {
      const std::string_view text(value);
      return text.empty() ? "" : GoQuoted(text);
    }
    case dom::element_type::BOOL:
      return bool(value) ? "true" : "";
    case dom::element_type::NULL_VALUE:
      return "";
    default: {
      const double number(value);
      return number == 0 ? "" : value.is_int64() ? Cat(int64_t(value)) : GoFloat(number, 'g');
    }
  }
}

TEST(ParserCorpus, ValidExpressions) {
  CORPUS_OR_SKIP(path, "parser/expr_valid.json");
  dom::parser json;
  for (const dom::element test : dom::element(json.load(path))["cases"]) {
    const std::string input = InputOf(test);
    SCOPED_TRACE(Cat(std::string_view{test["id"]}, ": ", input));
    const auto expr = ParseExpr(input, CorpusFeatures());
    ASSERT_TRUE(expr.ok()) << expr.status();
    EXPECT_EQ(TreeText(**expr, true), RecordedTree(test["ast"]));
    const auto again = ParseExpr(ToString(**expr), CorpusFeatures());
    ASSERT_TRUE(again.ok()) << ToString(**expr) << ": " << again.status();
    EXPECT_EQ(ToString(**expr), ToString(**again));
    EXPECT_EQ(TreeText(**expr, true), TreeText(*Clone(**expr), true));
  }
}

LanguageFeatures AllFeatures() {
  LanguageFeatures features = CorpusFeatures();
  features.fill_modifiers = true;
  return features;
}

TEST(ParserCorpus, Printer) {
  CORPUS_OR_SKIP(path, "parser/printer.json");
  dom::parser json;
  for (const dom::element test : dom::element(json.load(path))["cases"]) {
    SCOPED_TRACE(std::string_view{test["id"]});
    const auto expr = ParseExpr(InputOf(test), AllFeatures());
    ASSERT_TRUE(expr.ok()) << expr.status();
    EXPECT_EQ(ToString(**expr), std::string_view{test["string"]});
  }
}

TEST(ParserCorpus, Prettifier) {
  CORPUS_OR_SKIP(path, "parser/pretty.json");
  dom::parser json;
  for (const dom::element test : dom::element(json.load(path))["cases"]) {
    SCOPED_TRACE(std::string_view{test["id"]});
    const auto expr = ParseExpr(InputOf(test), AllFeatures());
    ASSERT_TRUE(expr.ok()) << expr.status();
    constexpr size_t kRecordedLineLength = 10;
    EXPECT_EQ(Prettify(**expr, kRecordedLineLength), std::string_view{test["pretty"]});
  }
}

void CheckFormatted(const std::string& path) {
  dom::parser json;
  for (const dom::element test : dom::element(json.load(path))["cases"]) {
    const std::string_view input(test["expr"]);
    SCOPED_TRACE(input);
    const auto expr = ParseExpr(input, LanguageFeatures{});
    std::string_view formatted;
    if (test["formatted"].get(formatted) != simdjson::SUCCESS) {
      EXPECT_FALSE(expr.ok());
      continue;
    }
    ASSERT_TRUE(expr.ok()) << expr.status();
    EXPECT_EQ(Prettify(**expr), formatted);
  }
}

TEST(ParserCorpus, RuleExpressions) {
  CORPUS_OR_SKIP(path, "parser/corpus_rules.json");
  CheckFormatted(path);
}

TEST(ParserCorpus, DashboardExpressions) {
  CORPUS_OR_SKIP(path, "parser/corpus_dashboards.json");
  CheckFormatted(path);
}

// Expressions as people publish them, with dashboard variables, which stand for a range, a duration or a word.
TEST(ParserCorpus, PublishedExpressions) {
  const char* corpus = std::getenv("TOCSIN_CONFORMANCE");
  std::ifstream file(Cat(corpus == nullptr ? "." : corpus, "/../seldon/promql.txt"));
  if (corpus == nullptr || !file) {
    GTEST_SKIP() << "TOCSIN_CONFORMANCE is not set, or has no folder seldon beside it";
  }
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    re2::RE2::GlobalReplace(&line, R"(\[\$[^\]]*\])", "[5m]");
    re2::RE2::GlobalReplace(&line, R"(\$__\w+)", "5m");
    re2::RE2::GlobalReplace(&line, R"(\$\{?\w+(:\w+)?\}?)", "x");
    EXPECT_EQ(ParseExpr(line, LanguageFeatures{}).status(), absl::OkStatus()) << line;
  }
}

TEST(ParserCorpus, InvalidExpressions) {
  CORPUS_OR_SKIP(path, "parser/expr_invalid.json");
  dom::parser json;
  for (const dom::element test : dom::element(json.load(path))["cases"]) {
    const std::string input = InputOf(test);
    SCOPED_TRACE(Cat(std::string_view{test["id"]}, ": ", input));
    std::vector<ParseError> errors;
    const auto expr = ParseExpr(input, CorpusFeatures(), &errors);
    EXPECT_FALSE(expr.ok());
    EXPECT_EQ(Message(expr.status()), std::string_view{test["error_text"]});
    EXPECT_EQ(PrintErrors(errors), PrintExpectedErrors(test));
  }
}

}  // namespace
}  // namespace tocsin::promql
