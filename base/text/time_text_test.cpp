#include "base/text/time_text.h"

#include <gtest/gtest.h>

#include "base/strings.h"

namespace tocsin {
namespace {

TEST(TimeTextTest, FormatsAsGoDoes) {
  EXPECT_EQ(FormatRfc3339Nano(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339Nano(1'700'000'000'120), "2023-11-14T22:13:20.12Z");
  EXPECT_EQ(FormatRfc3339Nano(UnixTime{.seconds = 951'782'400, .nanos = 1}), "2000-02-29T00:00:00.000000001Z");
  EXPECT_EQ(FormatRfc3339Nano(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(FormatRfc3339Nano(kGoZeroTimeMs), "0001-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339Nano(kApiMaxTime), "292277025-08-18T07:12:54.999Z");
  EXPECT_EQ(FormatRfc3339Nano(kApiMinTime), "-292273086-05-16T16:47:06Z");
  EXPECT_EQ(FormatRfc3339Ms(1'700'000'000'000), "2023-11-14T22:13:20.000Z");
}

TEST(TimeTextTest, ReadsRfc3339) {
  EXPECT_EQ(ToMs(ParseRfc3339("2023-11-14T22:13:20.1239999999Z").value()), 1'700'000'000'123);
  EXPECT_EQ(ToMs(ParseRfc3339("2023-11-14T23:13:20+01:00").value()), 1'700'000'000'000);
  EXPECT_EQ(ToMs(ParseRfc3339("1969-12-31T23:59:59.5Z").value()), -500);
  for (const std::string_view bad : {"", "2023-11-14", "2023-13-14T22:13:20Z", "2023-02-30T22:13:20Z", "2023-11-14T24:13:20Z",
                                     "2023-11-14T22:13:20", "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20Zx", "2023-11-14t22:13:20Z"}) {
    EXPECT_FALSE(ParseRfc3339(bad).ok()) << bad;
  }
}

TEST(TimeTextTest, ReadsApiTimes) {
  EXPECT_EQ(ParseApiTime("1435781451.7814").value(), 1435781451781);
  EXPECT_EQ(ParseApiTime("-1e3").value(), -1'000'000);
  EXPECT_EQ(ParseApiTime("2015-06-03T13:21:58.555Z").value(), 1433337718555);
  EXPECT_EQ(ParseApiTime("-292273086-05-16T16:47:06Z").value(), kApiMinTime);
  EXPECT_EQ(ParseApiTime("292277025-08-18T07:12:54.999999999Z").value(), kApiMaxTime);
  EXPECT_EQ(Message(ParseApiTime("a\"b").status()), R"(cannot parse "a\"b" to a valid timestamp)");
}

}  // namespace
}  // namespace tocsin
