#include "engine/scrape/body_pieces.h"

#include <gtest/gtest.h>

#include "base/strings.h"
#include "engine/scrape/body_spill.h"
#include "engine/scrape/ingest.h"
#include "storage/head.h"
#include "tests/support/temp_dir.h"

namespace tocsin {
namespace {

std::function<ByteSource()> From(const std::string& text, bool gzip = false) {
  return [&text, gzip] {
    ByteSource source = [&text, at = size_t{0}](char* out, size_t size) mutable -> absl::StatusOr<size_t> {
      const size_t bytes = text.copy(out, std::min<size_t>(size, 50), at);
      at += bytes;
      return bytes;
    };
    return gzip ? MakeGzipSource(std::move(source)) : source;
  };
}

std::vector<std::string> AllPieces(const std::string& text, size_t piece_bytes) {
  BodyPieces pieces(From(text), 0, piece_bytes);
  std::vector<std::string> all;
  while (!pieces.at_end()) {
    const absl::Status status = pieces.Next(&all.emplace_back());
    EXPECT_TRUE(status.ok()) << status;
  }
  return all;
}

TEST(BodyPiecesTest, APieceEndsWithALineAndNothingIsLost) {
  const std::string text = "# HELP a it's \"odd\n# TYPE a gauge\na{x=\"line\nend \\\" \\\\\"} 1\n \t# \"\nb 2\n\nc{y=\"{\"} 3\nlast 4";
  for (size_t piece_bytes = 1; piece_bytes < text.size() + 2; ++piece_bytes) {
    const std::vector<std::string> pieces = AllPieces(text, piece_bytes);
    std::string joined;
    for (size_t i = 0; i < pieces.size(); ++i) {
      joined += pieces[i];
      EXPECT_TRUE(i + 1 == pieces.size() || pieces[i].ends_with('\n')) << piece_bytes << ": " << pieces[i];
      EXPECT_FALSE(pieces[i].ends_with("line\n")) << "a line end within quotes";
    }
    EXPECT_EQ(joined, text) << piece_bytes;
  }
  EXPECT_GT(AllPieces(text, 1).size(), 6U);
  EXPECT_EQ(AllPieces("a 1\nb 2\n", 4).size(), 2U) << "the last one is known to be the last";
}

TEST(BodyPiecesTest, ABodyOfTheLimitIsTooLarge) {
  const std::string text = "a 1\n";
  std::string piece;
  EXPECT_TRUE(BodyPieces(From(text), 5).Next(&piece).ok());
  EXPECT_EQ(BodyPieces(From(text), 4).Next(&piece), absl::ResourceExhaustedError("body size limit exceeded"));
}

TEST(BodyPiecesTest, AnEndlessLineIsAnError) {
  const std::string text = "a{x=\"" + std::string(BodyPieces::kLineBytesMax + 2 * BodyPieces::kPieceBytes, 'x');
  BodyPieces pieces(
      [&text] {
        return ByteSource([&text, at = size_t{0}](char* out, size_t size) mutable -> absl::StatusOr<size_t> {
          const size_t bytes = text.copy(out, size, at);
          at += bytes;
          return bytes;
        });
      },
      0);
  std::string piece;
  EXPECT_EQ(pieces.Next(&piece), absl::InvalidArgumentError("a line of the body is too long"));
}

TEST(BodyPiecesTest, DamagedGzipIsAnError) {
  std::string packed;
  GzipEncode("a 1\nb 2\n", &packed);
  packed.resize(packed.size() - 4);
  std::string piece;
  EXPECT_EQ(BodyPieces(From(packed, true), 0).Next(&piece), absl::InvalidArgumentError("unexpected EOF"));
  packed[0] = 'x';
  EXPECT_EQ(BodyPieces(From(packed, true), 0).Next(&piece), absl::InvalidArgumentError("gzip: invalid header"));
}

TEST(BodySpillTest, WhatHasNoRoomGoesToAFile) {
  MemoryShare share(10);
  const test::TempDir folder;
  BodySpill spill(share, folder.path());
  spill.Begin();
  EXPECT_TRUE(spill.HasRoom(10));
  EXPECT_EQ(share.free_bytes(), 0);
  EXPECT_FALSE(spill.HasRoom(11));
  ASSERT_TRUE(spill.Append("0123456789").ok());
  ASSERT_TRUE(spill.Append("abc").ok());
  EXPECT_EQ(share.free_bytes(), 10) << "memory no longer holds it";
  EXPECT_EQ(spill.spilled_bytes(), 13U);
  char text[20];
  ASSERT_EQ(*spill.ReadAt(8, text, sizeof(text)), 5U);
  EXPECT_EQ(std::string(text, 5), "89abc");
  EXPECT_EQ(*spill.ReadAt(13, text, sizeof(text)), 0U);
  spill.Begin();
  EXPECT_EQ(spill.spilled_bytes(), 0U);
  EXPECT_TRUE(BodySpill(share, "").HasRoom(3));
  EXPECT_EQ(BodySpill(share, "").Append("x"), BodyWithoutRoom());
}

/// What two scrapes of these bodies leave in a store, read whole (piece_bytes 0) or in pieces.
std::string Stored(const std::vector<std::string>& bodies, std::string_view type, size_t piece_bytes, bool gzip) {
  const ManualClock clock(0);
  const auto head = Head::OpenMemoryOnly({}, clock);
  Target target;
  target.public_labels = Labels::Of({{"job", "j"}});
  ScrapeConfig config;
  ScrapeMemory memory;
  std::string text;
  for (size_t i = 0; i < bodies.size(); ++i) {
    std::string packed = bodies[i];
    if (gzip) {
      packed.clear();
      GzipEncode(bodies[i], &packed);
    }
    BodyPieces pieces(From(packed, gzip), 0, std::max<size_t>(piece_bytes, 1));
    std::string body = piece_bytes == 0 ? bodies[i] : "";
    Ingest ingest(target, config, {}, &memory);
    const auto appender = head->OpenAppender();
    const auto t = static_cast<TimestampMs>(1000 * (i + 1));
    const absl::Status status = ingest.Run(&body, type, t, t, appender.get(), piece_bytes == 0 ? nullptr : &pieces);
    Append(&text, Message(status), "\n", ingest.counts().scraped, " ", ingest.counts().added, " ", ingest.counts().matched, "\n");
    EXPECT_TRUE(appender->Commit().ok());
  }
  auto querier = head->OpenQuerier(0, kMaxTimestamp);
  const auto list = (*querier)->Select(std::vector<Matcher>{Matcher::Equal("job", "j")}, {});
  for (const auto& series : *list) {
    SampleColumns samples;
    series->Read(0, kMaxTimestamp, &samples);
    Append(&text, series->labels().ToString());
    for (size_t i = 0; i < samples.size(); ++i) {
      Append(&text, " ", samples.values[i], "@", samples.timestamps[i]);
    }
    text += "\n";
  }
  return text;
}

TEST(BodyPiecesTest, AScrapeInPiecesLeavesWhatAWholeOneLeaves) {
  const std::string head = "# HELP a_total help\n# TYPE a_total counter\n";
  const std::vector<std::string> text = {head + "a_total{x=\"1\n2\"} 1\na_total{x=\"3\"} 2\nb 3\nc 4",
                                         head + "a_total{x=\"1\n2\"} 5\nnew 6\nb 7\nc 8\n", head + "b 1\nbroken{ 2\n"};
  const std::vector<std::string> metrics = {"# TYPE a counter\na_total{x=\"1\"} 1 # {id=\"7\"} 2\nb 3\n# EOF\n", "b 3\nc 4\n# EOF",
                                            "b 3\n# EOF\nc 4\n", "b 3\n"};
  for (const size_t piece_bytes : {1, 7, 20, 60, 1000}) {
    for (const bool gzip : {false, true}) {
      EXPECT_EQ(Stored(text, "text/plain", piece_bytes, gzip), Stored(text, "text/plain", 0, false)) << piece_bytes;
      constexpr std::string_view kOpenMetrics = "application/openmetrics-text; version=1.0.0";
      EXPECT_EQ(Stored(metrics, kOpenMetrics, piece_bytes, gzip), Stored(metrics, kOpenMetrics, 0, false)) << piece_bytes;
    }
  }
  EXPECT_NE(Stored(text, "text/plain", 7, false).find("a_total"), std::string::npos);
  const std::string protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
  EXPECT_TRUE(Stored({"x"}, protobuf, 7, false).starts_with("body does not fit into the memory limit (--memory.max)"));
}

}  // namespace
}  // namespace tocsin
