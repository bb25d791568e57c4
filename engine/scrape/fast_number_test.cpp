#include "engine/scrape/fast_number.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "base/model/sample.h"
#include "base/text/float_text.h"

namespace tocsin {
namespace {

/// A number as exporters write it, or nearly one.
std::string RandomNumber(std::mt19937* random) {
  static constexpr std::string_view kCharacters = "0123456789.eE+-_xINnaf";
  const auto below = [random](int limit) { return static_cast<int>((*random)() % static_cast<unsigned>(limit)); };
  const auto digits = [&](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      text += static_cast<char>('0' + below(10));
    }
    return text;
  };
  std::string text = below(5) == 0 ? "-" : "";
  text += digits(below(below(2) == 0 ? 6 : 20));
  if (below(2) == 0) {
    text += "." + digits(below(below(2) == 0 ? 4 : 20));
  }
  if (below(4) == 0) {
    text += below(2) == 0 ? "e" : "E";
    text += below(2) == 0 ? "-" : "";
    text += digits(1 + below(3));
  }
  if (below(6) == 0 && !text.empty()) {
    text[static_cast<size_t>(below(static_cast<int>(text.size())))] =
        kCharacters[static_cast<size_t>(below(static_cast<int>(kCharacters.size())))];
  }
  return text;
}

TEST(FastNumber, ReadsWhatTheFullParserReads) {
  std::mt19937 random(17);
  for (int i = 0; i < 200'000; ++i) {
    const std::string number = RandomNumber(&random);
    const ParsedFloat expected = ParseSampleFloat(number);
    // Near the end of the text and far from it, where more of it may be looked at.
    for (const std::string& text : {number + "\n", number + " 1700000000000\nnext_metric{label=\"value\"} 12345678.5\n"}) {
      double value = 0;
      const char* const end = ReadNumber(text.data(), text.data() + text.size(), &value);
      ASSERT_EQ(end != nullptr, expected.ok()) << text;
      if (end == nullptr) {
        continue;
      }
      ASSERT_EQ(end - text.data(), static_cast<ptrdiff_t>(number.size())) << text;
      const double wanted = std::isnan(expected.value) ? kNormalNaN : expected.value;
      ASSERT_EQ(std::bit_cast<uint64_t>(value), std::bit_cast<uint64_t>(wanted)) << text;
    }
  }
}

TEST(FastNumber, MillisecondsAreDigitsOnly) {
  TimestampMs t = 0;
  const std::string text = "1700000000123\n";
  EXPECT_EQ(ReadMilliseconds(text.data(), &t), text.data() + 13);
  EXPECT_EQ(t, 1'700'000'000'123);
  EXPECT_EQ(ReadMilliseconds("-5\n", &t), nullptr);
  EXPECT_EQ(ReadMilliseconds("1234567890123456789\n", &t), nullptr);
}

}  // namespace
}  // namespace tocsin
