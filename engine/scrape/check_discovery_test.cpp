#include "engine/scrape/check_discovery.h"

#include <gtest/gtest.h>

#include <fstream>

namespace tocsin {
namespace {

TEST(CheckDiscoveryTest, TargetsBeforeAndAfterRelabelling) {
  const std::string path = testing::TempDir() + "check_discovery.yml";
  std::ofstream(path) << R"(
scrape_configs:
- job_name: a
  static_configs: [{targets: ['h:1', 'drop:1', 'h:1'], labels: {x: y}}]
  relabel_configs: [{source_labels: [__address__], regex: 'drop:.*', action: drop}]
)";
  SystemClock clock;
  const absl::StatusOr<std::string> found = CheckServiceDiscovery(path, "a", 200, clock);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->find("[\n  {\n    \"discoveredLabels\": {\n      \"__address__\": \"h:1\","), 0u) << *found;
  EXPECT_NE(found->find("\"instance\": \"h:1\""), std::string::npos) << *found;
  EXPECT_NE(found->find("\"labels\": {}"), std::string::npos) << *found;
  size_t count = 0;
  for (size_t at = found->find("discoveredLabels"); at != std::string::npos; at = found->find("discoveredLabels", at + 1)) {
    ++count;
  }
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(CheckServiceDiscovery(path, "b", 1, clock).status().message(), "Job b not found. Select one of:\n\ta");
}

}  // namespace
}  // namespace tocsin
