#include "base/wire/proto_reader.h"

#include <cmath>
#include <limits>
#include <string>

#include "base/wire/proto_writer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin::wire {
namespace {

TEST(ProtoReaderTest, ReadsWhatTheWriterWrites) {
  std::string message;
  ProtoWriter writer(&message);
  writer.Varint(1, std::numeric_limits<uint64_t>::max());
  writer.Int64(2, -1);
  writer.SInt64(3, std::numeric_limits<int64_t>::min());
  writer.Double(4, -0.0);
  writer.Bytes(5, "text");
  writer.Message(6, [](ProtoWriter& inner) { inner.Bytes(1, std::string(200, 'x')); });
  writer.Varint(7, 0);
  ProtoReader reader(message);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.tag(), Tag(1, kVarint));
  EXPECT_EQ(reader.uint64(), std::numeric_limits<uint64_t>::max());
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.int64(), -1);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.sint64(), std::numeric_limits<int64_t>::min());
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(std::signbit(reader.float64()));
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.bytes(), "text");
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.bytes().size(), 203u);
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(ProtoReaderTest, SkipsGroups) {
  const std::string message = std::string("\x0b\x10\x05\x13\x14\x0c", 6) + "\x18\x07";  // group 1 {2: 5, group 2 {}}, 3: 7
  ProtoReader reader(message);
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.tag(), Tag(3, kVarint));
  EXPECT_EQ(reader.uint64(), 7u);
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(ProtoReaderTest, Damage) {
  const std::string cases[] = {
      "\x08",                                              // no value
      std::string("\x09\x01\x02", 3),                      // a cut fixed64
      "\x0a\x05xx",                                        // bytes that reach beyond the end
      std::string("\x00\x01", 2),                          // field 0
      "\x0b\x08\x01",                                      // a group without end
      "\x0b\x14",                                          // a group with another one's end
      "\x0c",                                              // an end without group
      "\x0f\x01",                                          // wire type 7
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",  // eleven bytes
      std::string(200, '\x0b'),                            // too deep
  };
  for (const std::string& message : cases) {
    ProtoReader reader(message);
    while (reader.Next()) {
    }
    EXPECT_FALSE(reader.ok()) << testing::PrintToString(message);
  }
}

TEST(ProtoReaderTest, BitsTooManyAreLostAsInTheLibrary) {
  ProtoReader value("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
  ASSERT_TRUE(value.Next());
  EXPECT_EQ(value.uint64(), UINT64_MAX);
  ProtoReader tag("\x88\x80\x80\x80\x10\x05");
  ASSERT_TRUE(tag.Next());
  EXPECT_EQ(tag.field(), 1u);
}

TEST(ProtoReaderTest, PackedFields) {
  std::vector<uint64_t> values;
  const auto add = [&values](uint64_t value) { return values.push_back(value), values.size() < 4; };
  EXPECT_TRUE(ReadPackedVarints(std::string_view("\x01\x80\x01\x00", 4), add));
  EXPECT_THAT(values, testing::ElementsAre(1, 128, 0));
  EXPECT_FALSE(ReadPackedVarints("\x01", add)) << "the receiver has enough";
  EXPECT_FALSE(ReadPackedVarints("\x80", add));
  EXPECT_FALSE(ReadPackedDoubles("1234567", [](double) { return true; }));
}

}  // namespace
}  // namespace tocsin::wire
