#include "api/http/form.h"

#include <gtest/gtest.h>

namespace tocsin::http {
namespace {

TEST(FormTest, DecodesPairsInOrder) {
  Form form;
  EXPECT_EQ(ParseForm("query=up%7Bjob%3D%22a+b%22%7D&&match[]=x&match%5B%5D=y&flag", &form), "");
  EXPECT_EQ(form.Get("query"), "up{job=\"a b\"}");
  EXPECT_EQ(form.All("match[]"), (std::vector<std::string_view>{"x", "y"}));
  EXPECT_TRUE(form.Has("flag"));
  EXPECT_EQ(form.Get("flag"), "");
  EXPECT_FALSE(form.Has("other"));
}

TEST(FormTest, LeavesBrokenPairsOutAndNamesTheFirst) {
  Form form;
  EXPECT_EQ(ParseForm("a=%zz&b=1&c;d=2", &form), R"(invalid URL escape "%zz")");
  EXPECT_EQ(form.pairs().size(), 1u);
  EXPECT_EQ(ParseForm("c;d=2", &form), "invalid semicolon separator in query");
  EXPECT_EQ(ParseForm("x=%a", &form), R"(invalid URL escape "%a")");
}

TEST(FormTest, StopsAtTheLimit) {
  std::string text;
  for (size_t i = 0; i < kFormParametersMax; ++i) {
    text += "a=1&";
  }
  Form below;
  EXPECT_EQ(ParseForm(text, &below), "");
  Form above;
  EXPECT_EQ(ParseForm(text + "a=1", &above), "more than 10000 parameters");
}

TEST(FormTest, EscapesAndReadsBack) {
  const std::string text = "a b&c=d/é%+~";
  EXPECT_EQ(QueryEscape(text), "a+b%26c%3Dd%2F%C3%A9%25%2B~");
  std::string back;
  EXPECT_EQ(PercentDecode(QueryEscape(text), true, &back), "");
  EXPECT_EQ(back, text);
}

}  // namespace
}  // namespace tocsin::http
