// A writer process is killed at random moments; whatever it had acknowledged must be there after each start, and nothing that was never
// sent.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include "base/env.h"
#include "base/log.h"
#include "storage/head.h"
#include "storage/wal/replay.h"
#include "tests/support/temp_dir.h"

namespace tocsin {
namespace {

constexpr int kCrashSeries = 40;
constexpr int kKillsInShortRun = 20;
// Commits that one writer makes at most; it is killed long before.
constexpr int kCommitsMax = 1'000'000;

int KillsWanted() {
  const char* wanted = std::getenv("TOCSIN_CRASH_KILLS");
  return wanted == nullptr ? kKillsInShortRun : std::atoi(wanted);
}

double ValueAt(int series, int64_t round) { return static_cast<double>(round * 100 + series); }

Labels CrashLabels(int series, int64_t round) {
  // One of them is another series every hundred rounds.
  return Labels::Of({{"__name__", "m"}, {"i", std::to_string(series)}, {"churn", series == 0 ? std::to_string(round / 100) : "no"}});
}

// Runs in the child: commits round after round and acknowledges each to `pipe`.
[[noreturn]] void WriteUntilKilled(const std::string& path, int64_t first_round, int pipe, uint64_t seed) {
  SetLogging(LogLevel::kError, LogFormat::kLogfmt);
  const ManualClock clock;
  auto head = Head::Open(path, {}, clock, SystemEnv(), nullptr);
  if (!head.ok()) {
    _exit(3);
  }
  std::mt19937_64 random(seed);
  for (int64_t round = first_round; round < first_round + kCommitsMax; ++round) {
    const auto appender = (*head)->OpenAppender();
    for (int i = 0; i < kCrashSeries; ++i) {
      AppendResult result;
      appender->Append(appender->GetOrCreate(CrashLabels(i, round), &result), round * 1000, ValueAt(i, round));
    }
    if (!appender->Commit().ok() || write(pipe, &round, sizeof(round)) != sizeof(round)) {
      _exit(4);
    }
    if (random() % 200 == 0 && !(*head)->Checkpoint().ok()) {
      _exit(5);
    }
  }
  _exit(6);
}

// Every round from 1 to `acknowledged` whole; at most one more; every value right. Returns the last round found.
int64_t VerifyStore(const std::string& path, int64_t acknowledged) {
  const ManualClock clock;
  auto head = Head::Open(path, {}, clock, SystemEnv(), nullptr);
  EXPECT_TRUE(head.ok()) << head.status();
  auto querier = (*head)->OpenQuerier(kMinTimestamp, kMaxTimestamp);
  const std::vector<Matcher> matchers = {Matcher::Equal("__name__", "m")};
  const auto list = (*querier)->Select(matchers, SelectHints{});
  std::map<int64_t, int> series_at;
  for (const auto& series : *list) {
    const Labels labels = series->labels();
    const int number = std::stoi(std::string(labels.Get("i")));
    SampleColumns samples;
    series->Read(kMinTimestamp, kMaxTimestamp, &samples);
    for (size_t i = 0; i < samples.size(); ++i) {
      const int64_t round = samples.timestamps[i] / 1000;
      EXPECT_EQ(samples.values[i], ValueAt(number, round));
      EXPECT_EQ(labels, CrashLabels(number, round));
      ++series_at[round];
    }
  }
  for (const auto& [round, count] : series_at) {
    EXPECT_EQ(count, kCrashSeries) << "half a commit at round " << round;
  }
  const int64_t last = series_at.empty() ? 0 : series_at.rbegin()->first;
  EXPECT_GE(last, acknowledged) << "acknowledged, and lost";
  EXPECT_EQ(static_cast<int64_t>(series_at.size()), last) << "a round in the middle is lost";
  return last;
}

TEST(CrashTest, WhatWasAcknowledgedSurvivesAKill) {
  const test::TempDir folder;
  std::mt19937_64 random(5);
  int64_t round = 0;
  for (int kill_number = 0; kill_number < KillsWanted() && !testing::Test::HasFailure(); ++kill_number) {
    SCOPED_TRACE(testing::Message() << "kill " << kill_number);
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const uint64_t seed = random();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      WriteUntilKilled(folder.path(), round + 1, ends[1], seed);
    }
    close(ends[1]);
    // The moment is so many acknowledged commits and a little computing.
    int64_t acknowledged = round;
    const auto wanted = static_cast<int64_t>(1 + random() % 150);
    int64_t number = 0;
    while (acknowledged < round + wanted && read(ends[0], &number, sizeof(number)) == sizeof(number)) {
      acknowledged = number;
    }
    for (volatile uint64_t spin = random() % 3'000'000; spin > 0;) {
      spin = spin - 1;
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
    while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
      acknowledged = number;
    }
    close(ends[0]);
    round = VerifyStore(folder.path(), acknowledged);
  }
}

}  // namespace
}  // namespace tocsin
