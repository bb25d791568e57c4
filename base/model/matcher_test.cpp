#include "base/model/matcher.h"

#include <gtest/gtest.h>

#include "base/strings.h"

namespace tocsin {
namespace {

TEST(Matcher, MatchesByType) {
  const auto matches = [](MatchType type, const char* pattern, std::string_view value) {
    return Matcher::Create(type, "a", pattern)->Matches(value);
  };
  EXPECT_TRUE(matches(MatchType::kEqual, "x", "x"));
  EXPECT_FALSE(matches(MatchType::kEqual, "x", "xx"));
  EXPECT_TRUE(matches(MatchType::kNotEqual, "x", ""));
  EXPECT_TRUE(matches(MatchType::kRegexp, "a|b.*", "bc"));
  EXPECT_FALSE(matches(MatchType::kRegexp, "a|b", "ab"));
  EXPECT_TRUE(matches(MatchType::kRegexp, "a.b", "a\nb"));
  EXPECT_TRUE(matches(MatchType::kNotRegexp, "a|b", "ab"));
}

TEST(Matcher, PrintsAsUpstream) {
  EXPECT_EQ(Matcher::Equal("a", "x\"y").ToString(), R"(a="x\"y")");
  EXPECT_EQ(Matcher::Equal("a.b", "").ToString(), R"("a.b"="")");
  EXPECT_EQ(Matcher::Create(MatchType::kNotRegexp, "a", "x+")->ToString(), R"(a!~"x+")");
}

TEST(Matcher, RefusesBadRegularExpressionsWithGoTexts) {
  EXPECT_EQ(Message(Matcher::Create(MatchType::kRegexp, "a", "(x").status()), "error parsing regexp: missing closing ): `(x`");
}

}  // namespace
}  // namespace tocsin
