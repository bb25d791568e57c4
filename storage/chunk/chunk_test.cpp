#include "storage/chunk/chunk.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "storage/chunk/histogram_chunk.h"
#include "storage/chunk/varbit.h"
#include "storage/chunk/xor_chunk.h"

namespace tocsin {
namespace {

TEST(VarbitTest, RoundTripsAtTheBordersOfEachWidth) {
  std::vector<int64_t> numbers = {0, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  for (int bits = 1; bits < 63; ++bits) {
    for (const int64_t near : {-2, -1, 0, 1, 2}) {
      numbers.push_back((int64_t{1} << bits) + near);
      numbers.push_back(-(int64_t{1} << bits) + near);
    }
  }
  BitWriter out;
  for (const int64_t number : numbers) {
    WriteVarbitInt(number, &out);
    WriteVarbitUint(static_cast<uint64_t>(number), &out);
  }
  BitReader in(out.bytes());
  for (const int64_t number : numbers) {
    EXPECT_EQ(ReadVarbitInt(&in), number);
    EXPECT_EQ(ReadVarbitUint(&in), static_cast<uint64_t>(number));
  }
  EXPECT_TRUE(in.ok());
}

struct OpenXor {
  XorState state;
  uint8_t* buffer = nullptr;
  TimestampMs last_t = 0;
  double last_value = 0;
  uint32_t delta = 0;

  ~OpenXor() { std::free(buffer); }
  void Append(TimestampMs t, double value) {
    XorAppend(t, value, last_t, last_value, &delta, &state, &buffer);
    last_t = t;
    last_value = value;
  }
  std::span<const uint8_t> bytes() const { return {buffer, state.size}; }
};

TEST(XorChunkTest, ConstantSeriesTakesTwoBitsASample) {
  OpenXor chunk;
  for (int i = 0; i < 120; ++i) {
    chunk.Append(1'700'000'000'000 + i * 15'000, 1);
  }
  // count 2, first time 6 and value 8, second delta 2 and a bit, then 2 bits each.
  EXPECT_EQ(chunk.state.size, 2 + 6 + 8 + 2 + (1 + 118 * 2 + 7) / 8);
}

TEST(XorChunkTest, BytesAreThoseOfThePublishedFormat) {
  OpenXor chunk;
  chunk.Append(1000, 1);
  chunk.Append(2000, 2);
  chunk.Append(3000, 2);
  // 3 samples; varint 1000; 1.0; uvarint 1000; then the bits 11 00001 001011 11111111111 (a new window: 1 leading zero, 11 significant
  // bits) 0 0.
  const std::vector<uint8_t> expected = {0x00, 0x03, 0xd0, 0x0f, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xe8, 0x07, 0xc2, 0x5f, 0xff, 0x00};
  EXPECT_EQ(std::vector<uint8_t>(chunk.bytes().begin(), chunk.bytes().end()), expected);
}

// The samples from each place on, as differences that the last sample makes whole.
TEST(XorChunkTest, ATailIsReadFromAMarkAtAnyPlace) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 20; ++round) {
    OpenXor chunk;
    SampleColumns all;
    std::vector<XorMark> marks;
    double value = 0;
    TimestampMs t = 1'700'000'000'000;
    for (int i = 0; i < 60; ++i) {
      const uint64_t kind = random() % 5;
      value = kind == 0 ? std::bit_cast<double>(random()) : kind == 1 ? kStaleNaN : kind == 2 ? value : value + 3;
      t += random() % 8 == 0 ? static_cast<TimestampMs>(1 + random() % 4'000'000'000) : 15'000;
      marks.push_back(i == 0 ? 0 : XorMarkAtEnd(chunk.state));
      chunk.Append(t, value);
      all.timestamps.push_back(t);
      all.values.push_back(value);
    }
    for (size_t from = 2; from < all.size(); ++from) {
      const auto behind = static_cast<uint16_t>(all.size() - from);
      XorTail tail{marks[from], behind, chunk.delta, t, value};
      SampleColumns got;
      got.timestamps.push_back(7);
      got.values.push_back(7);
      EXPECT_FALSE(XorReadTail(chunk.bytes(), tail, all.timestamps[from - 1], kMaxTimestamp, &got))
          << "one in front of the mark counts too";
      ASSERT_EQ(got.size(), 1U);
      const TimestampMs until = all.timestamps[from + random() % behind];
      if (!tail.Reaches(all.timestamps[from])) {
        continue;  // the distances are not regular enough to try
      }
      ASSERT_TRUE(XorReadTail(chunk.bytes(), tail, all.timestamps[from], until, &got));
      for (size_t i = 1; i < got.size(); ++i) {
        ASSERT_EQ(got.timestamps[i], all.timestamps[from + i - 1]);
        ASSERT_EQ(std::bit_cast<uint64_t>(got.values[i]), std::bit_cast<uint64_t>(all.values[from + i - 1]));
      }
      ASSERT_EQ(got.timestamps.back(), until);
    }
  }
}

TEST(XorChunkTest, RoundTripsRandomSamples) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    OpenXor chunk;
    SampleColumns expected;
    TimestampMs t = static_cast<TimestampMs>(random() % 2'000'000'000'000) - 1'000'000'000'000;
    double value = 0;
    const size_t count = 1 + random() % 200;
    for (size_t i = 0; i < count; ++i) {
      switch (random() % 6) {
        case 0:
          value = std::bit_cast<double>(random());
          break;
        case 1:
          value += static_cast<double>(random() % 1000);
          break;
        case 2:
          value = kStaleNaN;
          break;
        case 3:
          value = static_cast<double>(random() % 100) / 10;
          break;
        default:
          break;
      }
      chunk.Append(t, value);
      expected.timestamps.push_back(t);
      expected.values.push_back(value);
      const uint64_t steps[] = {15'000, 15'000, 15'001, 14'000, 1 + random() % 4'000'000'000, 1};
      t += static_cast<TimestampMs>(steps[random() % 6]);
    }
    EXPECT_EQ(XorFirstTime(chunk.buffer, chunk.state.size), expected.timestamps[0]);
    SampleColumns got;
    ASSERT_TRUE(XorRead(chunk.bytes(), kMinTimestamp, kMaxTimestamp, &got));
    ASSERT_EQ(got.timestamps, expected.timestamps);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(std::bit_cast<uint64_t>(got.values[i]), std::bit_cast<uint64_t>(expected.values[i]));
    }
    SampleColumns cut;
    XorRead(chunk.bytes().first(random() % chunk.state.size), kMinTimestamp, kMaxTimestamp, &cut);
    ASSERT_LE(cut.size(), count);
  }
}

FloatHistogram RandomHistogram(std::mt19937_64& random, bool integers) {
  FloatHistogram h;
  h.schema = 3;
  h.zero_threshold = 0.001;
  const auto number = [&] { return integers ? static_cast<double>(random() % 50) : static_cast<double>(random() % 500) / 10; };
  h.zero_count = number();
  h.count = h.zero_count;
  h.sum = static_cast<double>(random() % 100000) / 7;
  for (auto* side : {&h.positive_buckets, &h.negative_buckets}) {
    std::vector<int64_t> indexes;
    for (int64_t i = -5; i < 8; ++i) {
      if (random() % 3 == 0) {
        indexes.push_back(i);
        side->push_back(number());
        h.count += side->back();
      }
    }
    (side == &h.positive_buckets ? h.positive_spans : h.negative_spans) = SpansOf(indexes);
  }
  return h;
}

// The buckets that are not empty, by their index.
std::vector<std::pair<int64_t, double>> Filled(const std::vector<Span>& spans, const std::vector<double>& counts) {
  std::vector<std::pair<int64_t, double>> filled;
  const std::vector<int64_t> indexes = BucketIndexes(spans);
  for (size_t i = 0; i < indexes.size(); ++i) {
    if (counts[i] != 0) {
      filled.emplace_back(indexes[i], counts[i]);
    }
  }
  return filled;
}

void ExpectSameHistogram(const FloatHistogram& got, const FloatHistogram& expected) {
  EXPECT_EQ(got.schema, expected.schema);
  EXPECT_EQ(got.zero_threshold, expected.zero_threshold);
  EXPECT_EQ(got.zero_count, expected.zero_count);
  EXPECT_EQ(got.count, expected.count);
  EXPECT_EQ(got.sum, expected.sum);
  EXPECT_EQ(got.custom_values, expected.custom_values);
  EXPECT_EQ(Filled(got.positive_spans, got.positive_buckets), Filled(expected.positive_spans, expected.positive_buckets));
  EXPECT_EQ(Filled(got.negative_spans, got.negative_buckets), Filled(expected.negative_spans, expected.negative_buckets));
}

TEST(HistogramChunkTest, RoundTripsRandomHistograms) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    const bool integers = round % 2 == 0;
    HistogramChunkWriter writer(integers);
    writer.Clear(ChunkStart::kGauge);
    std::vector<FloatHistogram> expected;
    for (int i = 0; i < 20; ++i) {
      FloatHistogram h = RandomHistogram(random, integers);
      h.counter_reset_hint = CounterResetHint::kGauge;
      if (writer.count() > 0) {
        ASSERT_EQ(writer.Fits(h), HistogramChunkWriter::Fit::kFits);
      }
      writer.Append(1000 * i, h);
      expected.push_back(h);
    }
    const std::span<const uint8_t> bytes(reinterpret_cast<const uint8_t*>(writer.bytes().data()), writer.bytes().size());
    SampleColumns got;
    ASSERT_TRUE(HistogramChunkRead(bytes, integers, kMinTimestamp, kMaxTimestamp, &got));
    ASSERT_EQ(got.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      ExpectSameHistogram(*got.histograms[i], expected[i]);
      EXPECT_EQ(got.histograms[i]->counter_reset_hint, CounterResetHint::kGauge);
    }
    HistogramChunkWriter again(integers);
    ASSERT_TRUE(again.Restore(bytes));
    EXPECT_EQ(again.bytes(), writer.bytes());
  }
}

TEST(HistogramChunkTest, TellsResetsAndOtherLayouts) {
  FloatHistogram h;
  h.schema = 1;
  h.count = 10;
  h.positive_spans = {{0, 2}};
  h.positive_buckets = {4, 6};
  HistogramChunkWriter writer(true);
  writer.Append(1, h);
  FloatHistogram grown = h;
  grown.count = 11;
  grown.positive_spans = {{0, 3}};
  grown.positive_buckets = {4, 6, 1};
  EXPECT_EQ(writer.Fits(grown), HistogramChunkWriter::Fit::kFits);
  writer.Append(2, grown);
  EXPECT_EQ(writer.Fits(h), HistogramChunkWriter::Fit::kCounterReset);
  FloatHistogram coarser = grown;
  coarser.schema = 0;
  EXPECT_EQ(writer.Fits(coarser), HistogramChunkWriter::Fit::kOtherLayout);
  FloatHistogram stale;
  stale.sum = kStaleNaN;
  EXPECT_EQ(writer.Fits(stale), HistogramChunkWriter::Fit::kFits);
  writer.Append(3, stale);
  EXPECT_EQ(writer.Fits(grown), HistogramChunkWriter::Fit::kOtherLayout);
  writer.Append(4, stale);

  SampleColumns got;
  ASSERT_TRUE(HistogramChunkRead({reinterpret_cast<const uint8_t*>(writer.bytes().data()), writer.bytes().size()}, true, 0, 10, &got));
  ASSERT_EQ(got.size(), 4U);
  EXPECT_EQ(got.histograms[0]->counter_reset_hint, CounterResetHint::kUnknown);
  EXPECT_EQ(got.histograms[1]->counter_reset_hint, CounterResetHint::kNotReset);
  EXPECT_TRUE(IsStaleNaN(got.values[2]));
  EXPECT_TRUE(IsStaleNaN(got.histograms[3]->sum));
}

TEST(HistogramChunkTest, KeepsCustomBounds) {
  FloatHistogram h;
  h.schema = kCustomBucketsSchema;
  h.custom_values = {-1.5, 0.005, 0.1, 33554.430, 33554.431, 1e9, 1.0 / 3};
  h.count = 3;
  h.sum = 2;
  h.positive_spans = {{0, 1}, {3, 1}};
  h.positive_buckets = {1, 2};
  HistogramChunkWriter writer(true);
  writer.Append(5, h);
  SampleColumns got;
  ASSERT_TRUE(HistogramChunkRead({reinterpret_cast<const uint8_t*>(writer.bytes().data()), writer.bytes().size()}, true, 0, 10, &got));
  ExpectSameHistogram(*got.histograms[0], h);
}

TEST(ChunkListTest, AppendsDropsAndReplaces) {
  const uint8_t bytes[] = {0, 0};
  ChunkList list;
  for (TimestampMs t = 0; t < 10; ++t) {
    list.Append(ChunkPtr::Make(t, t, ChunkEncoding::kXor, bytes));
  }
  const ChunkPtr kept = list[2];
  list.Drop(3);
  ASSERT_EQ(list.size(), 7U);
  EXPECT_EQ(list.front()->min_t(), 3);
  EXPECT_EQ(kept->min_t(), 2);
  list.Replace(0, ChunkPtr());
  EXPECT_EQ(list.front()->min_t(), 4);
  list.Drop(6);
  EXPECT_TRUE(list.empty());
}

}  // namespace
}  // namespace tocsin
