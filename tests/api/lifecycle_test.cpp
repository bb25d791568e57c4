// What people and probes see of a server that fails to reload and is told to quit.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.h"
#include "tests/api/api_server.h"

namespace tocsin::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

std::string PostRequest(std::string_view path) {
  return Cat("POST ", path, " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(LifecycleTest, LiveNotificationsTellOfAFailedReloadAndOfTheEnd) {
  TemporaryFolder folder;
  const std::string config = folder.Write("prometheus.yml", "global: {}\n");
  RunningProgram program(folder, config, {"--web.enable-lifecycle", "--web.max-notifications-subscribers=1"});
  const std::string address = program.url().substr(7);
  program.WaitFor("/api/v1/notifications", "[]");
  RawClient live(address);
  live.Send("GET /api/v1/notifications/live HTTP/1.1\r\nHost: x\r\nOrigin: http://ui.example\r\nAccept-Encoding: gzip\r\n\r\n");
  folder.Write("prometheus.yml", "global: {scrape_interval: x}\n");
  int status = 0;
  program.Post("/-/reload", &status);
  EXPECT_EQ(status, 500);
  EXPECT_THAT(program.Get("/api/v1/notifications"), HasSubstr(R"("text":"Configuration reload has failed.")"));
  folder.Write("prometheus.yml", "global: {}\n");
  program.Post("/-/reload", &status);
  EXPECT_EQ(status, 200);
  EXPECT_EQ(program.Get("/api/v1/notifications"), R"({"status":"success","data":[]})");
  RawClient second(address);
  second.Send("GET /api/v1/notifications/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(second.ReadToEnd(), StartsWith("HTTP/1.1 204 No Content\r\n")) << "one subscriber is the limit";

  RawClient quitter(address);
  quitter.Send(PostRequest("/-/quit"));
  EXPECT_THAT(quitter.ReadToEnd(), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Requesting termination... Goodbye!")));
  const std::string answer = live.ReadToEnd();
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: text/event-stream\r\n"),
                            HasSubstr("Cache-Control: no-cache\r\n"), HasSubstr("Access-Control-Allow-Origin: *\r\n")));
  std::vector<std::string> events;
  const std::string_view body = BodyOf(answer);
  for (size_t at = body.find("data: "); at != std::string_view::npos; at = body.find("data: ", at + 1)) {
    events.emplace_back(body.substr(at, body.find("\n\n", at) - at));
  }
  const auto event = [](const char* text, const char* active) {
    return MatchesRegex(Cat("data: \\{\"text\":\"", text, "\",\"date\":\"[^\"]*\",\"active\":", active, "\\}"));
  };
  EXPECT_THAT(events,
              testing::ElementsAre(event("Configuration reload has failed.", "true"), event("Configuration reload has failed.", "false"),
                                   event("Prometheus is shutting down.*", "true")));
  EXPECT_TRUE(body.ends_with("0\r\n\r\n")) << "the stream ends in order";
  EXPECT_EQ(program.AwaitEnd().exit_code, 0);
}

TEST(LifecycleTest, ReloadAndQuitAreOffUnlessAskedFor) {
  const ApiServer server;
  for (const char* path : {"/-/reload", "/-/quit"}) {
    EXPECT_THAT(server.Raw(PostRequest(path)), AllOf(StartsWith("HTTP/1.1 403 Forbidden\r\n"), HasSubstr("Lifecycle API is not enabled.")))
        << path;
  }
  EXPECT_EQ(server.Get("/api/v1/query?query=1&time=1"), R"({"status":"success","data":{"resultType":"scalar","result":[1,"1"]}})");
}

}  // namespace
}  // namespace tocsin::test
