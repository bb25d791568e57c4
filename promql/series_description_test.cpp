#include "promql/series_description.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "base/text/float_text.h"

namespace tocsin::promql {
namespace {

// "1 _ stale"
std::string Print(const absl::StatusOr<SeriesDescription>& series) {
  if (!series.ok()) {
    return std::string(Message(series.status()));
  }
  std::string out;
  for (const SequenceValue& value : series->values) {
    out.append(out.empty() ? "" : " ");
    out.append(value.omitted ? "_" : value.histogram ? "h" : IsStaleNaN(value.value) ? "stale" : GoFloat(value.value, 'g'));
  }
  return out;
}

TEST(SeriesDescription, ExpandsItems) {
  const auto values = [](std::string_view text) { return Print(ParseSeriesDescription(Cat("m ", text))); };
  EXPECT_EQ(values("1 -2.5 _ stale"), "1 -2.5 _ stale");
  EXPECT_EQ(values("1+2x3"), "1 3 5 7");
  EXPECT_EQ(values("1-2x2 _x2 7x1"), "1 -1 -3 _ _ 7 7");
  EXPECT_EQ(values("Inf NaN -Inf .5"), "+Inf NaN -Inf 0.5");
  EXPECT_EQ(values("{{sum:1}}+{{sum:2}}x2"), "h h h");
  EXPECT_EQ(values("1e3"), "1000");
  EXPECT_EQ(values("1 foo"), "1:5: parse error: unexpected identifier \"foo\" in series values, expected number or \"stale\"");
  EXPECT_EQ(values("1x1.5"), "1:5: parse error: invalid repetition in series values: strconv.ParseUint: parsing \"1.5\": invalid syntax");
}

TEST(SeriesDescription, KeepsItsLimit) {
  EXPECT_EQ(ParseSeriesDescription(Cat("m 1x", kMaxSeriesValues - 1))->values.size(), kMaxSeriesValues);
  EXPECT_FALSE(ParseSeriesDescription(Cat("m 1x", kMaxSeriesValues)).ok());
  EXPECT_FALSE(ParseSeriesDescription("m _x18446744073709551615").ok());
}

TEST(StartTimestampLine, ReadsOffsets) {
  EXPECT_TRUE(IsStartTimestampLine(R"(  m{a="b"}@st _ 1m)"));
  EXPECT_FALSE(IsStartTimestampLine("m @st"));
  EXPECT_FALSE(IsStartTimestampLine("m 1 2"));
  const auto line = ParseStartTimestampLine(R"(m{a="b"}@st _ _x2 -30s-1mx1 0 5msx1)");
  EXPECT_EQ(line->labels, Labels::Of({{"__name__", "m"}, {"a", "b"}}));
  EXPECT_EQ(Print(line), "_ _ _ -30000 -90000 0 5 5");
  EXPECT_EQ(Print(ParseStartTimestampLine("m@st 1m+x")),
            "invalid @st sequence: invalid ST item \"1m+x\": invalid step duration: expected digits in duration \"+x\"");
  EXPECT_EQ(Print(ParseStartTimestampLine("m@st _x0")), "invalid @st sequence: invalid ST item \"_x0\": invalid repeat count");
}

}  // namespace
}  // namespace tocsin::promql
