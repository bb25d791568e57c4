#include <gmock/gmock.h>

#include <memory>

#include "api/v1/api_fixture_test.h"

namespace tocsin::api::test {
namespace {

RelabelConfig DropWhere(const std::string& label, const std::string& regex) {
  RelabelConfig drop;
  drop.source_labels = {label};
  drop.source_labels_set = true;
  drop.regex = *AnchoredRegex::Create(regex);
  drop.action = RelabelAction::kDrop;
  return drop;
}

class TargetsTest : public ApiFixture {
 protected:
  TargetsTest() {
    sources_.pool_config = [this](std::string_view name) { return name == "a" ? config_ : nullptr; };
  }

  std::shared_ptr<ScrapeConfig> config_ = std::make_shared<ScrapeConfig>();
};

TEST_F(TargetsTest, PoolsSayWhichMechanismsFindNothing) {
  EXPECT_EQ(Get("/scrape_pools"), R"({"status":"success","data":{"scrapePools":["a","b"]}})");
  config_->discovery = {HttpSdConfig(), ForeignSdConfig{"consul", ""}, ForeignSdConfig{"nomad", ""}};
  EXPECT_EQ(Get("/scrape_pools"),
            R"({"status":"success","data":{"scrapePools":["a","b"],"unsupportedDiscovery":{"a":["consul","nomad"]}}})");
}

TEST_F(TargetsTest, RelabelStepsAreEmptyFromTheRuleThatDropsOn) {
  config_->relabel_configs = {DropWhere("kind", "other"), DropWhere("kind", "test"), DropWhere("kind", "never")};
  const std::string steps = Get("/targets/relabel_steps?scrapePool=a&labels=%7B%22kind%22%3A%22test%22%7D");
  EXPECT_THAT(steps, testing::HasSubstr(R"("output":{"kind":"test"},"keep":true})"));
  EXPECT_THAT(steps, testing::EndsWith(R"("output":{},"keep":false}]}})"));
  EXPECT_THAT(steps, testing::HasSubstr(R"("regex":"test","replacement":"$1","action":"drop"},"output":{},"keep":false},)"));
  EXPECT_THAT(steps, testing::HasSubstr(R"("regex":"never","replacement":"$1","action":"drop"},"output":{},"keep":false}])"));
  EXPECT_THAT(BadRequest("/targets/relabel_steps?scrapePool=a"), testing::HasSubstr("no labels parameter provided"));
  EXPECT_THAT(BadRequest("/targets/relabel_steps?labels={}"), testing::HasSubstr("no scrapePool parameter provided"));
  EXPECT_THAT(BadRequest("/targets/relabel_steps?scrapePool=c&labels=%7B%7D"),
              testing::HasSubstr(R"(error retrieving scrape config: scrape pool \"c\" not found)"));
}

TEST_F(TargetsTest, ADroppedTargetNamesItsRule) {
  sources_.targets = [] {
    TargetsStatus status;
    DroppedTarget dropped;
    dropped.discovered_labels = Labels::Of({{"__address__", "x:1"}});
    dropped.scrape_pool = "a";
    dropped.rule_index = 2;
    dropped.dropped_by = "keep if kind matches other";
    status.dropped.push_back(dropped);
    status.dropped_counts["a"] = 1;
    return status;
  };
  const std::string body = Get("/targets?state=dropped");
  EXPECT_THAT(body, testing::HasSubstr(R"("discoveredLabels":{"__address__":"x:1"},"scrapePool":"a")"));
  EXPECT_THAT(body, testing::HasSubstr(R"("droppedBy":"keep if kind matches other")"));
  EXPECT_THAT(body, testing::HasSubstr(R"("droppedTargetCounts":{"a":1})"));
}

}  // namespace
}  // namespace tocsin::api::test
