// The answers of every path to good and bad parameters, as files in golden/. TOCSIN_REWRITE_GOLDENS=1 writes what the program answers now.
// scripts/compare sends the same requests to a real Prometheus.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/strings.h"
#include "tests/api/golden_file.h"
#include "tests/doubles/request_line.h"
#include "tests/program/program.h"
#include "tests/support/http_double.h"
#include "tests/support/raw_client.h"

namespace tocsin::test {
namespace {

constexpr const char* kFolder = TOCSIN_SOURCE_DIR "/tests/api/golden/";
/// Of the newest and the oldest sample, seconds.
constexpr int64_t kEnd = 1'700'000'400;
constexpr int64_t kStart = kEnd - 1200;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A sample each 30 s, of the series that the requests ask for.
std::string Samples() {
  std::string page;
  for (int64_t t = kStart; t <= kEnd; t += 30) {
    const int64_t k = (t - kStart) / 30;
    const std::string end = Cat(" ", t * 1000, "\n");
    Append(&page, "requests_total{code=\"200\",instance=\"i\"} ", k * 7, end);
    Append(&page, "requests_total{code=\"500\",instance=\"i\"} ", static_cast<double>(k) * 0.125, end);
    Append(&page, "temperature{room=\"a\"} ", static_cast<double>(20 + k) / 4, end, "temperature{room=\"b\"} ", -k, end);
    Append(&page, "odd_labels{name=\"<&> \\\"q\\\" \\\\ \\n\u00e4\u2028\"} 1e-9", end);
    for (const auto& [le, factor] : {std::pair("0.1", 1), std::pair("1", 2), std::pair("+Inf", 3)}) {
      Append(&page, "latency_seconds_bucket{le=\"", le, "\"} ", k * factor, end);
    }
    Append(&page, "seldon_model_infer_total{namespace=\"n\",model=\"m\"} ", k, end);
  }
  return page;
}

/// The program with these samples from before its start, a target that is up, one that is down, and rules.
class GoldenServer {
 public:
  GoldenServer() : target_([](const DoubleRequest&) { return Page(); }) {
    program_ = Start("global: {}\n");
    const Finished pushed = RunProgram({"push", "metrics", program_->url(), folder_.Write("samples.prom", Samples()), "--label=job=push"});
    EXPECT_EQ(pushed.exit_code, 0) << pushed.output;
    program_->Stop(SIGTERM);
    const std::vector<std::pair<std::string, std::string>> names = {
        {"@RULES@", folder_.Write("rules.yml", ReadFile(Cat(kFolder, "rules.yml")))}, {"@TARGET@", target_.host()}};
    program_ = Start(Masked(ReadFile(Cat(kFolder, "prometheus.yml")), names));
    // The last recording rules of both groups, and what they need.
    program_->WaitFor("/api/v1/query?query=kind:page_total:sum", "value");
    program_->WaitFor("/api/v1/query?query=broken", "value");
    program_->WaitFor("/api/v1/query?query=two", "value");
    program_->WaitFor("/api/v1/query?query=ALERTS_FOR_STATE", "Pending");
    program_->WaitFor("/api/v1/alerts", "\"firing\"");
    program_->WaitFor("/api/v1/targets?scrapePool=down", "refused");
  }

  /// Status and type, then the body's lines, with what differs from run to run masked.
  std::vector<std::string> Ask(const std::string& line) const {
    const RequestLine request = ParseRequestLine(Masked(line, {{"@END@", std::to_string(kEnd)}, {"@START@", std::to_string(kStart)}}));
    std::string head = Cat(request.method, " ", request.target, " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    if (request.method != "GET") {
      Append(&head, "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ", request.form.size(), "\r\n");
    }
    RawClient client(program_->url().substr(7));
    client.Send(Cat(head, "\r\n", request.form));
    const std::string answer = client.ReadResponse(request.method == "HEAD");
    std::string status;
    std::string type;
    RE2::PartialMatch(answer, "^HTTP/1.1 (\\d+)", &status);
    RE2::PartialMatch(answer, "(?i)\r\nContent-Type: ([^\r]*)", &type);
    std::vector<std::string> lines = {Cat(status, type.empty() ? "" : " ", type)};
    std::istringstream body(Masked(std::string(BodyOf(answer)), masks_));
    for (std::string text; std::getline(body, text);) {
      lines.push_back(text);
    }
    return lines;
  }

 private:
  std::unique_ptr<RunningProgram> Start(const std::string& config) const {
    const std::vector<std::string> flags = {
        "--web.enable-remote-write-receiver",     "--web.enable-admin-api", "--web.enable-lifecycle",
        "--web.external-url=http://golden:9090/", "--web.route-prefix=/",   "--enable-feature=exemplar-storage,search-api",
        "--storage.tsdb.retention.time=100y"};
    return std::make_unique<RunningProgram>(folder_, folder_.Write("prometheus.yml", config), flags);
  }
  static DoubleResponse Page() {
    return {.headers = {{"Content-Type", "text/plain; version=0.0.4"}},
            .body =
                "# HELP page_total Pages & <b>more</b>.\n# TYPE page_total counter\npage_total{kind=\"a\"} 3\n"
                "# HELP page_seconds Time.\n# TYPE page_seconds gauge\npage_seconds 0.5\n"};
  }

  TemporaryFolder folder_;
  HttpDouble target_;
  std::unique_ptr<RunningProgram> program_;
  const std::vector<std::pair<std::string, std::string>> masks_ = {
      {folder_.path(), "FOLDER"},
      {"(127\\.0\\.0\\.1|golden):\\d{4,}", "\\1:PORT"},
      {"\"(lastScrape|lastEvaluation|activeAt|lastConfigTime|serverTime|startTime|date)\":\"[^\"]*\"", "\"\\1\":\"TIME\""},
      {"\"(lastScrapeDuration|evaluationTime|evalTotalTime|resultSortTime|queryPreparationTime|innerEvalTime|execQueueTime|execTotalTime)"
       "\":[-+.e0-9]+",
       "\"\\1\":SECONDS"},
      {"\"(CWD|hostname|version|revision|branch|buildUser|buildDate|goVersion)\":\"[^\"]*\"", "\"\\1\":\"...\""},
      {"\"(GOMAXPROCS|GOMEMLIMIT|goroutineCount|maxTime)\":\\d+", "\"\\1\":N"},
      {",\"noInput\":\\[[^\\]]*\\]", ""},  // until the first scrape
      {"\"groupNextToken\":\"[0-9a-f]{64}\"", "\"groupNextToken\":\"TOKEN\""},
      {"(?m) 1[789]\\d{11}$", " MILLISECONDS"},
      {"\\d{8}T\\d{6}Z-[0-9a-f]{16}", "SNAPSHOT"}};
};

std::vector<std::string> GoldenFiles() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".golden") {
      files.push_back(entry.path().filename().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

void Compare(const GoldenCase& golden, const std::vector<std::string>& answer) {
  if (golden.answer.size() < 2 || !golden.answer[1].starts_with("~ ")) {
    EXPECT_THAT(answer, testing::ElementsAreArray(golden.answer)) << golden.request;
    return;
  }
  EXPECT_EQ(answer[0], golden.answer[0]) << golden.request;
  std::string body;
  for (size_t i = 1; i < answer.size(); ++i) {
    Append(&body, answer[i], "\n");
  }
  for (size_t i = 1; i < golden.answer.size(); ++i) {
    EXPECT_TRUE(RE2::PartialMatch(body, golden.answer[i].substr(2))) << golden.request << "\n"
                                                                     << golden.answer[i] << "\n"
                                                                     << body.substr(0, 2000);
  }
}

TEST(GoldenTest, EveryPathAnswersAsWritten) {
  const bool rewrite = std::getenv("TOCSIN_REWRITE_GOLDENS") != nullptr;
  const GoldenServer server;
  for (const std::string& file : GoldenFiles()) {
    SCOPED_TRACE(file);
    std::vector<GoldenCase> cases = ReadGolden(kFolder + file);
    EXPECT_FALSE(cases.empty());
    for (GoldenCase& golden : cases) {
      std::vector<std::string> answer = server.Ask(golden.request);
      if (!rewrite) {
        Compare(golden, answer);
      } else if (golden.answer.size() < 2 || !golden.answer[1].starts_with("~ ")) {
        golden.answer = std::move(answer);
      } else {
        golden.answer[0] = answer[0];
      }
    }
    if (rewrite) {
      WriteGolden(kFolder + file, cases);
    }
  }
}

}  // namespace
}  // namespace tocsin::test
