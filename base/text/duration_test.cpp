#include "base/text/duration.h"

#include <gtest/gtest.h>

#include "base/strings.h"

namespace tocsin {
namespace {

TEST(Duration, ReadsEachUnitAndTheirSums) {
  EXPECT_EQ(*ParseDuration("0"), 0);
  EXPECT_EQ(*ParseDuration("0s"), 0);
  EXPECT_EQ(*ParseDuration("324ms"), 324);
  EXPECT_EQ(*ParseDuration("3s"), 3 * kSecond);
  EXPECT_EQ(*ParseDuration("1h30m"), 90 * kMinute);
  EXPECT_EQ(*ParseDuration("4d1h"), 97 * kHour);
  EXPECT_EQ(*ParseDuration("2w"), 14 * kDay);
  EXPECT_EQ(*ParseDuration("3y2w1d4h5m6s7ms"), (3 * 365 + 14 + 1) * kDay + 4 * kHour + 5 * kMinute + 6 * kSecond + 7);
  EXPECT_EQ(*ParseDurationAllowNegative("-5m"), -5 * kMinute);
  EXPECT_EQ(*ParseDurationAllowNegative("5m"), 5 * kMinute);
}

TEST(Duration, RefusesWithUpstreamsTexts) {
  const auto error = [](std::string_view text) { return std::string(Message(ParseDuration(text).status())); };
  EXPECT_EQ(error(""), "empty duration string");
  EXPECT_EQ(error("1"), R"(not a valid duration string: "1")");
  EXPECT_EQ(error("-1w"), R"(not a valid duration string: "-1w")");
  EXPECT_EQ(error("1.5d"), R"(unknown unit "." in duration "1.5d")");
  EXPECT_EQ(error("d"), R"(not a valid duration string: "d")");
  EXPECT_EQ(error("10s1m"), R"(not a valid duration string: "10s1m")");
  EXPECT_EQ(error("1s1s"), R"(not a valid duration string: "1s1s")");
  EXPECT_EQ(error("1x"), R"(unknown unit "x" in duration "1x")");
  EXPECT_EQ(error("99999999999999999999y"), R"(not a valid duration string: "99999999999999999999y")");
}

TEST(Duration, KeepsTheLimit) {
  EXPECT_EQ(*ParseDuration("9223372036854ms"), kMaxDurationMs);
  EXPECT_EQ(Message(ParseDuration("9223372036855ms").status()), "duration out of range");
  EXPECT_EQ(Message(ParseDuration("293y").status()), "duration out of range");
  EXPECT_EQ(Message(ParseDuration("292y365d").status()), "duration out of range");
}

TEST(Duration, PrintsAndReadsBack) {
  EXPECT_EQ(FormatDuration(0), "0s");
  EXPECT_EQ(FormatDuration(-5 * kMinute), "-5m");
  EXPECT_EQ(FormatDuration(90 * kDay), "90d");
  EXPECT_EQ(FormatDuration(14 * kDay), "2w");
  EXPECT_EQ(FormatDuration(365 * kDay), "1y");
  EXPECT_EQ(FormatDuration(90 * kMinute), "1h30m");
  EXPECT_EQ(FormatDuration(100500), "1m40s500ms");
  for (const DurationMs duration : {1L, 999L, 1000L, 61'000L, 86'400'000L, 31'536'000'001L, kMaxDurationMs}) {
    EXPECT_EQ(*ParseDuration(FormatDuration(duration)), duration);
  }
}

}  // namespace
}  // namespace tocsin
