#include "base/text/float_text.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include "base/strings.h"
#include "gtest/gtest.h"

namespace tocsin {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string SampleText(double value) {
  std::string text;
  AppendSampleValue(value, &text);
  return text;
}

TEST(FloatText, ShortestForms) {
  struct Case {
    double value;
    const char* e;
    const char* f;
    const char* g;
    const char* sample;
  };
  const Case cases[] = {
      {0, "0e+00", "0", "0", "0"},
      {-0.0, "-0e+00", "-0", "-0", "-0"},
      {1, "1e+00", "1", "1", "1"},
      {-1.5, "-1.5e+00", "-1.5", "-1.5", "-1.5"},
      {0.1, "1e-01", "0.1", "0.1", "0.1"},
      {100, "1e+02", "100", "100", "100"},
      {123456, "1.23456e+05", "123456", "123456", "123456"},
      {1e6, "1e+06", "1000000", "1e+06", "1000000"},
      {1234567, "1.234567e+06", "1234567", "1.234567e+06", "1234567"},
      {1234567.5, "1.2345675e+06", "1234567.5", "1.2345675e+06", "1234567.5"},
      {0.0001, "1e-04", "0.0001", "0.0001", "0.0001"},
      {0.00001, "1e-05", "0.00001", "1e-05", "0.00001"},
      {1e-6, "1e-06", "0.000001", "1e-06", "0.000001"},
      {1e-7, "1e-07", "0.0000001", "1e-07", "1e-07"},
      {9007199254740993.0, "9.007199254740992e+15", "9007199254740992", "9.007199254740992e+15", "9007199254740992"},
      {36028797018963968.0, "3.602879701896397e+16", "36028797018963970", "3.602879701896397e+16", "36028797018963970"},
      {18446744073709551616.0, "1.8446744073709552e+19", "18446744073709552000", "1.8446744073709552e+19", "18446744073709552000"},
      {1e20, "1e+20", "100000000000000000000", "1e+20", "100000000000000000000"},
      {1e21, "1e+21", "1000000000000000000000", "1e+21", "1e+21"},
      {1e23, "1e+23", "100000000000000000000000", "1e+23", "1e+23"},
      {1e100, "1e+100", nullptr, "1e+100", "1e+100"},
      {5e-324, "5e-324", nullptr, "5e-324", "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308", nullptr, "1.7976931348623157e+308", "1.7976931348623157e+308"},
      {kInfinity, "+Inf", "+Inf", "+Inf", "+Inf"},
      {-kInfinity, "-Inf", "-Inf", "-Inf", "-Inf"},
      {std::nan(""), "NaN", "NaN", "NaN", "NaN"},
      {-std::nan(""), "NaN", "NaN", "NaN", "NaN"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(GoFloat(c.value, 'e'), c.e);
    if (c.f != nullptr) {
      EXPECT_EQ(GoFloat(c.value, 'f'), c.f);
    }
    EXPECT_EQ(GoFloat(c.value, 'g'), c.g);
    EXPECT_EQ(SampleText(c.value), c.sample);
  }
}

TEST(FloatText, LongestFixedForm) {
  const std::string text = GoFloat(-2.2250738585072011e-308, 'f');
  EXPECT_EQ(text.substr(0, 5), "-0.00");
  EXPECT_EQ(std::strtod(text.c_str(), nullptr), -2.2250738585072011e-308);
  EXPECT_EQ(GoFloat(1.7976931348623157e308, 'f').size(), 309u);
}

TEST(FloatText, GivenPrecision) {
  EXPECT_EQ(GoFloat(1234.5678, 'e', 6), "1.234568e+03");
  EXPECT_EQ(GoFloat(1234.5678, 'f', 2), "1234.57");
  EXPECT_EQ(GoFloat(0.125, 'f', 2), "0.12");
  EXPECT_EQ(GoFloat(2.5, 'f', 0), "2");
  EXPECT_EQ(GoFloat(1234567, 'g', 4), "1.235e+06");
  EXPECT_EQ(GoFloat(1000, 'g', 4), "1000");
  EXPECT_EQ(GoFloat(10000, 'g', 4), "1e+04");
  EXPECT_EQ(GoFloat(0.00012345, 'g', 3), "0.000123");
  EXPECT_EQ(GoFloat(0.000012345, 'g', 3), "1.23e-05");
  EXPECT_EQ(GoFloat(-0.0, 'f', 2), "-0.00");
  EXPECT_EQ(GoFloat(kInfinity, 'f', 2), "+Inf");
  EXPECT_EQ(GoFloat(1, 'f', 500).size(), 502u);
}

TEST(FloatText, ParsesGoNumbers) {
  struct Case {
    const char* text;
    double value;
  };
  const Case cases[] = {
      {"0", 0},
      {"+1", 1},
      {"-1", -1},
      {"5.", 5},
      {".5", 0.5},
      {"1e3", 1000},
      {"1E+3", 1000},
      {"1e-3", 0.001},
      {"9007199254740993", 9007199254740992.0},
      {"123456789012345678901234567890", 1.2345678901234568e29},
      {"0.1234567890123456789", 0.12345678901234568},
      {"1.7976931348623157e308", 1.7976931348623157e308},
      {"1e-400", 0},
      {"-1e-400", -0.0},
      {"2e-324", 0},
      {"5e-324", 5e-324},
      {"0x1p-2", 0.25},
      {"0X1.8P1", 3},
      {"-0x.8p0", -0.5},
      {"1_000.5", 1000.5},
      {"0x_1p0", 1},
      {"1_23.50_0_0e+1_2", 1.235e14},
      {"inf", kInfinity},
      {"+Inf", kInfinity},
      {"-INFINITY", -kInfinity},
      {"infinity", kInfinity},
  };
  for (const Case& c : cases) {
    const ParsedFloat parsed = ParseGoFloat(c.text);
    EXPECT_TRUE(parsed.ok()) << c.text;
    EXPECT_EQ(parsed.value, c.value) << c.text;
    EXPECT_EQ(std::signbit(parsed.value), std::signbit(c.value)) << c.text;
  }
  EXPECT_TRUE(std::isnan(ParseGoFloat("NaN").value));
  EXPECT_TRUE(std::isnan(ParseGoFloat("nAn").value));
}

TEST(FloatText, RefusesWhatGoRefuses) {
  for (const char* text : {"",     "+",    "-",    ".",      "e5",   "1e",   "1e+",  "1 ",     " 1",    "1x",   "+-1",
                           "--1",  "+nan", "-NaN", "nan(1)", "infi", "in",   "0x",   "0x1",    "0x1.8", "0xp1", "0x1p",
                           "1__0", "_1",   "1_",   "1_.5",   "1._5", "1e_5", "1e5_", "0x1_p0", "1.2.3", "1p5",  "1,5"}) {
    EXPECT_EQ(ParseGoFloat(text).error, FloatError::kSyntax) << text;
  }
  EXPECT_EQ(ParseGoFloat("1e400").error, FloatError::kRange);
  EXPECT_EQ(ParseGoFloat("1e400").value, kInfinity);
  EXPECT_EQ(ParseGoFloat("-0x1p5000").error, FloatError::kRange);
  EXPECT_EQ(ParseGoFloat("-0x1p5000").value, -kInfinity);
}

TEST(FloatText, ErrorTexts) {
  EXPECT_EQ(*ParseGoFloatOrError("1e3"), 1000);
  EXPECT_EQ(tocsin::Message(ParseGoFloatOrError("a\"b").status()), "strconv.ParseFloat: parsing \"a\\\"b\": invalid syntax");
  EXPECT_EQ(tocsin::Message(ParseGoFloatOrError("1e999").status()), "strconv.ParseFloat: parsing \"1e999\": value out of range");
}

TEST(FloatText, SampleNumbersHaveNoHexAndNoUnderscore) {
  EXPECT_EQ(ParseSampleFloat("1_0").error, FloatError::kSyntax);
  EXPECT_EQ(ParseSampleFloat("0x1p1").error, FloatError::kSyntax);
  EXPECT_EQ(ParseSampleFloat("1e-3").value, 0.001);
  EXPECT_EQ(ParseSampleFloat("+Inf").value, kInfinity);
}

TEST(FloatText, RandomValuesReadBack) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random();
    double value = 0;
    static_assert(sizeof(bits) == sizeof(value));
    std::memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) {
      continue;
    }
    for (const char format : {'e', 'f', 'g'}) {
      EXPECT_EQ(ParseGoFloat(GoFloat(value, format)).value, value);
    }
    EXPECT_EQ(ParseGoFloat(SampleText(value)).value, value);
    const double small = std::round(std::fmod(value, 1e9)) / 1000;
    EXPECT_EQ(ParseGoFloat(SampleText(small)).value, small);
  }
}

}  // namespace
}  // namespace tocsin
