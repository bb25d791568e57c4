// The whole program, fed by scraping and by remote write, is killed at random moments, and its log damaged behind what was there at some
// moment before: after each start all that was acknowledged (before the damage) is there, and nothing that was never sent.

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "base/clock.h"
#include "base/strings.h"
#include "tests/doubles/http_server.h"
#include "tests/program/program.h"
#include "tests/support/write_request_builder.h"

namespace tocsin::test {
namespace {

constexpr int kSeries = 10;
constexpr int kKillsInShortRun = 20;
constexpr int64_t kWritesBeforeKillMax = 30;

int KillsWanted() {
  const char* wanted = std::getenv("TOCSIN_CRASH_KILLS");
  return wanted == nullptr ? kKillsInShortRun : std::atoi(wanted);
}

/// The values of each series of a matrix answer, as whole numbers.
std::vector<std::vector<int64_t>> ValuesOf(const std::string& answer) {
  std::vector<std::vector<int64_t>> all;
  constexpr std::string_view kValues = "\"values\":[";
  for (size_t at = answer.find(kValues); at != std::string::npos; at = answer.find(kValues, at)) {
    at += kValues.size();
    std::vector<int64_t>& values = all.emplace_back();
    while (answer[at] == '[') {
      at = answer.find('"', at) + 1;
      values.push_back(std::strtoll(answer.c_str() + at, nullptr, 10));
      at = answer.find(']', at) + 1;
      at += answer[at] == ',' ? 1 : 0;
    }
  }
  return all;
}

/// What was sent and what must be there: numbers, each the value of all series of one commit.
struct Sent {
  std::set<int64_t> all;
  std::set<int64_t> acknowledged;

  void Expect(const std::set<int64_t>& found, size_t lost_max, const char* way) const {
    for (const int64_t number : found) {
      EXPECT_TRUE(all.contains(number)) << way << " never sent: " << number;
    }
    size_t lost = 0;
    for (const int64_t number : acknowledged) {
      lost += found.contains(number) ? 0 : 1;
    }
    EXPECT_LE(lost, lost_max) << way << " acknowledged, and lost";
  }
};

class ProgramCrashTest : public testing::Test {
 protected:
  ProgramCrashTest()
      : server_(*HttpServer::Start(0, [this](const HttpRequest&, HttpResponseWriter& writer) {
          const int64_t number = ++served_;
          std::string page;
          for (int i = 0; i < kSeries; ++i) {
            Append(&page, "scraped{i=\"", i, "\"} ", number, "\n");
          }
          writer.Send(200, "text/plain; version=0.0.4", page);
        })) {
    config_ = folder_.Write("prometheus.yml", Cat("global: {scrape_interval: 100ms, scrape_timeout: 100ms}\nscrape_configs:\n"
                                                  "  - {job_name: crash, static_configs: [{targets: ['127.0.0.1:",
                                                  server_->port(), "']}]}\n"));
  }

  void Start() {
    served_before_start_ = served_;
    program_ = std::make_unique<RunningProgram>(folder_, config_, std::vector<std::string>{"--web.enable-remote-write-receiver"});
  }

  // A life without a scrape would prove nothing about scrapes.
  void AwaitScrape() const {
    const SystemClock clock;
    const StopToken never;
    while (served_ == served_before_start_) {
      clock.WaitUntil(clock.NowMs() + 1, never);
    }
  }

  void WriteOne() {
    const int64_t number = ++written_;
    std::vector<SeriesToSend> series;
    for (int i = 0; i < kSeries; ++i) {
      series.push_back(
          {{{"__name__", "written"}, {"i", std::to_string(i)}}, {{static_cast<double>(number), first_time_ + number}}, {}, {}});
    }
    by_write_.all.insert(number);
    if (program_->RemoteWrite(EncodeV1(series)) / 100 == 2) {
      by_write_.acknowledged.insert(number);
    }
  }

  // A scrape was committed when the next one begins.
  void NoteScrapes() {
    NoteServed();
    const int64_t last = by_scrape_.all.empty() ? 0 : *by_scrape_.all.rbegin();
    for (int64_t number = served_before_start_ + 1; number < last; ++number) {
      by_scrape_.acknowledged.insert(number);
    }
  }
  void NoteServed() {
    for (int64_t number = served_; number > 0 && by_scrape_.all.insert(number).second; --number) {
    }
  }

  std::vector<std::vector<int64_t>> Query(const std::string& selector) {
    int status = 0;
    const std::string answer = program_->Get(Cat("/api/v1/query?query=", selector, "%5B3h%5D"), &status);
    EXPECT_EQ(status, 200) << answer;
    return ValuesOf(answer);
  }

  // The numbers that all series of a name have; each has the same ones.
  std::set<int64_t> Found(const std::string& name) {
    std::set<int64_t> numbers;
    size_t count = 0;
    for (const std::vector<int64_t>& values : Query(name)) {
      const std::set<int64_t> these(values.begin(), values.end());
      EXPECT_EQ(these.size(), values.size()) << name << ": a number twice";
      EXPECT_TRUE(count++ == 0 || these == numbers) << name << ": half a commit";
      numbers = these;
    }
    EXPECT_TRUE(count == 0 || count == kSeries) << name << ": half a commit";
    return numbers;
  }

  // Timed-out scrapes left an "up" of 0.
  size_t FailedScrapes() {
    size_t failed = 0;
    for (const std::vector<int64_t>& values : Query("up")) {
      failed += static_cast<size_t>(std::count(values.begin(), values.end(), 0));
    }
    return failed;
  }

  void Verify() {
    by_write_.Expect(Found("written"), 0, "written");
    const std::set<int64_t> scraped = Found("scraped");
    NoteServed();
    by_scrape_.Expect(scraped, FailedScrapes(), "scraped");
  }

  std::string LastSegment() const {
    std::string last;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() + "/data/tocsin/wal")) {
      if (entry.path().extension() == ".log") {
        last = std::max(last, entry.path().string());
      }
    }
    return last;
  }

  // Bytes from `from` on are flipped, or gone.
  void Damage(const std::string& file, size_t from) {
    const size_t size = std::filesystem::file_size(file);
    if (size <= from) {
      return;
    }
    const size_t at = from + random_() % (size - from);
    if (random_() % 2 == 0) {
      std::filesystem::resize_file(file, at);
      return;
    }
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(static_cast<std::streamoff>(at));
    const auto flipped = static_cast<char>(bytes.get() ^ (1 + random_() % 255));
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put(flipped);
  }

  const TemporaryFolder folder_;
  std::mt19937_64 random_{9};
  std::atomic<int64_t> served_ = 0;
  int64_t served_before_start_ = 0;
  int64_t written_ = 0;
  const int64_t first_time_ =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count() -
      int64_t{5} * 60 * 1000;
  Sent by_write_;
  Sent by_scrape_;
  std::string config_;
  const std::unique_ptr<HttpServer> server_;
  std::unique_ptr<RunningProgram> program_;
};

TEST_F(ProgramCrashTest, WhatWasAcknowledgedSurvivesKillsAndDamageBehindIt) {
  Start();
  for (int kill_number = 0; kill_number < KillsWanted() && !HasFailure(); ++kill_number) {
    SCOPED_TRACE(testing::Message() << "kill " << kill_number);
    AwaitScrape();
    const auto writes_before_mark = static_cast<int64_t>(random_() % kWritesBeforeKillMax);
    for (int64_t i = 0; i < writes_before_mark; ++i) {
      WriteOne();
    }
    // What is acknowledged now lies in the log before the mark.
    NoteScrapes();
    const Sent written_at_mark = by_write_;
    const Sent scraped_at_mark = by_scrape_;
    const std::string segment = LastSegment();
    const size_t mark = std::filesystem::file_size(segment);
    for (auto more = static_cast<int64_t>(random_() % kWritesBeforeKillMax); more > 0; --more) {
      WriteOne();
    }
    for (volatile uint64_t spin = random_() % 3'000'000; spin > 0;) {
      spin = spin - 1;
    }
    program_->Kill();
    NoteScrapes();
    if (kill_number % 2 == 1 && LastSegment() == segment) {
      Damage(segment, mark);
      by_write_.acknowledged = written_at_mark.acknowledged;
      by_scrape_.acknowledged = scraped_at_mark.acknowledged;
    }
    Start();
    Verify();
    // What survived the damage is not lost by the next kill either.
    by_write_.acknowledged = Found("written");
  }
  EXPECT_GT(by_write_.acknowledged.size(), static_cast<size_t>(KillsWanted())) << "too little was written to prove anything";
  EXPECT_GE(by_scrape_.all.size(), static_cast<size_t>(KillsWanted()));
}

}  // namespace
}  // namespace tocsin::test
