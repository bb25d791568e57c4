#include "base/compress/compress.h"

#include <gtest/gtest.h>

#include <string>

#include "base/strings.h"

namespace tocsin {
namespace {

std::string CompressiblePage(size_t bytes) {
  std::string page;
  for (int i = 0; page.size() < bytes; ++i) {
    page += "http_requests_total{code=\"" + std::to_string(i % 7) + "\",path=\"/p" + std::to_string(i * 31 % 101) + "\"} " +
            std::to_string(i) + "\n";
  }
  page.resize(bytes);
  return page;
}

struct Codec {
  const char* name;
  void (*encode)(std::string_view, std::string*);
};

class CompressTest : public testing::TestWithParam<Codec> {};

TEST_P(CompressTest, RoundTripsEverySize) {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{4095}, size_t{262144}, size_t{262145}, size_t{3'000'000}}) {
    const std::string page = CompressiblePage(bytes);
    std::string encoded;
    GetParam().encode(page, &encoded);
    std::string decoded = "kept";
    const absl::Status status = ContentDecode(GetParam().name, encoded, bytes, &decoded);
    ASSERT_TRUE(status.ok()) << status << " at " << bytes;
    EXPECT_EQ(decoded, "kept" + page);
  }
}

TEST_P(CompressTest, OneByteAboveTheLimitIsRefused) {
  for (const size_t bytes : {size_t{1}, size_t{100}, size_t{262144}, size_t{3'000'000}}) {
    std::string encoded;
    GetParam().encode(CompressiblePage(bytes), &encoded);
    std::string decoded;
    const absl::Status status = ContentDecode(GetParam().name, encoded, bytes - 1, &decoded);
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << bytes;
    EXPECT_EQ(tocsin::Message(status), "body size limit exceeded");
    EXPECT_TRUE(decoded.empty());
  }
}

TEST_P(CompressTest, EveryCutIsRefused) {
  std::string encoded;
  GetParam().encode(CompressiblePage(2000), &encoded);
  for (size_t length = 0; length < encoded.size(); ++length) {
    std::string decoded;
    EXPECT_FALSE(ContentDecode(GetParam().name, std::string_view(encoded).substr(0, length), 1 << 20, &decoded).ok()) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(All, CompressTest,
                         testing::Values(Codec{"gzip", GzipEncode}, Codec{"zstd", ZstdEncode}, Codec{"snappy", SnappyEncode}),
                         [](const auto& param) { return param.param.name; });

TEST(Compress, GzipMembersFollowEachOther) {
  std::string encoded;
  GzipEncode("first ", &encoded);
  GzipEncode("second", &encoded);
  std::string decoded;
  ASSERT_TRUE(GzipDecode(encoded, 100, &decoded).ok());
  EXPECT_EQ(decoded, "first second");
}

TEST(Compress, PiecesMakeOneBody) {
  for (const char* name : {"gzip", "zstd"}) {
    const auto encoder = name == std::string("gzip") ? MakeGzipEncoder() : MakeZstdEncoder();
    const std::string page = CompressiblePage(700'000);
    std::string encoded;
    for (size_t at = 0; at < page.size(); at += 65'536) {
      encoder->Write(std::string_view(page).substr(at, 65'536), &encoded);
    }
    encoder->Finish(&encoded);
    std::string decoded;
    ASSERT_TRUE(ContentDecode(name, encoded, page.size(), &decoded).ok());
    EXPECT_EQ(decoded, page);
  }
}

TEST(Compress, UnknownEncoding) {
  std::string decoded;
  EXPECT_EQ(tocsin::Message(ContentDecode("br", "x", 10, &decoded)), "unsupported content encoding \"br\"");
  EXPECT_TRUE(ContentDecode("Identity", "x", 1, &decoded).ok());
  EXPECT_EQ(decoded, "x");
}

}  // namespace
}  // namespace tocsin
