// --memory.max is a promise: a target, a sender and a query that are each far too large for it leave the process below it, and what is
// known goes on. Not part of the sanitizers' builds, whose own memory is several times the program's.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/clock.h"
#include "base/strings.h"
#include "tests/doubles/http_server.h"
#include "tests/program/program.h"
#include "tests/support/write_request_builder.h"

namespace tocsin::test {
namespace {

constexpr int64_t kLimitBytes = 256 << 20;
constexpr int kHugeSeries = 2'000'000;
constexpr size_t kChunkBytes = 256 << 10;
constexpr int kSmallSeries = 20;
constexpr int kRequestsMax = 300;
// How often something is looked for, twice a second, before the test gives up.
constexpr int kLooksMax = 1200;

/// The most that was resident so far.
int64_t PeakBytes(pid_t pid) {
  std::ifstream status(Cat("/proc/", pid, "/status"));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::strtoll(line.c_str() + 6, nullptr, 10) * 1024;
    }
  }
  return -1;
}

/// The number behind `name` in a text of metrics or JSON; -1: it is not there.
double NumberBehind(const std::string& text, const std::string& name) {
  const size_t at = text.find(name);
  return at == std::string::npos ? -1 : std::strtod(text.c_str() + at + name.size(), nullptr);
}

/// A request of remote write 1.0 with series that no other has.
std::string NewSeries(int request, int count) {
  const TimestampMs now = SystemClock().NowMs();
  std::vector<SeriesToSend> all;
  for (int i = 0; i < count; ++i) {
    all.push_back({{{"__name__", "sent"},
                    {"i", std::to_string(i)},
                    {"namespace", "a-namespace-with-a-name-of-some-length"},
                    {"request", std::to_string(request)}},
                   {{1, now}},
                   {},
                   {}});
  }
  return EncodeV1(all);
}

class MemoryLimitTest : public testing::Test {
 protected:
  MemoryLimitTest()
      : server_(*HttpServer::Start(0, [this](const HttpRequest& request, HttpResponseWriter& writer) {
          request.path == "/huge" ? SendHuge(writer) : SendSmall(writer);
        })) {
    folder_.Write("rules.yml", "groups: [{name: g, interval: 1s, rules: [{record: doubled, expr: small * 2}]}]\n");
    config_ = folder_.Write("prometheus.yml",
                            Cat("rule_files: [rules.yml]\nscrape_configs:\n"
                                "  - {job_name: small, scrape_interval: 1s, scrape_timeout: 1s, static_configs: [{targets: ['127.0.0.1:",
                                server_->port(),
                                "']}]}\n"
                                "  - {job_name: huge, metrics_path: /huge, scrape_interval: 30s, scrape_timeout: 30s, "
                                "enable_compression: false, static_configs: [{targets: ['127.0.0.1:",
                                server_->port(), "']}]}\n"));
    StartProgram();
  }

  void StartProgram() {
    program_ = std::make_unique<RunningProgram>(folder_, config_,
                                                std::vector<std::string>{"--memory.max=256MiB", "--web.enable-remote-write-receiver"});
  }

  static void SendSmall(HttpResponseWriter& writer) {
    std::string page;
    for (int i = 0; i < kSmallSeries; ++i) {
      Append(&page, "small{i=\"", i, "\"} ", 21 + i, "\n");
    }
    writer.Send(200, "text/plain; version=0.0.4", page);
  }

  void SendHuge(HttpResponseWriter& writer) {
    writer.Begin(200, "text/plain; version=0.0.4");
    std::string chunk = "# HELP huge One of two million.\n# TYPE huge gauge\n";
    for (int i = 0; i < kHugeSeries; ++i) {
      Append(&chunk, "huge{namespace=\"shop-", i % 50, "\",pod=\"frontend-6c5f7bd9f4-", i, "\",container=\"server\",node=\"worker-",
             i % 100, "\",uid=\"0b4bfa3e-8a5c-4d0f-9a53-", i, "\"} ", i, "\n");
      if (chunk.size() > kChunkBytes) {
        if (!writer.Chunk(chunk)) {
          return;
        }
        chunk.clear();
      }
    }
    writer.Chunk(chunk);
    writer.Chunk("");
    ++huge_served_;
  }

  template <typename Condition>
  void Await(const char* what, const Condition& condition) {
    const SystemClock clock;
    const StopToken never;
    for (int look = 0; look < kLooksMax; ++look) {
      if (condition()) {
        return;
      }
      clock.WaitUntil(clock.NowMs() + 500, never);
    }
    FAIL() << what << " did not come\n" << program_->Output();
  }

  /// The value of the only series of a query's answer; -1: there is not one.
  double Ask(const std::string& query) {
    const std::string answer = program_->Get("/api/v1/query?query=" + query);
    const size_t at = answer.rfind(",\"");
    return at == std::string::npos || answer.find("\"resultType\":\"vector\"") == std::string::npos
               ? -1
               : NumberBehind(answer.substr(at), ",\"");
  }

  /// It is refused while other work has the room that it needs.
  double CountHuge() {
    double count = -1;
    Await("room to count", [&] { return (count = Ask("count(huge)")) >= 0; });
    return count;
  }

  void ExpectRulesGoOn() {
    const double before = Ask("count_over_time(doubled%7Bi=%223%22%7D%5B1h%5D)");
    Await("another evaluation", [&] { return Ask("count_over_time(doubled%7Bi=%223%22%7D%5B1h%5D)") > before; });
    EXPECT_EQ(Ask("doubled%7Bi=%223%22%7D"), 48);
    EXPECT_EQ(Ask("count(doubled)"), kSmallSeries);
    EXPECT_EQ(Ask("min(up)"), 1);
  }

  void ExpectBelowLimit(const char* after) {
    const int64_t peak = PeakBytes(program_->pid());
    EXPECT_GT(peak, kLimitBytes / 2) << after;
    EXPECT_LT(peak, kLimitBytes) << after;
  }

  const TemporaryFolder folder_;
  std::atomic<int> huge_served_{0};
  std::unique_ptr<HttpServer> server_;
  std::string config_;
  std::unique_ptr<RunningProgram> program_;
};

TEST_F(MemoryLimitTest, WhatIsFarTooLargeLeavesTheProcessBelowItsLimitAndWhatIsKnownGoesOn) {
  Await("the small target", [&] { return Ask("count(doubled)") == kSmallSeries; });
  Await("three scrapes of the huge target",
        [&] { return huge_served_ >= 2 && Ask("max(count_over_time(scrape_samples_scraped%7Bjob=%22huge%22%7D%5B1h%5D))") >= 3; });
  ExpectBelowLimit("scrapes");

  EXPECT_GT(CountHuge(), 10'000);
  EXPECT_LT(CountHuge(), kHugeSeries / 2);
  EXPECT_EQ(Ask("max(scrape_samples_scraped)"), kHugeSeries);
  EXPECT_GE(Ask("min(count_over_time(huge%7Bnamespace=%22shop-3%22%7D%5B1h%5D)%20and%20huge%7Bnamespace=%22shop-3%22%7D)"), 1);
  EXPECT_GT(NumberBehind(program_->Get("/metrics"), "\ntocsin_scrape_refused_series_total "), kHugeSeries / 2);
  EXPECT_GE(NumberBehind(program_->Get("/metrics"), "\ntocsin_scrape_spilled_bodies_total "), 3);
  EXPECT_GT(NumberBehind(program_->Get("/api/v1/targets"), "\"refusedSeries\":"), kHugeSeries / 2);
  EXPECT_GT(NumberBehind(program_->Get("/api/v1/status/tsdb"), "\"refusedSeries\":"), kHugeSeries / 2);
  ExpectRulesGoOn();

  // A sender of ever new series is told to wait; what is too large for the memory there is, is refused whole.
  int status = 0;
  for (int request = 0; request < kRequestsMax && status != 429; ++request) {
    status = program_->RemoteWrite(NewSeries(request, 5000));
    EXPECT_TRUE(status == 204 || status == 429) << status;
  }
  EXPECT_EQ(status, 429);
  EXPECT_EQ(program_->RemoteWrite(NewSeries(kRequestsMax, 200'000)), 413);
  ExpectBelowLimit("remote write");
  ExpectRulesGoOn();

  // Ten million samples, and two thousand million.
  const int64_t now = SystemClock().NowMs() / 1000;
  for (const char* selector : {"huge%7Bnamespace=~%22shop-.%22%7D", "huge%20%2B%20huge"}) {
    const std::string answer =
        program_->Get(Cat("/api/v1/query_range?query=", selector, "&step=1&start=", now - 10'000, "&end=", now), &status);
    EXPECT_EQ(status, 422) << answer.substr(0, 1000);
    EXPECT_NE(answer.find("query processing would exceed the memory limit (--memory.max)"), std::string::npos) << answer.substr(0, 1000);
  }
  for (const char* path : {"/api/v1/query?query=huge", "/api/v1/series?match%5B%5D=huge", "/federate?match%5B%5D=huge"}) {
    program_->Get(path, &status);
    EXPECT_TRUE(status == 200 || status == 422) << path << ": " << status;
  }
  ExpectBelowLimit("queries");
  EXPECT_GE(NumberBehind(program_->Get("/api/v1/status/tsdb"), "\"refusedQueries\":"), 2);
  EXPECT_GE(NumberBehind(program_->Get("/api/v1/status/tsdb"), "\"refusedRequests\":"), 1);
  Await("metrics of what was refused", [&] {
    const std::string metrics = program_->Get("/metrics");
    return NumberBehind(metrics, "\ntocsin_memory_refused_queries_total ") >= 2 &&
           NumberBehind(metrics, "\ntocsin_memory_refused_requests_total ") >= 1;
  });
  Await("a line of the log about what was refused",
        [&] { return program_->Output().find("Work was refused to keep the memory limit") != std::string::npos; });
  ExpectRulesGoOn();

  // What memory could hold, it can hold again.
  const double known = CountHuge();
  program_->Kill();
  StartProgram();
  ExpectBelowLimit("replay");
  EXPECT_EQ(CountHuge(), known);
  ExpectRulesGoOn();
  ExpectBelowLimit("the start");
}

}  // namespace
}  // namespace tocsin::test
