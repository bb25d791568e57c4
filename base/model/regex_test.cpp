#include "base/model/regex.h"

#include <gtest/gtest.h>
#include <re2/re2.h>
#include <simdjson.h>

#include "base/strings.h"
#include "tests/support/corpus.h"

namespace tocsin {
namespace {

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

TEST(RegexTest, CorpusOfMatchers) {
  CORPUS_OR_SKIP(path, "matchers/regex.json");
  const simdjson::padded_string json = test::ReadFileOrFail(path);
  simdjson::dom::parser parser;
  const simdjson::dom::element document = parser.parse(json);
  std::vector<std::string> values;
  for (const simdjson::dom::element value : document["values"].get_array()) {
    std::string_view text;
    if (value["text"].get(text) == simdjson::SUCCESS) {
      values.emplace_back(text);
    } else {
      values.push_back(FromHex(value["hex"].get_string().value()));
    }
  }
  for (const simdjson::dom::element one : document["cases"].get_array()) {
    const std::string_view pattern = one["regex"].get_string().value();
    const std::string_view expected = one["matches"].get_string().value();
    const auto regex = AnchoredRegex::Create(pattern);
    ASSERT_TRUE(regex.ok()) << pattern << ": " << regex.status();
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ((*regex)->Matches(values[i]), expected[i] == '1') << pattern << " against value " << i << ": " << values[i];
    }
  }
}

TEST(RegexTest, TakesLiteralsApart) {
  const auto literals = [](std::string_view pattern) {
    const auto regex = AnchoredRegex::Create(pattern);
    return (*regex)->literals() == nullptr ? std::vector<std::string>{"?"} : *(*regex)->literals();
  };
  EXPECT_EQ(literals("foo"), (std::vector<std::string>{"foo"}));
  EXPECT_EQ(literals("b|a|b"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(literals("x(a|b(c|))y"), (std::vector<std::string>{"xay", "xbcy", "xby"}));
  EXPECT_EQ(literals("a\\.b"), (std::vector<std::string>{"a.b"}));
  EXPECT_EQ(literals(""), (std::vector<std::string>{""}));
  EXPECT_EQ(literals("a?"), (std::vector<std::string>{"?"}));
  EXPECT_EQ(literals("(a|b)+"), (std::vector<std::string>{"?"}));
  EXPECT_EQ(literals("(?i:a)"), (std::vector<std::string>{"?"}));
  EXPECT_EQ(literals("\\d"), (std::vector<std::string>{"?"}));
}

TEST(RegexTest, AgreesWithTheExpressionItself) {
  const std::vector<std::string> patterns = {".*",   ".+",    "a.*",   ".*a",    "a.+b",  ".*a.*", ".*a.+",   "a|b.*",  "ab*",  "\u00e9?x",
                                             "a.*?", "(a.*)", "a.*|b", "[ab].*", "a\\.*", "a.b",   "(a|b).*", "aa.*aa", "a{2}", "^a$"};
  const std::vector<std::string> texts = {"",    "a",   "b",  "ab",  "aa",   "aaa",     "aaaa", "ba", "aab",
                                          "abb", "xay", "a.", "a..", "a\nb", "\u00e9x", "x",    "axb"};
  for (const std::string& pattern : patterns) {
    const auto regex = AnchoredRegex::Create(pattern);
    ASSERT_TRUE(regex.ok()) << pattern;
    for (const std::string& text : texts) {
      EXPECT_EQ((*regex)->Matches(text), re2::RE2::FullMatch(text, (*regex)->re2())) << pattern << " against " << text;
    }
  }
}

}  // namespace
}  // namespace tocsin
