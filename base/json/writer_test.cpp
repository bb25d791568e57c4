#include "base/json/writer.h"

#include <gtest/gtest.h>

#include <limits>

namespace tocsin {
namespace {

TEST(JsonWriterTest, PutsCommasBetweenValuesOnly) {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("a");
  json.BeginArray();
  json.Int(-1);
  json.BeginArray();
  json.EndArray();
  json.Null();
  json.EndArray();
  json.Field("b", "c");
  json.Key("d");
  json.BeginObject();
  json.EndObject();
  json.Key("e");
  json.Bool(true);
  json.EndObject();
  EXPECT_EQ(out, R"({"a":[-1,[],null],"b":"c","d":{},"e":true})");
}

TEST(JsonWriterTest, EscapesStringsAsGoDoes) {
  std::string out;
  AppendJsonString("<a&b>\"\\\n\r\t\x01\x7f\u2028é\xff", &out);
  EXPECT_EQ(out, "\"\\u003ca\\u0026b\\u003e\\\"\\\\\\n\\r\\t\\u0001\x7f\\u2028é\\ufffd\"");
  out.clear();
  AppendPlainJsonString("<a&b>\"\\\n\x1f\u2028\xff", &out);
  EXPECT_EQ(out, "\"<a&b>\\\"\\\\\\n\\u001f\u2028\xff\"");
}

TEST(JsonWriterTest, WritesSamplesAsTheApiDoes) {
  std::string out;
  JsonWriter json(&out);
  json.BeginArray();
  json.Timestamp(1435781451781);
  json.Timestamp(1000);
  json.Timestamp(-1005);
  json.Timestamp(50);
  json.Timestamp(kMinTimestamp);
  json.SampleValue(1e-7);
  json.SampleValue(std::numeric_limits<double>::infinity());
  json.SampleValue(18446744073709551616.0);
  json.Float(0.25);
  json.LabelSet(Labels::Of({{"a", "<1>"}, {"b", "x"}}));
  json.EndArray();
  EXPECT_EQ(out, R"([1435781451.781,1,-1.005,0.050,-9223372036854775.808,"1e-07","+Inf","18446744073709552000",0.25,{"a":"<1>","b":"x"}])");
}

TEST(JsonWriterTest, LabelSetsOfAnyLengthAndBytes) {
  const std::string longer_than_a_piece(3000, 'x');
  for (size_t before = 0; before < 20; ++before) {
    const std::string fill(before, 'a');
    for (const auto& [byte, escaped] : {std::pair<std::string, std::string>("\"", "\\\""),
                                        {"\\", "\\\\"},
                                        {"\x1f", "\\u001f"},
                                        {"\n", "\\n"},
                                        {" ", " "},
                                        {"!", "!"},
                                        {"\u00e4", "\u00e4"},
                                        {"\xff", "\xff"}}) {
      std::string out;
      JsonWriter json(&out);
      json.LabelSet(Labels::Of({{"a", "1"}, {"b", fill + byte + fill}, {"c", longer_than_a_piece}, {"d", "2"}}));
      EXPECT_EQ(out, R"({"a":"1","b":")" + fill + escaped + fill + R"(","c":")" + longer_than_a_piece + R"(","d":"2"})");
    }
  }
}

}  // namespace
}  // namespace tocsin
