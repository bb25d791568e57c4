#include "engine/scrape/scrape_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/compress/compress.h"
#include "base/model/sample.h"
#include "base/strings.h"
#include "engine/scrape/scrape_metrics.h"
#include "storage/head.h"
#include "tests/support/http_double.h"

namespace tocsin {
namespace {

using test::DoubleRequest;
using test::DoubleResponse;
using test::HttpDouble;
using testing::HasSubstr;

/// A manager over a store in memory and a clock that stands still; Round() lets each target be scraped once.
class ScrapeManagerTest : public testing::Test {
 protected:
  static constexpr DurationMs kInterval = 10 * kSecond;

  ScrapeManagerTest() : head_(Head::OpenMemoryOnly(HeadOptions{}, clock_)) { Start({}); }

  void Start(ScrapeManager::Options options) {
    manager_.reset();
    registry_ = std::make_unique<prometheus::Registry>();
    manager_ = std::make_unique<ScrapeManager>(options, *head_, clock_, *registry_);
  }

  static ScrapeConfig Job(const std::string& name) {
    ScrapeConfig job;
    job.job_name = name;
    job.scrape_interval_ms = kInterval;
    job.scrape_timeout_ms = kInterval;
    job.scrape_protocols = {ScrapeProtocol::kPrometheusText0_0_4};
    job.name_validation_scheme = NameScheme::kUtf8;
    job.name_escaping_scheme = EscapingScheme::kAllowUtf8;
    return job;
  }

  void Apply(std::vector<ScrapeConfig> jobs) {
    auto config = std::make_shared<Config>();
    config->scrape_configs = std::move(jobs);
    manager_->ApplyConfig(config);
  }

  /// Tells the addresses that discovery finds for a job.
  void Discover(const std::string& job, std::vector<std::string> addresses) {
    auto group = std::make_shared<TargetGroup>();
    group->source = "0";
    for (const std::string& address : addresses) {
      group->targets.push_back(Labels::Of({{"__address__", address}, {"__meta_kind", "test"}}));
    }
    auto pool = std::make_shared<DiscoveredPool>();
    pool->version = ++version_;
    pool->answered = true;
    pool->groups = {group};
    pools_[job] = pool;
    manager_->UpdateTargets(std::make_shared<DiscoveredPools>(pools_));
  }

  /// Moves the clock on by one interval and waits until every target has been scraped once more.
  TargetsStatus Round() {
    std::map<std::string, TimestampMs> before;
    for (const ActiveTarget& target : manager_->targets().active) {
      before[target.scrape_url] = target.last_scrape;
    }
    clock_.Advance(kInterval);
    while (true) {
      TargetsStatus status = manager_->targets();
      bool all = true;
      for (const ActiveTarget& target : status.active) {
        all = all && target.last_scrape > before[target.scrape_url];
      }
      if (all) {
        return status;
      }
      std::this_thread::yield();
    }
  }

  /// The newest sample of each series that the store has: "labels value", "stale" for an ended one.
  std::map<std::string, std::string> Newest() {
    std::map<std::string, std::string> all;
    auto querier = head_->OpenQuerier(kMinTimestamp, kMaxTimestamp);
    const std::vector<Matcher> matchers = {Matcher::Equal("job", "j")};
    const auto series = (*querier)->Select(matchers, SelectHints{});
    SampleColumns samples;
    for (const auto& one : *series) {
      samples.Clear();
      one->Read(kMinTimestamp, kMaxTimestamp, &samples);
      LabelsBuilder labels(one->labels());
      labels.Delete("instance");
      labels.Delete("job");
      const double value = samples.values.back();
      all[labels.Build().ToString()] = IsStaleNaN(value) ? "stale" : Cat(value);
    }
    return all;
  }

  ManualClock clock_{1'700'000'000'000};
  std::unique_ptr<Head> head_;
  std::unique_ptr<prometheus::Registry> registry_;
  std::unique_ptr<ScrapeManager> manager_;
  DiscoveredPools pools_;
  uint64_t version_ = 0;
};

DoubleResponse Text(std::string body) { return {.headers = {{"Content-Type", "text/plain; version=0.0.4"}}, .body = std::move(body)}; }

TEST_F(ScrapeManagerTest, ScrapesReportsAndEnds) {
  std::string page = "# TYPE a counter\n# HELP a Text.\na{x=\"1\"} 3\nb 4.5\n";
  HttpDouble server([&](const DoubleRequest& request) {
    EXPECT_EQ(request.Header("accept"), "text/plain;version=0.0.4;q=0.6,*/*;q=0.5");
    EXPECT_EQ(request.Header("x-prometheus-scrape-timeout-seconds"), "10");
    return Text(page);
  });
  Apply({Job("j")});
  EXPECT_FALSE(manager_->first_round_done());
  Discover("j", {server.host()});
  const TargetsStatus status = Round();
  ASSERT_EQ(status.active.size(), 1U);
  EXPECT_TRUE(manager_->first_round_done());
  const ActiveTarget& target = status.active[0];
  EXPECT_EQ(target.health, TargetHealth::kUp) << target.last_error;
  EXPECT_EQ(target.scrape_url, server.Url("/metrics"));
  EXPECT_EQ(target.labels, Labels::Of({{"instance", server.host()}, {"job", "j"}}));
  EXPECT_EQ(target.discovered_labels.Get("__meta_kind"), "test");
  EXPECT_EQ(target.discovered_labels.Get("__scrape_interval__"), "10s");
  auto newest = Newest();
  EXPECT_EQ(newest["{__name__=\"a\", x=\"1\"}"], "3");
  EXPECT_EQ(newest["{__name__=\"b\"}"], "4.5");
  EXPECT_EQ(newest["{__name__=\"up\"}"], "1");
  EXPECT_EQ(newest["{__name__=\"scrape_samples_scraped\"}"], "2");
  EXPECT_EQ(newest["{__name__=\"scrape_series_added\"}"], "2");
  manager_->VisitMetadata([](const TargetMetadata& metadata) {
    ASSERT_EQ(metadata.families.size(), 1U);
    EXPECT_EQ(metadata.families[0].type, "counter");
    EXPECT_EQ(metadata.families[0].help, "Text.");
  });

  page = "# TYPE a counter\n# HELP a Text.\na{x=\"1\"} 4\nc 1\n";
  Round();
  newest = Newest();
  EXPECT_EQ(newest["{__name__=\"a\", x=\"1\"}"], "4");
  EXPECT_EQ(newest["{__name__=\"b\"}"], "stale");
  EXPECT_EQ(newest["{__name__=\"c\"}"], "1");
  EXPECT_EQ(newest["{__name__=\"scrape_series_added\"}"], "1");
}

TEST_F(ScrapeManagerTest, ABadTargetIsDownWithItsReason) {
  std::string packed;
  GzipEncode(std::string(200'000, '#'), &packed);
  std::map<std::string, DoubleResponse> pages;
  pages["/good"] = Text("a 1\n");
  pages["/garbage"] = Text("a 1\nthis is = not {a page\n");
  pages["/missing"] = {.status = 404};
  pages["/untyped"] = {.headers = {{"Content-Type", "image/png"}}, .body = "a 1\n"};
  pages["/half"] = {.raw = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\na 1\n"};
  pages["/huge"] = {.headers = {{"Content-Type", "text/plain"}, {"Content-Encoding", "gzip"}}, .body = packed};
  HttpDouble server([&](const DoubleRequest& request) { return pages.at(request.target); });
  const std::map<std::string, std::string> reasons = {
      {"/good", ""},
      {"/garbage", "strconv.ParseFloat: parsing \"is\": invalid syntax while parsing: \"this is\""},
      {"/missing", "server returned HTTP status 404 Not Found"},
      {"/untyped", "received unsupported Content-Type \"image/png\" and no fallback_scrape_protocol specified for target"},
      {"/half", "unexpected EOF"},
      {"/huge", "body size limit exceeded"}};
  std::vector<ScrapeConfig> jobs;
  for (const auto& [path, reason] : reasons) {
    ScrapeConfig job = Job(path);
    job.metrics_path = path;
    job.limits.body_size_bytes = 100'000;
    jobs.push_back(job);
  }
  Apply(jobs);
  for (const auto& [path, reason] : reasons) {
    Discover(path, {server.host()});
  }
  for (const ActiveTarget& target : Round().active) {
    const std::string& reason = reasons.at(target.scrape_pool);
    EXPECT_EQ(target.health, reason.empty() ? TargetHealth::kUp : TargetHealth::kDown) << target.scrape_pool;
    EXPECT_EQ(target.last_error, reason);
  }
}

TEST_F(ScrapeManagerTest, WhatGoesOnFailingAddsNoSeries) {
  std::string page = "a 1\nb 2\n";
  HttpDouble server([&](const DoubleRequest&) { return Text(page); });
  Apply({Job("j")});
  Discover("j", {server.host()});
  Round();
  EXPECT_EQ(Newest()["{__name__=\"scrape_series_added\"}"], "2");
  page = "a 1\nb 2\nc 3\nd =\n";
  Round();
  EXPECT_EQ(Newest()["{__name__=\"scrape_series_added\"}"], "1");
  Round();
  EXPECT_EQ(Newest()["{__name__=\"scrape_series_added\"}"], "0");
  EXPECT_EQ(Newest()["{__name__=\"up\"}"], "0");
}

TEST_F(ScrapeManagerTest, AFailedScrapeEndsAllAndTheNextGoesOn) {
  bool broken = false;
  HttpDouble server([&](const DoubleRequest&) { return broken ? DoubleResponse{.status = 500} : Text("a 1\nb 2 1699999999000\n"); });
  Apply({Job("j")});
  Discover("j", {server.host()});
  Round();
  broken = true;
  Round();
  auto newest = Newest();
  EXPECT_EQ(newest["{__name__=\"a\"}"], "stale");
  EXPECT_EQ(newest["{__name__=\"b\"}"], "2");  // has a time of its own
  EXPECT_EQ(newest["{__name__=\"up\"}"], "0");
  broken = false;
  Round();
  newest = Newest();
  EXPECT_EQ(newest["{__name__=\"a\"}"], "1");
  EXPECT_EQ(newest["{__name__=\"scrape_series_added\"}"], "0");
}

TEST_F(ScrapeManagerTest, LimitsFailTheWholeScrape) {
  HttpDouble server([&](const DoubleRequest&) { return Text("a{x=\"long value\"} 1\nb 2\nc 3\n"); });
  ScrapeConfig samples = Job("j");
  samples.limits.samples = 2;
  Apply({samples});
  Discover("j", {server.host()});
  EXPECT_EQ(Round().active[0].last_error, "sample limit exceeded");
  EXPECT_EQ(Newest()["{__name__=\"scrape_samples_post_metric_relabeling\"}"], "3");
  EXPECT_FALSE(Newest().contains("{__name__=\"b\"}"));
  ScrapeConfig values = Job("j");
  values.limits.label_value_length = 5;
  Apply({values});
  EXPECT_THAT(Round().active[0].last_error, HasSubstr("label_value_length_limit exceeded (metric: a, label name: instance"));
  ScrapeConfig targets = Job("j");
  targets.limits.targets = 1;
  Apply({targets});
  EXPECT_EQ(Round().active[0].last_error, "");
  Discover("j", {server.host(), Cat("localhost:", server.port())});
  for (const ActiveTarget& target : Round().active) {
    EXPECT_EQ(target.last_error, "target_limit exceeded (number of targets: 2, limit: 1)");
  }
}

TEST_F(ScrapeManagerTest, FailuresAreLoggedAndAReloadOpensTheFileAgain) {
  const std::string path = Cat(testing::TempDir(), "scrape_failures.", getpid());
  const std::string rotated = path + ".1";
  const auto lines = [](const std::string& file) {
    std::ifstream in(file);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) {
      all.push_back(line);
    }
    return all;
  };
  HttpDouble server([&](const DoubleRequest&) { return DoubleResponse{.status = 503}; });
  ScrapeConfig job = Job("j");
  job.scrape_failure_log_file = path;
  Apply({job});
  Discover("j", {server.host()});
  Round();
  ASSERT_EQ(lines(path).size(), 1U);
  EXPECT_THAT(lines(path)[0],
              HasSubstr(Cat(R"("level":"ERROR","msg":"server returned HTTP status 503 Service Unavailable","job_name":"j",)",
                            R"("target":")", server.Url("/metrics"), "\"}")));
  std::filesystem::rename(path, rotated);
  Round();
  EXPECT_EQ(lines(rotated).size(), 2U);
  Apply({job});
  Round();
  EXPECT_EQ(lines(rotated).size(), 2U);
  EXPECT_EQ(lines(path).size(), 1U);
  std::filesystem::remove(path);
  std::filesystem::remove(rotated);
}

TEST_F(ScrapeManagerTest, LimitsCountWhatRelabellingKeeps) {
  HttpDouble server([&](const DoubleRequest&) { return Text("a 1\nb 2\nc 3 1699999999000\n"); });
  ScrapeConfig job = Job("j");
  RelabelConfig drop;
  drop.source_labels = {"__name__"};
  drop.source_labels_set = true;
  drop.regex = *AnchoredRegex::Create("b");
  drop.action = RelabelAction::kDrop;
  job.metric_relabel_configs = {drop};
  job.limits.samples = 2;
  job.honor_timestamps = false;
  job.extra_scrape_metrics = true;
  Apply({job});
  Discover("j", {server.host()});
  EXPECT_EQ(Round().active[0].last_error, "");
  EXPECT_EQ(Round().active[0].last_error, "");
  auto newest = Newest();
  EXPECT_EQ(newest["{__name__=\"scrape_samples_scraped\"}"], "3");
  EXPECT_EQ(newest["{__name__=\"scrape_samples_post_metric_relabeling\"}"], "2");
  EXPECT_EQ(newest["{__name__=\"scrape_sample_limit\"}"], "2");
  EXPECT_EQ(newest["{__name__=\"scrape_body_size_bytes\"}"], "26");
  EXPECT_EQ(newest["{__name__=\"scrape_timeout_seconds\"}"], "10");
  job.limits.samples = 1;
  Apply({job});
  EXPECT_EQ(Round().active[0].last_error, "sample limit exceeded");
  newest = Newest();
  EXPECT_EQ(newest["{__name__=\"a\"}"], "stale");
  EXPECT_EQ(newest["{__name__=\"c\"}"], "stale");  // Its time was not honoured, so its absence counts.
  EXPECT_EQ(newest["{__name__=\"scrape_samples_post_metric_relabeling\"}"], "2");
  job.limits = {};
  job.limits.body_size_bytes = 26;
  Apply({job});
  EXPECT_EQ(Round().active[0].last_error, "body size limit exceeded");
  EXPECT_EQ(Newest()["{__name__=\"scrape_body_size_bytes\"}"], "-1");
}

TEST_F(ScrapeManagerTest, DroppedTargetsSayWhichRule) {
  ScrapeConfig job = Job("j");
  RelabelConfig keep;
  keep.source_labels = {"__meta_kind"};
  keep.source_labels_set = true;
  keep.regex = *AnchoredRegex::Create("other");
  keep.action = RelabelAction::kKeep;
  job.relabel_configs = {keep};
  Apply({job});
  Discover("j", {"127.0.0.1:1"});
  const TargetsStatus status = manager_->targets();
  EXPECT_TRUE(status.active.empty());
  ASSERT_EQ(status.dropped.size(), 1U);
  EXPECT_EQ(status.dropped_counts.at("j"), 1U);
  EXPECT_THAT(status.dropped[0].dropped_by, HasSubstr("keep"));
  EXPECT_TRUE(manager_->first_round_done());
}

TEST_F(ScrapeManagerTest, AGoneTargetEndsAfterTwoIntervals) {
  HttpDouble server([&](const DoubleRequest&) { return Text("a 1\n"); });
  Apply({Job("j")});
  Discover("j", {server.host()});
  Round();
  Discover("j", {});
  clock_.Advance(kInterval);
  EXPECT_EQ(Newest()["{__name__=\"a\"}"], "1");
  clock_.Advance(2 * kInterval);
  while (Newest()["{__name__=\"a\"}"] != "stale" || Newest()["{__name__=\"up\"}"] != "stale") {
    std::this_thread::yield();
  }
}

TEST_F(ScrapeManagerTest, ARemovedJobGetsNoStaleMarkers) {
  Start({.workers = 1});  // What is due earlier is done earlier.
  HttpDouble server([&](const DoubleRequest&) { return Text("a 1\n"); });
  Apply({Job("j"), Job("k")});
  Discover("j", {server.host()});
  Discover("k", {server.host()});
  Round();
  Apply({Job("k")});
  for (int i = 0; i < 5; ++i) {
    Round();
  }
  EXPECT_EQ(Newest()["{__name__=\"a\"}"], "1");
  EXPECT_EQ(Newest()["{__name__=\"up\"}"], "1");
}

TEST_F(ScrapeManagerTest, MetricsOfAPoolComeAndGoWithIt) {
  HttpDouble server([&](const DoubleRequest&) { return Text("a 1\n"); });
  ScrapeConfig job = Job("j");
  job.extra_scrape_metrics = true;
  Apply({job});
  Discover("j", {server.host()});
  Round();
  Round();
  const std::string with = prometheus::TextSerializer().Serialize(registry_->Collect());
  for (const char* line :
       {"prometheus_target_scrape_pool_symboltable_items{scrape_job=\"j\"} 16", "prometheus_target_sync_length_seconds_count",
        "prometheus_target_sync_length_histogram_seconds_bucket{scrape_job=\"j\",le=\"+Inf\"} 1",
        "prometheus_target_interval_length_seconds_count{interval=\"10s\"} 1",
        "prometheus_target_interval_length_histogram_seconds_bucket{interval=\"10s\",le=\"+Inf\"} 1",
        "prometheus_target_scrape_duration_seconds_count 2", "prometheus_target_scrape_pool_targets{scrape_job=\"j\"} 1"}) {
    EXPECT_THAT(with, HasSubstr(line));
  }
  Apply({});
  EXPECT_THAT(prometheus::TextSerializer().Serialize(registry_->Collect()), testing::Not(HasSubstr("scrape_job")));
}

TEST(ScrapeMetrics, IntervalsAreWrittenAsGoDoes) {
  EXPECT_EQ(IntervalText(500), "500ms");
  EXPECT_EQ(IntervalText(15'000), "15s");
  EXPECT_EQ(IntervalText(1'500), "1.5s");
  EXPECT_EQ(IntervalText(kMinute), "1m0s");
  EXPECT_EQ(IntervalText(kHour + 5 * kSecond), "1h0m5s");
}

TEST_F(ScrapeManagerTest, AReloadTouchesOnlyWhatChanged) {
  HttpDouble server([&](const DoubleRequest&) { return Text("a 1\nb 2\n"); });
  Apply({Job("j"), Job("k")});
  Discover("j", {server.host()});
  Discover("k", {server.host()});
  Round();
  ScrapeConfig changed = Job("j");
  RelabelConfig drop;
  drop.source_labels = {"__name__"};
  drop.source_labels_set = true;
  drop.regex = *AnchoredRegex::Create("b");
  drop.action = RelabelAction::kDrop;
  changed.metric_relabel_configs = {drop};
  Apply({changed, Job("k")});
  for (const ActiveTarget& target : manager_->targets().active) {
    EXPECT_EQ(target.health, TargetHealth::kUp);
  }
  Round();
  EXPECT_EQ(Newest()["{__name__=\"a\"}"], "1");
  EXPECT_EQ(Newest()["{__name__=\"b\"}"], "stale");
  EXPECT_EQ(server.connections(), 2);  // kept over the reload
  Apply({changed});
  EXPECT_THAT(manager_->pool_names(), testing::ElementsAre("j"));
  EXPECT_EQ(manager_->pool_config("k"), nullptr);
}

TEST(GlobalUrl, LocalHostsGetTheExternalName) {
  ScrapeManager::Options options;
  options.listen_address = "0.0.0.0:9090";
  options.external_scheme = "https";
  options.external_host = "prom.example:443";
  EXPECT_EQ(GlobalUrl("http://localhost:9090/metrics", options), "https://prom.example:443/metrics");
  EXPECT_EQ(GlobalUrl("http://127.0.0.1:9100/metrics?a=b", options), "http://prom.example:9100/metrics?a=b");
  EXPECT_EQ(GlobalUrl("http://[::1]:9100/metrics", options), "http://prom.example:9100/metrics");
  EXPECT_EQ(GlobalUrl("http://10.0.0.1:9100/metrics", options), "http://10.0.0.1:9100/metrics");
}

}  // namespace
}  // namespace tocsin
