#include "storage/head_storage.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <random>

#include "absl/strings/str_join.h"
#include "storage/head.h"
#include "tests/support/faulty_env.h"
#include "tests/support/temp_dir.h"

namespace tocsin {
namespace {

std::unique_ptr<Head> OpenHead(const std::string& path, const Clock& clock, Env& env = SystemEnv()) {
  auto head = Head::Open(path, HeadOptions{}, clock, env, nullptr);
  EXPECT_TRUE(head.ok()) << head.status();
  return head.ok() ? *std::move(head) : nullptr;
}

// One sample for each of `series` series m{i="0"}, m{i="1"}, ... at `t`.
absl::Status CommitRound(Head& head, int series, TimestampMs t, double value) {
  const auto appender = head.OpenAppender();
  for (int i = 0; i < series; ++i) {
    AppendResult result;
    const SeriesRef ref = appender->GetOrCreate(Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}}), &result);
    EXPECT_EQ(appender->Append(ref, t, value), AppendResult::kOk);
  }
  return appender->Commit();
}

// The times at which all series have a sample, or only some.
struct Seen {
  std::map<TimestampMs, int> series_at;
};
Seen ReadAll(Head& head) {
  Seen seen;
  auto querier = head.OpenQuerier(kMinTimestamp, kMaxTimestamp);
  const std::vector<Matcher> matchers = {Matcher::Equal("__name__", "m")};
  const auto series = (*querier)->Select(matchers, SelectHints{});
  for (const auto& one : *series) {
    SampleColumns samples;
    one->Read(kMinTimestamp, kMaxTimestamp, &samples);
    for (const TimestampMs t : samples.timestamps) {
      ++seen.series_at[t];
    }
  }
  return seen;
}

std::vector<std::string> LogFiles(const std::string& path) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path + "/tocsin/wal")) {
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(HeadStorageTest, SecondProcessIsRefused) {
  const test::TempDir folder;
  const ManualClock clock(0);
  const auto head = OpenHead(folder.path(), clock);
  const auto second = Head::Open(folder.path(), HeadOptions{}, clock, SystemEnv(), nullptr);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(Message(second.status()).find("in use by another process (pid "), std::string_view::npos) << second.status();
}

TEST(HeadStorageTest, CheckpointReplacesTheLogBeforeIt) {
  const test::TempDir folder;
  const ManualClock clock(0);
  {
    const auto head = OpenHead(folder.path(), clock);
    for (int i = 1; i <= 300; ++i) {
      ASSERT_TRUE(CommitRound(*head, 10, i * 1000, i).ok());
    }
    ASSERT_TRUE(head->Checkpoint().ok());
    for (int i = 301; i <= 310; ++i) {
      ASSERT_TRUE(CommitRound(*head, 11, i * 1000, i).ok());
    }
  }
  const auto head = OpenHead(folder.path(), clock);
  EXPECT_EQ(head->replay_report()->checkpoint_series, 10U);
  EXPECT_EQ(head->replay_report()->commits, 10U);
  EXPECT_TRUE(head->replay_report()->damages.empty());
  const Seen seen = ReadAll(*head);
  ASSERT_EQ(seen.series_at.size(), 310U);
  EXPECT_EQ(seen.series_at.at(300'000), 10);
  EXPECT_EQ(seen.series_at.at(310'000), 11);
}

TEST(HeadStorageTest, FullDiskIsToldAndSamplesStayVisible) {
  const test::TempDir folder;
  const ManualClock clock(0);
  test::FaultyEnv env;
  {
    const auto head = OpenHead(folder.path(), clock, env);
    ASSERT_TRUE(CommitRound(*head, 5, 1000, 1).ok());
    env.SetSpaceLeft(30);
    const absl::Status full = CommitRound(*head, 6, 2000, 2);
    EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable) << full;
    EXPECT_NE(Message(full).find("No space left on device"), std::string_view::npos) << full;
    EXPECT_EQ(ReadAll(*head).series_at.at(2000), 6) << "alerts go on from memory";
    head->Maintain();
    EXPECT_FALSE(CommitRound(*head, 6, 3000, 3).ok()) << "still full";
    env.SetSpaceLeft(-1);
    EXPECT_FALSE(CommitRound(*head, 7, 4000, 4).ok()) << "not before a checkpoint has filled the hole";
    head->Maintain();
    EXPECT_TRUE(CommitRound(*head, 8, 5000, 5).ok());
  }
  const auto head = OpenHead(folder.path(), clock, env);
  EXPECT_TRUE(head->replay_report()->damages.empty());
  const Seen seen = ReadAll(*head);
  EXPECT_EQ(seen.series_at.at(1000), 5);
  EXPECT_EQ(seen.series_at.at(2000), 6);
  EXPECT_EQ(seen.series_at.at(4000), 7);
  EXPECT_EQ(seen.series_at.at(5000), 8);
}

TEST(HeadStorageTest, DamageCostsWhatItHit) {
  constexpr int kRounds = 200;
  constexpr int kSeries = 7;
  std::mt19937_64 random(3);
  for (int attempt = 0; attempt < 30; ++attempt) {
    SCOPED_TRACE(testing::Message() << "attempt " << attempt);
    const test::TempDir folder;
    const ManualClock clock(0);
    {
      const auto head = OpenHead(folder.path(), clock);
      for (int i = 1; i <= kRounds; ++i) {
        ASSERT_TRUE(CommitRound(*head, kSeries, i * 1000, i).ok());
      }
    }
    const std::string file = LogFiles(folder.path()).front();
    const auto size = std::filesystem::file_size(file);
    const auto place = static_cast<size_t>(random() % size);
    if (attempt % 3 == 0) {
      std::filesystem::resize_file(file, place);
    } else {
      std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekp(static_cast<std::streamoff>(place));
      bytes.put(static_cast<char>(random()));
      if (attempt % 3 == 1) {
        for (int i = 0; i < 100; ++i) {
          bytes.put(static_cast<char>(random()));
        }
      }
    }
    const auto head = OpenHead(folder.path(), clock);
    ASSERT_NE(head, nullptr);
    const Seen seen = ReadAll(*head);
    int before_damage = 0;
    for (const auto& [t, series] : seen.series_at) {
      EXPECT_EQ(series, kSeries) << "no commit comes back by half";
    }
    while (seen.series_at.contains((before_damage + 1) * 1000)) {
      ++before_damage;
    }
    // The first commit is larger than the others, by the labels.
    const size_t frame = (size - 600) / kRounds;
    EXPECT_GE(before_damage, place < 800 ? 0 : static_cast<int>((place - 800) / (frame + 10)));
    ASSERT_TRUE(CommitRound(*head, kSeries, 1'000'000, 1).ok());
    EXPECT_EQ(ReadAll(*head).series_at.at(1'000'000), kSeries);
  }
}

TEST(HeadStorageTest, MissingAndDuplicatedSegmentsAreTold) {
  const test::TempDir folder;
  const ManualClock clock(0);
  for (int i = 1; i <= 4; ++i) {
    const auto head = OpenHead(folder.path(), clock);
    ASSERT_TRUE(CommitRound(*head, 3, i * 1000, i).ok());
  }
  const std::string wal = folder.path() + "/tocsin/wal/";
  std::filesystem::remove(wal + "00000003.log");
  std::filesystem::copy_file(wal + "00000002.log", wal + "00000005.log");
  const auto head = OpenHead(folder.path(), clock);
  const ReplayReport& report = *head->replay_report();
  const std::string all = absl::StrJoin(report.damages, "\n");
  EXPECT_NE(all.find("00000003.log at byte 0: missing"), std::string::npos) << all;
  EXPECT_NE(all.find("00000005.log at byte 0: not the beginning of this segment"), std::string::npos) << all;
  EXPECT_EQ(report.lost_commits, 1U);
  const Seen seen = ReadAll(*head);
  EXPECT_EQ(seen.series_at.size(), 3U);
  EXPECT_EQ(seen.series_at.count(3000), 0U);
}

}  // namespace
}  // namespace tocsin
