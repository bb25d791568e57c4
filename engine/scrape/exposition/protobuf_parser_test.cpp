#include "engine/scrape/exposition/protobuf_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>

#include "base/model/float_histogram.h"
#include "base/model/labels.h"
#include "base/strings.h"
#include "base/text/float_text.h"

namespace tocsin {
namespace {

/// Just enough of an encoder to say what a target would.
class Message {
 public:
  Message& Number(uint32_t field, uint64_t value) {
    Varint(field << 3);
    Varint(value);
    return *this;
  }
  Message& Double(uint32_t field, double value) {
    Varint(field << 3 | 1);
    const auto bits = std::bit_cast<uint64_t>(value);
    text_.append(reinterpret_cast<const char*>(&bits), sizeof bits);
    return *this;
  }
  Message& Bytes(uint32_t field, std::string_view bytes) {
    Varint(field << 3 | 2);
    Varint(bytes.size());
    text_ += bytes;
    return *this;
  }
  Message& Sub(uint32_t field, const Message& message) { return Bytes(field, message.text_); }

  std::string Delimited() const {
    Message length;
    length.Varint(text_.size());
    return length.text_ + text_;
  }

 private:
  void Varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      text_ += static_cast<char>(value | 0x80);
    }
    text_ += static_cast<char>(value);
  }

  std::string text_;
};

Message LabelOf(std::string_view name, std::string_view value) { return Message().Bytes(1, name).Bytes(2, value); }
Message Time(uint64_t seconds) { return Message().Number(1, seconds); }
Message ExemplarOf(double value, uint64_t seconds) {
  Message message;
  message.Sub(1, LabelOf("id", "x")).Double(2, value);
  return seconds == 0 ? message : message.Sub(3, Time(seconds));
}

/// Native with two positive buckets (2 and 5 observations) and classic buckets.
Message HistogramOf() {
  return Message()
      .Number(1, 8)
      .Double(2, 12.5)
      .Sub(3, Message().Number(1, 3).Double(2, 1.0).Sub(3, ExemplarOf(0.5, 7)))
      .Sub(3, Message().Number(1, 7).Double(2, 2.0))
      .Number(5, 2)  // schema 1, zigzag
      .Double(6, 0.001)
      .Number(7, 1)
      .Sub(12, Message().Number(1, 0).Number(2, 2))
      .Bytes(13, "\x04\x06")  // +2, +3
      .Sub(15, Time(3))
      .Sub(16, ExemplarOf(1.5, 9))
      .Sub(16, ExemplarOf(2.5, 0));
}

std::vector<std::string> AllEntries(const std::string& body, ExpositionOptions options) {
  options.created_timestamps = true;
  ProtobufParser parser(body, options);
  std::vector<std::string> all;
  while (true) {
    const EntryKind kind = parser.Next();
    const ExpositionEntry& entry = parser.entry();
    switch (kind) {
      case EntryKind::kEnd:
        return all;
      case EntryKind::kError:
        all.push_back("error " + parser.error());
        return all;
      case EntryKind::kHelp:
        all.push_back(Cat("help ", entry.family, " ", entry.text));
        break;
      case EntryKind::kUnit:
        all.push_back(Cat("unit ", entry.family, " ", entry.text));
        break;
      case EntryKind::kType:
        all.push_back(Cat("type ", entry.family, " ", ToString(entry.type)));
        break;
      default: {
        LabelPairs labels;
        parser.ReadLabels(&labels);
        std::string text = Labels::FromPairs(labels).ToString();
        Append(&text, " ", kind == EntryKind::kHistogram ? HistogramToString(entry.histogram) : GoFloat(entry.value, 'g'));
        Append(&text, entry.has_timestamp ? Cat(" @", entry.timestamp) : "", " from ", parser.StartTimestamp());
        Exemplar exemplar;
        while (parser.NextExemplar(&exemplar)) {
          Append(&text, " exemplar ", exemplar.value, " @", exemplar.t);
        }
        all.push_back(text);
      }
    }
  }
}

TEST(ProtobufParser, CountersGaugesSummaries) {
  const std::string body =
      Message()
          .Bytes(1, "c_seconds_total")
          .Bytes(2, "Help.")
          .Number(3, 0)
          .Bytes(5, "seconds")
          .Sub(4,
               Message().Sub(1, LabelOf("a", "b")).Sub(3, Message().Double(1, 3).Sub(2, ExemplarOf(2, 5)).Sub(3, Time(1))).Number(6, 1500))
          .Delimited() +
      Message().Bytes(1, "empty").Number(3, 1).Delimited() +
      Message()
          .Bytes(1, "s")
          .Number(3, 2)
          .Sub(4, Message().Sub(4, Message().Number(1, 4).Double(2, 1.5).Sub(3, Message().Double(1, 0.5).Double(2, 9))))
          .Delimited();
  EXPECT_THAT(AllEntries(body, {}),
              testing::ElementsAre("help c_seconds_total Help.", "unit c_seconds_total seconds", "type c_seconds_total counter",
                                   "{__name__=\"c_seconds_total\", a=\"b\"} 3 @1500 from 1000 exemplar 2 @5000", "help s ",
                                   "type s summary", "{__name__=\"s_count\"} 4 from 0", "{__name__=\"s_sum\"} 1.5 from 0",
                                   "{__name__=\"s\", quantile=\"0.5\"} 9 from 0"));
}

TEST(ProtobufParser, NativeAndClassicHistograms) {
  const std::string body = Message().Bytes(1, "h").Number(3, 4).Sub(4, Message().Sub(7, HistogramOf())).Delimited();
  const std::string native =
      "{__name__=\"h\"} {count:8, sum:12.5, [-0.001,0.001]:1, (0.7071067811865475,1]:2, (1,1.414213562373095]:5} from 3000 exemplar 1.5 "
      "@9000";
  const std::vector<std::string> classic = {"{__name__=\"h_count\"} 8 from 3000", "{__name__=\"h_sum\"} 12.5 from 3000",
                                            "{__name__=\"h_bucket\", le=\"1.0\"} 3 from 3000 exemplar 0.5 @7000",
                                            "{__name__=\"h_bucket\", le=\"2.0\"} 7 from 3000",
                                            "{__name__=\"h_bucket\", le=\"+Inf\"} 8 from 3000"};
  const auto with_head = [](std::vector<std::string> samples) {
    samples.insert(samples.begin(), {"help h ", "type h histogram"});
    return samples;
  };
  EXPECT_EQ(AllEntries(body, {}), with_head({native}));
  ExpositionOptions keep;
  keep.keep_classic = true;
  std::vector<std::string> both = classic;
  both.insert(both.begin(), native);
  EXPECT_EQ(AllEntries(body, keep), with_head(both));
  ExpositionOptions ignore;
  ignore.ignore_native_histograms = true;
  EXPECT_EQ(AllEntries(body, ignore), with_head(classic));
  ignore.convert_classic_histograms_to_nhcb = true;
  const std::vector<std::string> converted = AllEntries(body, ignore);
  ASSERT_EQ(converted.size(), 3U);
  EXPECT_THAT(converted[2], testing::HasSubstr("{count:8, sum:12.5, [-Inf,1]:3, (1,2]:4, (2,+Inf]:1}"));
}

TEST(ProtobufParser, DamageIsAnError) {
  const std::string body = Message().Bytes(1, "h").Number(3, 4).Sub(4, Message().Sub(7, HistogramOf())).Delimited();
  EXPECT_EQ(AllEntries(body.substr(0, body.size() - 1), {}).back(), Cat("error clientpb: insufficient length of buffer, expected at least ",
                                                                        body.size(), " bytes, got ", body.size() - 1, " bytes"));
  EXPECT_EQ(AllEntries("\xff\xff\xff\xff\xff\xff", {}).back(), "error clientpb: invalid varint encountered");
  EXPECT_EQ(AllEntries(Message().Bytes(1, "x").Number(3, 9).Sub(4, Message()).Delimited(), {}).back(),
            "error unknown metric type for metric \"x\": 9");
  const Message unfit = Message().Sub(12, Message().Number(2, 3)).Bytes(13, "\x02");
  EXPECT_EQ(AllEntries(Message().Bytes(1, "h").Number(3, 4).Sub(4, Message().Sub(7, unfit)).Delimited(), {}).back(),
            "error histogram \"h\": positive side: spans require 3 buckets, have 1");
}

}  // namespace
}  // namespace tocsin
