#include "api/main/server_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/main/cli.h"
#include "base/strings.h"

namespace tocsin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// The command line of `words`, behind the program's name.
CommandLine Parse(std::vector<std::string> words, int expected_exit = -1) {
  words.insert(words.begin(), "tocsin");
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  int exit_code = 0;
  CommandLine line = ParseCommandLine(static_cast<int>(argv.size()), argv.data(), &exit_code);
  EXPECT_EQ(exit_code, expected_exit);
  return line;
}

TEST(ServerFlagsTest, HasPrometheusDefaults) {
  const absl::StatusOr<ServerFlags> flags = ReadServerFlags(Parse({}).flags);
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->config_file, "prometheus.yml");
  EXPECT_THAT(flags->listen_addresses, ElementsAre("0.0.0.0:9090"));
  EXPECT_EQ(flags->connections_max, 512);
  EXPECT_EQ(flags->engine.max_samples, 50'000'000);
  EXPECT_EQ(flags->engine.lookback_delta_ms, 5 * kMinute);
  EXPECT_EQ(flags->outage_tolerance_ms, kHour);
  EXPECT_FALSE(flags->lifecycle);
  EXPECT_TRUE(flags->drain_notifications);
  EXPECT_EQ(flags->shown.at("web.max-connections"), "512");
}

TEST(ServerFlagsTest, TakesEveryFormOfAFlag) {
  const CommandLine line =
      Parse({"serve", "--config.file=a.yml", "--web.listen-address", ":1", "--web.listen-address=unix:/x", "--web.enable-lifecycle",
             "--no-alertmanager.drain-notification-queue-on-shutdown", "--enable-feature=exemplar-storage,what",
             "--enable-feature=promql-experimental-functions", "--storage.tsdb.retention.size=2GB", "--agent"});
  EXPECT_EQ(line.command, "serve");
  const absl::StatusOr<ServerFlags> flags = ReadServerFlags(line.flags);
  ASSERT_TRUE(flags.ok()) << flags.status();
  EXPECT_EQ(flags->config_file, "a.yml");
  EXPECT_THAT(flags->listen_addresses, ElementsAre(":1", "unix:/x"));
  EXPECT_TRUE(flags->lifecycle);
  EXPECT_FALSE(flags->drain_notifications);
  EXPECT_TRUE(flags->features.exemplar_storage);
  EXPECT_TRUE(flags->engine.features.experimental_functions);
  EXPECT_THAT(flags->features.unknown, ElementsAre("what"));
  EXPECT_EQ(flags->retention_bytes, uint64_t{2} << 30);
  EXPECT_THAT(flags->without_meaning, ElementsAre("agent"));
}

TEST(ServerFlagsTest, RefusesUnknownFlagsAndBadValues) {
  Parse({"--what"}, 2);
  const auto error = [](std::vector<std::string> words) {
    return std::string(Message(ReadServerFlags(Parse(std::move(words)).flags).status()));
  };
  EXPECT_EQ(error({"--query.timeout=x"}), R"(invalid value "x" for --query.timeout: not a valid duration string: "x")");
  EXPECT_THAT(error({"--query.max-samples=0"}), HasSubstr("--query.max-samples: must be at least 1"));
  EXPECT_THAT(error({"--log.level=loud"}), HasSubstr("must be one of debug, info, warn, error"));
  EXPECT_THAT(error({"--memory.max=5"}), HasSubstr("a unit is required"));
}

TEST(CommandLineTest, FindsToolsWithTheirFlagsAndArguments) {
  const CommandLine rules = Parse({"check", "rules", "--lint=all", "a.yml", "b.yml", "--lint-fatal"});
  EXPECT_EQ(rules.command, "check rules");
  EXPECT_EQ(rules.Get("lint"), "all");
  EXPECT_EQ(rules.Get("lint-fatal"), "true");
  EXPECT_THAT(rules.arguments, ElementsAre("a.yml", "b.yml"));

  const CommandLine query = Parse({"query", "instant", "http://h:1", "up == 0", "-o", "json"});
  EXPECT_EQ(query.command, "query instant");
  EXPECT_EQ(query.Get("format"), "json");
  EXPECT_THAT(query.arguments, ElementsAre("http://h:1", "up == 0"));

  const CommandLine matchers = Parse({"--experimental", "promql", "label-matchers", "set", "-t", "=~", "up", "a", "b"});
  EXPECT_EQ(matchers.command, "promql label-matchers set");
  EXPECT_EQ(matchers.Get("type"), "=~");
  EXPECT_THAT(matchers.arguments, ElementsAre("up", "a", "b"));

  const CommandLine series = Parse({"query", "series", "--match=a", "--match", "b", "http://h"});
  EXPECT_THAT(series.All("match"), ElementsAre("a", "b"));
  Parse({"query", "series", "http://h"}, 1);
  Parse({"check", "what"}, 1);
  Parse({"check"}, 1);
}

TEST(ExternalUrlTest, GivesTheRoutePrefix) {
  ServerFlags flags;
  EXPECT_EQ(*ExternalUrl(flags, "0.0.0.0:9090", "host"), "http://host:9090");
  flags.external_url = "https://example.org/prom/";
  EXPECT_EQ(*ExternalUrl(flags, ":1", "host"), "https://example.org/prom");
  EXPECT_EQ(RoutePrefix(flags, "https://example.org/prom"), "/prom");
  EXPECT_EQ(RoutePrefix(flags, "https://example.org"), "");
  flags.route_prefix = "/";
  flags.route_prefix_given = true;
  EXPECT_EQ(RoutePrefix(flags, "https://example.org/prom"), "");
  flags.external_url = "ftp://x";
  EXPECT_FALSE(ExternalUrl(flags, ":1", "host").ok());
}

}  // namespace
}  // namespace tocsin
