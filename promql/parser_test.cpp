#include "promql/parser.h"

#include <gtest/gtest.h>

#include "base/json/writer.h"
#include "base/strings.h"
#include "promql/ast_json.h"
#include "promql/label_matchers.h"

namespace tocsin::promql {
namespace {

std::string ErrorOf(std::string_view text, const LanguageFeatures& features = {}) {
  return std::string(Message(ParseExpr(text, features).status()));
}

std::string Repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) {
    out.append(text);
  }
  return out;
}

// (a + (b * c)): every operator in parentheses.
std::string Grouped(const Expr& expr) {
  switch (expr.kind) {
    case NodeKind::kBinary: {
      const auto& node = static_cast<const BinaryExpr&>(expr);
      return Cat("(", Grouped(*node.lhs), " ", BinaryOpText(node.op), " ", Grouped(*node.rhs), ")");
    }
    case NodeKind::kUnary:
      return Cat("(-", Grouped(*static_cast<const UnaryExpr&>(expr).expr), ")");
    default:
      return ToString(expr);
  }
}

TEST(Parser, BindsByPrecedence) {
  const auto grouped = [](std::string_view text) { return Grouped(**ParseExpr(text, LanguageFeatures{})); };
  EXPECT_EQ(grouped("a or b and c"), "(a or (b and c))");
  EXPECT_EQ(grouped("a and b unless c"), "((a and b) unless c)");
  EXPECT_EQ(grouped("a == b + c"), "(a == (b + c))");
  EXPECT_EQ(grouped("a </ b or c"), "((a </ b) or c)");
  EXPECT_EQ(grouped("a - b - c"), "((a - b) - c)");
  EXPECT_EQ(grouped("a + b % c"), "(a + (b % c))");
  EXPECT_EQ(grouped("a atan2 b * c"), "((a atan2 b) * c)");
  EXPECT_EQ(grouped("a ^ b ^ c"), "(a ^ (b ^ c))");
  EXPECT_EQ(grouped("-a ^ b"), "(-(a ^ b))");
  EXPECT_EQ(grouped("-a * b"), "((-a) * b)");
  EXPECT_EQ(grouped("a ^ -b * c"), "((a ^ (-b)) * c)");
  EXPECT_EQ(grouped("-a offset 5m"), "(-a offset 5m)");
}

TEST(Parser, GatesExperimentalParts) {
  EXPECT_EQ(ErrorOf("mad_over_time(a[5m])"), R"(1:1: parse error: function "mad_over_time" is not enabled)");
  EXPECT_EQ(ErrorOf("limitk(1, a)"),
            "1:1: parse error: limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions");
  EXPECT_EQ(ErrorOf("a[5m] anchored"), "1:1: parse error: anchored modifier is experimental and not enabled");
  EXPECT_EQ(ErrorOf("a smoothed"), "1:1: parse error: smoothed modifier is experimental and not enabled");
  EXPECT_EQ(ErrorOf("a + fill(0) b"), "1:1: parse error: binop fill modifiers are experimental and not enabled");
  LanguageFeatures all;
  all.experimental_functions = true;
  all.extended_range_selectors = true;
  all.fill_modifiers = true;
  for (const std::string_view text : {"mad_over_time(a[5m])", "limitk(1, a)", "a[5m] anchored", "a smoothed", "a + fill(0) b"}) {
    EXPECT_EQ(ErrorOf(text, all), "") << text;
  }
  EXPECT_EQ(ErrorOf("a[5m + step()]"), "");
}

TEST(Parser, KeepsItsLimits) {
  const auto nested = [](int depth) { return Cat(Repeat("(", depth), "1", Repeat(")", depth)); };
  EXPECT_EQ(ErrorOf(nested(kMaxParseDepth - 1)), "");
  EXPECT_NE(ErrorOf(nested(kMaxParseDepth)).find("nested too deeply"), std::string::npos);
  const auto chain = [](int operands) { return Cat("a", Repeat("+a", operands - 1)); };
  EXPECT_EQ(ErrorOf(chain(kMaxParseDepth)), "");
  EXPECT_NE(ErrorOf(chain(kMaxParseDepth + 1)).find("nested too deeply"), std::string::npos);
  EXPECT_NE(ErrorOf(Cat("a[", Repeat("-", kMaxParseDepth + 1), "1]")).find("nested too deeply"), std::string::npos);
  EXPECT_EQ(ErrorOf(std::string(kMaxQueryBytes, ' ')), "1:1: parse error: no expression found in input");
  EXPECT_NE(ErrorOf(std::string(kMaxQueryBytes + 1, ' ')).find("longer than"), std::string::npos);
}

TEST(Parser, GivesLineAndColumn) {
  EXPECT_EQ(FormatPosition("", 0), "unknown position");
  EXPECT_EQ(FormatPosition("a\n b", 3), "2:2");
  EXPECT_EQ(FormatPosition("a", 2), "invalid position");
  EXPECT_EQ(ErrorOf("sum(\n  a,\n)"), "2:4: parse error: trailing commas not allowed in function call args");
}

TEST(Parser, GoesOnAfterErrors) {
  std::vector<ParseError> errors;
  ASSERT_FALSE(ParseExpr(R"(sum by (1) (a{b, c="d"} + ))", {}, &errors).ok());
  std::string all;
  for (const ParseError& error : errors) {
    Append(&all, error.message, "\n");
  }
  EXPECT_EQ(all,
            "unexpected number \"1\" in grouping opts, expected label\n"
            "unexpected \",\" in label matching, expected label matching operator\n"
            "unexpected \")\" in aggregation\n"
            "no arguments for aggregate expression provided\n");
}

TEST(Parser, ReadsSelectorsAndMetrics) {
  const auto matchers = ParseMetricSelector(R"(up{job=~"a|b", x!="y"})");
  ASSERT_TRUE(matchers.ok());
  ASSERT_EQ(matchers->size(), 3u);
  EXPECT_EQ((*matchers)[0].ToString(), R"(job=~"a|b")");
  EXPECT_EQ((*matchers)[2].ToString(), R"(__name__="up")");
  EXPECT_FALSE(ParseMetricSelector("up + 1").ok());
  EXPECT_FALSE(ParseMetricSelector("rate(up[5m])").ok());
  const auto metric = ParseMetric(R"(m{b="2",a="1"})");
  ASSERT_TRUE(metric.ok());
  EXPECT_EQ(*metric, Labels::Of({{"__name__", "m"}, {"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(*ParseMetric(R"({"x.y"})"), Labels::Of({{"__name__", "x.y"}}));
  EXPECT_FALSE(ParseMetric(R"(m{a!="1"})").ok());
}

TEST(Parser, KnowsNinetyFunctions) {
  EXPECT_EQ(AllFunctions().size(), 90u);
  size_t experimental = 0;
  for (const Function& function : AllFunctions()) {
    EXPECT_EQ(FindFunction(function.name), &function);
    experimental += function.experimental ? 1 : 0;
  }
  EXPECT_EQ(experimental, 17u);
  EXPECT_EQ(FindFunction("nothing"), nullptr);
}

TEST(LabelMatchers, AreSetAndDeletedEverywhere) {
  EXPECT_EQ(*SetLabelMatcher("a / b{x=\"1\"}", {}, "=~", "x", "2|3"), R"(a{x=~"2|3"} / b{x=~"2|3"})");
  EXPECT_EQ(*SetLabelMatcher("rate(a[5m])", {}, "!=", "x", ""), R"(rate(a{x!=""}[5m]))");
  EXPECT_EQ(*DeleteLabelMatcher(R"(a{x="1",y="2",x!="3"} + b)", {}, "x"), R"(a{y="2"} + b)");
  EXPECT_EQ(Message(SetLabelMatcher("a", {}, "~", "x", "").status()), "invalid label match type: ~");
}

TEST(AstJson, WritesUpstreamsObjects) {
  const auto json = [](std::string_view text) {
    const auto expr = ParseExpr(text, LanguageFeatures{});
    std::string out;
    JsonWriter writer(&out);
    WriteExprJson(**expr, &writer);
    return out;
  };
  EXPECT_EQ(json("-1"), R"({"type":"numberLiteral","val":"-1"})");
  EXPECT_EQ(json("foo[5m] offset 1m"),
            R"({"anchored":false,"matchers":[{"name":"__name__","type":"=","value":"foo"}],"name":"foo","offset":60000,"offsetExpr":null,)"
            R"("range":300000,"rangeExpr":null,"smoothed":false,"startOrEnd":null,"timestamp":null,"type":"matrixSelector"})");
  EXPECT_EQ(
      json("1 < bool 2"),
      R"({"bool":true,"lhs":{"type":"numberLiteral","val":"1"},"matching":null,"op":"\u003c","rhs":{"type":"numberLiteral","val":"2"},)"
      R"("type":"binaryExpr"})");
}

}  // namespace
}  // namespace tocsin::promql
