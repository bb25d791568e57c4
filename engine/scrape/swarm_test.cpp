#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <map>
#include <thread>

#include "base/strings.h"
#include "engine/scrape/scrape_manager.h"
#include "storage/head.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using test::DoubleRequest;
using test::DoubleResponse;

constexpr DurationMs kSwarmInterval = 10 * kSecond;
constexpr int kSwarmTargets = 1000;

/// Of ten targets one hangs, one says garbage, one resets the connection.
DoubleResponse SwarmAnswer(const DoubleRequest& request) {
  switch (request.target.back()) {
    case '0':
      return {.hang = true};
    case '1':
      return {.headers = {{"Content-Type", "text/plain"}}, .body = "}{ \x01 garbage"};
    case '2':
      return {.reset = true};
    default:
      return {.headers = {{"Content-Type", "text/plain"}}, .body = "a 1\nb 2\n"};
  }
}

bool IsGoodTarget(const ActiveTarget& target) { return target.labels.Get("n").back() > '2'; }

/// A thousand targets of which three hundred are bad: the others miss no scrape. The clock moves only when all good ones of a round are
/// done.
TEST(Swarm, BadTargetsDelayNoOther) {
  ManualClock clock(1'700'000'000'000);
  const auto head = Head::OpenMemoryOnly(HeadOptions{}, clock);
  test::HttpDouble server(SwarmAnswer);
  prometheus::Registry registry;
  ScrapeManager::Options options;
  options.transfers_max = 32;  // far fewer than hang
  ScrapeManager manager(options, *head, clock, registry);

  auto config = std::make_shared<Config>();
  ScrapeConfig job;
  job.job_name = "swarm";
  job.scrape_interval_ms = kSwarmInterval;
  job.scrape_timeout_ms = kSwarmInterval;
  job.scrape_protocols = {ScrapeProtocol::kPrometheusText0_0_4};
  job.name_validation_scheme = NameScheme::kUtf8;
  config->scrape_configs = {job};
  manager.ApplyConfig(config);
  auto group = std::make_shared<TargetGroup>();
  for (int i = 0; i < kSwarmTargets; ++i) {
    group->targets.push_back(Labels::Of({{"__address__", server.host()}, {"__metrics_path__", Cat("/", i)}, {"n", Cat(i)}}));
  }
  auto pool = std::make_shared<DiscoveredPool>();
  pool->version = 1;
  pool->answered = true;
  pool->groups = {group};
  manager.UpdateTargets(std::make_shared<DiscoveredPools>(DiscoveredPools{{"swarm", pool}}));

  for (int round = 1; round <= 3; ++round) {
    const TimestampMs start = clock.NowMs();
    clock.Advance(kSwarmInterval);
    size_t good = 0;
    while (good < kSwarmTargets * 7 / 10) {
      good = 0;
      for (const ActiveTarget& target : manager.targets().active) {
        good += IsGoodTarget(target) && target.last_scrape > start ? 1 : 0;
      }
      std::this_thread::yield();
    }
  }
  for (const ActiveTarget& target : manager.targets().active) {
    if (IsGoodTarget(target)) {
      EXPECT_EQ(target.health, TargetHealth::kUp) << target.scrape_url << " " << target.last_error;
    } else {
      EXPECT_NE(target.health, TargetHealth::kUp) << target.scrape_url;
    }
  }
}

}  // namespace
}  // namespace tocsin
