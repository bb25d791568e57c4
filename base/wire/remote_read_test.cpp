#include "base/wire/remote_read.h"

#include "base/strings.h"
#include "base/wire/library/proto_library.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tocsin::wire {
namespace {

TEST(RemoteReadWireTest, RequestThroughTheLibrary) {
  ReadRequest request;
  request.queries = {{-5, 10, {Matcher::Equal("a", "b"), *Matcher::Create(MatchType::kNotRegexp, "c", "d|e")}}, {1, 2, {}}};
  request.accepted_types = {1, 0};
  ProtoLibrary library;
  std::string rewritten;
  ASSERT_TRUE(library.Rewrite("prometheus.ReadRequest", EncodeReadRequest(request), &rewritten));
  const absl::StatusOr<ReadRequest> decoded = DecodeReadRequest(rewritten);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->accepted_types, request.accepted_types);
  ASSERT_EQ(decoded->queries.size(), 2u);
  EXPECT_EQ(decoded->queries[0].start, -5);
  EXPECT_EQ(decoded->queries[0].matchers[1].ToString(), "c!~\"d|e\"");
}

TEST(RemoteReadWireTest, RequestErrors) {
  EXPECT_FALSE(DecodeReadRequest("\x0a\x05").ok());
  const std::string bad_type = "\x0a\x04\x1a\x02\x08\x04";
  EXPECT_EQ(tocsin::Message(DecodeReadRequest(bad_type).status()), "invalid matcher type");
  const std::string bad_regex = "\x0a\x07\x1a\x05\x08\x02\x1a\x01(";
  EXPECT_FALSE(DecodeReadRequest(bad_regex).ok());
  std::string many;
  for (size_t i = 0; i < kReadQueriesMax; ++i) {
    many.append("\x0a\x00", 2);
  }
  EXPECT_TRUE(DecodeReadRequest(many).ok());
  EXPECT_FALSE(DecodeReadRequest(many + std::string("\x0a\x00", 2)).ok());
}

TEST(RemoteReadWireTest, FramesAreChecked) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  std::string stream;
  AppendFrame("first", &stream);
  AppendFrame(std::string(300, 'x'), &stream);
  std::string_view rest = stream;
  std::string_view message;
  EXPECT_TRUE(*TakeFrame(&rest, 300, &message));
  EXPECT_EQ(message, "first");
  std::string_view cut = rest.substr(0, rest.size() - 1);
  EXPECT_FALSE(*TakeFrame(&cut, 300, &message));
  EXPECT_FALSE(TakeFrame(&rest, 299, &message).ok());
  std::string damaged(rest);
  damaged.back() ^= 1;
  rest = damaged;
  EXPECT_EQ(tocsin::Message(TakeFrame(&rest, 300, &message).status()), "chunkedReader: corrupted frame; checksum mismatch");
}

TEST(RemoteReadWireTest, ChunkedMessageThroughTheLibrary) {
  const std::vector<Label> labels = {{"a", "b"}};
  const std::vector<WireChunk> chunks = {{1, 2, 1, "data"}, {3, 4, 2, std::string_view("\0x", 2)}};
  std::string message;
  AppendChunkedSeries(labels, chunks, 7, &message);
  std::string rewritten;
  ASSERT_TRUE(ProtoLibrary().Rewrite("prometheus.ChunkedReadResponse", message, &rewritten));
  const absl::StatusOr<ChunkedReadFrame> frame = DecodeChunkedRead(rewritten);
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->query_index, 7);
  EXPECT_EQ(frame->series[0].labels.ToString(), "{a=\"b\"}");
  EXPECT_EQ(frame->series[0].chunks[1].data.size(), 2u);
}

}  // namespace
}  // namespace tocsin::wire
