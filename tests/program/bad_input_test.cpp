// Bad input to the whole program: each gets one clear line with its place, and nothing else is disturbed.

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include "base/strings.h"
#include "tests/doubles/http_server.h"
#include "tests/program/program.h"

namespace tocsin::test {
namespace {

struct BadConfig {
  const char* name;
  const char* text;
  const char* place;  // line:column
  const char* reason;
};

class BadConfigTest : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigTest, StopsTheStartWithOneLine) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("prometheus.yml", GetParam().text);
  const Finished finished =
      RunProgram({"--config.file=" + file, "--storage.tsdb.path=" + folder.path() + "/data", "--web.listen-address=127.0.0.1:0"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.output.find(Cat(file, ":", GetParam().place)), std::string::npos) << finished.output;
  EXPECT_NE(finished.output.find(GetParam().reason), std::string::npos) << finished.output;
}

TEST_P(BadConfigTest, RefusesTheReloadAndKeepsTheOldOne) {
  const TemporaryFolder folder;
  const std::string good = "global:\n  scrape_interval: 7s\n";
  const std::string file = folder.Write("prometheus.yml", good);
  const RunningProgram program(folder, file, {"--web.enable-lifecycle"});
  folder.Write("prometheus.yml", GetParam().text);
  int status = 0;
  const std::string answer = program.Post("/-/reload", &status);
  EXPECT_EQ(status, 500);
  EXPECT_NE(answer.find(GetParam().reason), std::string::npos) << answer;
  EXPECT_NE(program.Get("/api/v1/status/config").find("scrape_interval: 7s"), std::string::npos);
  EXPECT_NE(program.Get("/metrics").find("prometheus_config_last_reload_successful 0"), std::string::npos);
  folder.Write("prometheus.yml", good);
  program.Post("/-/reload", &status);
  EXPECT_EQ(status, 200);
  EXPECT_NE(program.Get("/metrics").find("prometheus_config_last_reload_successful 1"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Configs, BadConfigTest,
    testing::Values(BadConfig{"unknown_field", "global:\n  scrape_intervall: 15s\n", "2:3", "field scrape_intervall not found"},
                    BadConfig{"bad_regex",
                              "scrape_configs:\n  - job_name: a\n    relabel_configs:\n      - source_labels: [x]\n        regex: '(a'\n",
                              "5:16", "missing closing )"},
                    BadConfig{"bad_duration", "global:\n  scrape_interval: 15 seconds\n", "2:20", "in duration"}),
    [](const auto& info) { return std::string(info.param.name); });

constexpr const char* kGoodRules = "groups:\n  - name: good\n    interval: 1s\n    rules:\n      - record: one\n        expr: vector(1)\n";

// What is said of a file stands below its name, although one goes to standard output and the other to standard error.
TEST(BadFilesTest, AreReportedInTheOrderOfTheFiles) {
  const TemporaryFolder folder;
  const std::string good = folder.Write("good.yml", kGoodRules);
  const std::string bad = folder.Write("bad.yml", "groups:\n  - name: bad\n    rules:\n      - record: one\n        expr: up ===\n");
  const Finished finished = RunProgram({"check", "rules", good, bad, good});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.output,
            Cat("Checking ", good, "\n  SUCCESS: 1 rules found\n\nChecking ", bad, "\n  FAILED:\n", bad,
                ": 5:15: group \"bad\", rule 1, \"one\": could not parse expression: 1:6: parse error: unexpected \"=\"\nChecking ", good,
                "\n  SUCCESS: 1 rules found\n\n"));
}

TEST(BadRuleFileTest, IsLeftOutAlone) {
  const TemporaryFolder folder;
  folder.Write("rules/good.yml", kGoodRules);
  folder.Write("rules/bad_expr.yml", "groups:\n  - name: bad\n    rules:\n      - record: two\n        expr: sum(\n");
  folder.Write(
      "rules/bad_template.yml",
      "groups:\n  - name: bad\n    rules:\n      - alert: Three\n        expr: vector(1)\n        annotations: {a: '{{ $labels.x '}\n");
  const std::string file = folder.Write("prometheus.yml", "rule_files: ['rules/*.yml']\n");
  const RunningProgram program(folder, file, {"--web.enable-lifecycle"});
  program.WaitFor("/api/v1/query?query=one", "\"value\"");
  const std::string output = program.Output();
  EXPECT_NE(output.find("bad_expr.yml: 5:15: "), std::string::npos) << output;
  EXPECT_NE(output.find("bad_template.yml: 4:16: "), std::string::npos) << output;
  int status = 0;
  const std::string answer = program.Post("/-/reload", &status);
  EXPECT_EQ(status, 500) << answer;
  EXPECT_NE(answer.find("bad_expr.yml"), std::string::npos) << answer;
  EXPECT_NE(program.Get("/metrics").find("prometheus_config_last_reload_successful 0"), std::string::npos);
}

TEST(BadRuleFileTest, StopsTheStartWhenReloadIsStrict) {
  const TemporaryFolder folder;
  folder.Write("rules/bad.yml", "groups:\n  - name: bad\n    rules:\n      - record: two\n        expr: sum(\n");
  const std::string file = folder.Write("prometheus.yml", "rule_files: ['rules/*.yml']\n");
  const Finished finished = RunProgram(
      {"--config.file=" + file, "--storage.tsdb.path=" + folder.path() + "/data", "--web.listen-address=127.0.0.1:0", "--reload.strict"});
  EXPECT_EQ(finished.exit_code, 1) << finished.output;
}

TEST(BadTargetTest, IsDownWithItsReasonAndDisturbsNoOther) {
  const auto server = *HttpServer::Start(0, [](const HttpRequest& request, HttpResponseWriter& writer) {
    if (request.path == "/garbage") {
      writer.Send(200, "text/plain; version=0.0.4", "this is } no exposition {{\n");
    } else if (request.path == "/half") {
      writer.Raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: 5000\r\n\r\ngood_metric 1\n");
      writer.Close();
    } else if (request.path == "/huge") {
      writer.Send(200, "text/plain; version=0.0.4", "# " + std::string(2 << 20, 'x') + "\ngood_metric 1\n");
    } else if (request.path == "/good") {
      writer.Send(200, "text/plain; version=0.0.4", "good_metric 1\n");
    } else if (request.path == "/missing") {
      writer.Send(404, "text/plain", "404 page not found\n");
    }
    // Any other path: the connection is closed without an answer.
  });
  // A target that never comes to an end.
  const auto silent = *HttpServer::Start(0, [](const HttpRequest&, HttpResponseWriter& writer) {
    writer.Begin(200, "text/plain; version=0.0.4");
    while (writer.Chunk("# waiting\n")) {
      ::usleep(100'000);
    }
  });
  std::string config = "global: {scrape_interval: 1s, scrape_timeout: 500ms, body_size_limit: 1MB}\nscrape_configs:\n";
  for (const char* path : {"good", "garbage", "half", "huge", "missing", "closed"}) {
    Append(&config, "  - {job_name: ", path, ", metrics_path: /", path, ", static_configs: [{targets: ['127.0.0.1:", server->port(),
           "']}]}\n");
  }
  Append(&config, "  - {job_name: silent, static_configs: [{targets: ['127.0.0.1:", silent->port(), "']}]}\n");
  const TemporaryFolder folder;
  const RunningProgram program(folder, folder.Write("prometheus.yml", config));
  program.WaitFor("/api/v1/query?query=count(up==0)", ",\"6\"]");
  program.WaitFor("/api/v1/query?query=up==1", "\"job\":\"good\"");
  program.WaitFor("/api/v1/query?query=good_metric", "\"job\":\"good\"");
  const std::string targets = program.Get("/api/v1/targets");
  for (const char* reason :
       {"server returned HTTP status 404", "body size limit exceeded", "context deadline exceeded", "unexpected EOF"}) {
    EXPECT_NE(targets.find(reason), std::string::npos) << reason << " in " << targets;
  }
  EXPECT_EQ(program.Get("/api/v1/query?query=count(good_metric)").find(",\"2\"]"), std::string::npos) << "half a body must not count";
}

TEST(ProgramTest, UnknownFlagIsExitCodeTwo) { EXPECT_EQ(RunProgram({"--no.such.flag"}).exit_code, 2); }

TEST(ProgramTest, FlagOfPrometheusWithoutMeaningIsOneWarning) {
  const TemporaryFolder folder;
  RunningProgram program(folder, folder.Write("prometheus.yml", ""),
                         {"--storage.tsdb.wal-compression", "--storage.tsdb.min-block-duration=2h"});
  const Finished finished = program.Stop(SIGTERM);
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_NE(finished.output.find("storage.tsdb.min-block-duration"), std::string::npos) << finished.output;
}

TEST(ProgramTest, HangUpReloads) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("prometheus.yml", "global: {scrape_interval: 7s}\n");
  const RunningProgram program(folder, file);
  folder.Write("prometheus.yml", "global: {scrape_interval: 9s}\n");
  ::kill(program.pid(), SIGHUP);
  program.WaitFor("/api/v1/status/config", "scrape_interval: 9s");
}

}  // namespace
}  // namespace tocsin::test
