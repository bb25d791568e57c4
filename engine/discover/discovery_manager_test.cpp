#include "engine/discover/discovery_manager.h"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <filesystem>
#include <fstream>

#include "base/strings.h"
#include "engine/discover/testing/discovered_targets.h"

namespace tocsin {
namespace {

using test::SnapshotWaiter;

StaticSdConfig Static(std::initializer_list<std::string_view> targets) {
  StaticSdConfig config;
  TargetGroup& group = config.groups.emplace_back();
  group.source = "0";
  for (const std::string_view target : targets) {
    group.targets.push_back(Labels::Of({{"__address__", target}}));
  }
  return config;
}

class DiscoveryManagerTest : public testing::Test {
 protected:
  SystemClock clock_;
  prometheus::Registry registry_;
  SnapshotWaiter waiter_;
  DiscoveryManager manager_{{"scrape", 5 * kSecond}, clock_, registry_, waiter_.callback()};
};

TEST_F(DiscoveryManagerTest, StaticTargetsArriveAndUnchangedPoolsKeepTheirVersion) {
  manager_.ApplyConfig({{"a", {Static({"one:1", "two:2"})}}, {"b", {Static({"three:3"})}}});
  DiscoveredSnapshot snapshot = waiter_.WaitFor(
      [](const DiscoveredPools& pools) { return test::AddressesOf(pools, "a").size() == 2 && test::AddressesOf(pools, "b").size() == 1; });
  EXPECT_EQ(test::AddressesOf(*snapshot, "a"), (std::multiset<std::string>{"one:1", "two:2"}));
  EXPECT_TRUE(snapshot->at("a")->answered);
  const uint64_t version = snapshot->at("a")->version;
  manager_.ApplyConfig({{"a", {Static({"one:1", "two:2"})}}, {"c", {Static({"four:4"})}}});
  snapshot = waiter_.WaitFor([](const DiscoveredPools& pools) { return test::AddressesOf(pools, "c").size() == 1; });
  EXPECT_EQ(snapshot->at("a")->version, version);
  EXPECT_FALSE(snapshot->contains("b"));
}

TEST_F(DiscoveryManagerTest, ForeignMechanismsAreShownAndHaveNoTargets) {
  manager_.ApplyConfig({{"a", {ForeignSdConfig{"consul", "{}"}}}});
  const DiscoveredSnapshot snapshot = waiter_.WaitFor([](const DiscoveredPools& pools) { return pools.contains("a"); });
  EXPECT_EQ(snapshot->at("a")->unsupported, std::vector<std::string>{"consul"});
  EXPECT_TRUE(snapshot->at("a")->groups.empty());
}

class FileDiscoveryTest : public DiscoveryManagerTest {
 protected:
  FileDiscoveryTest() : folder_(testing::TempDir() + "file_sd_" + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~FileDiscoveryTest() override {
    manager_.Stop();
    std::filesystem::remove_all(folder_);
  }

  void Write(const std::string& name, std::string_view text) { std::ofstream(folder_ + "/" + name) << text; }
  DiscoveredSnapshot WaitForAddresses(const std::multiset<std::string>& wanted) {
    return waiter_.WaitFor([&](const DiscoveredPools& pools) { return test::AddressesOf(pools, "job") == wanted; });
  }
  void Start(const std::string& pattern) {
    FileSdConfig config;
    config.files = {folder_ + "/" + pattern};
    manager_.ApplyConfig({{"job", {config}}});
  }

  const std::string folder_;
};

TEST_F(FileDiscoveryTest, ChangesAreSeenAndBrokenFilesKeepTheirTargets) {
  Write("a.json", R"([{"targets": ["a:1"], "labels": {"x": "y"}}])");
  Write("b.yml", "- targets: [b:1, b:2]\n");
  Start("*.*");
  // "*.*" is no pattern for a file's ending by itself: the patterns are those of the configuration.
  const DiscoveredSnapshot snapshot = WaitForAddresses({"a:1", "b:1", "b:2"});
  const TargetGroup& group = *snapshot->at("job")->groups[0];
  EXPECT_EQ(group.labels.Get("__meta_filepath"), folder_ + "/a.json");
  EXPECT_EQ(group.labels.Get("x"), "y");
  Write("b.yml", "- targets: [b:1\n");
  Write("a.json", R"([{"targets": ["a:2"]}, {"targets": ["a:3"]}])");
  WaitForAddresses({"a:2", "a:3", "b:1", "b:2"});
  Write("a.json", R"([{"targets": ["a:2"]}])");
  WaitForAddresses({"a:2", "b:1", "b:2"});
  std::filesystem::remove(folder_ + "/b.yml");
  WaitForAddresses({"a:2"});
}

TEST_F(FileDiscoveryTest, SwappedSymlinksOfAConfigMapAreSeen) {
  const auto version = [this](const std::string& name, std::string_view target) {
    std::filesystem::create_directories(folder_ + "/" + name);
    Write(name + "/t.json", Cat(R"([{"targets": [")", target, R"("]}])"));
  };
  version("..1", "old:1");
  std::filesystem::create_directory_symlink("..1", folder_ + "/..data");
  std::filesystem::create_symlink("..data/t.json", folder_ + "/t.json");
  Start("*.json");
  WaitForAddresses({"old:1"});
  version("..2", "new:1");
  std::filesystem::create_directory_symlink("..2", folder_ + "/..data_tmp");
  std::filesystem::rename(folder_ + "/..data_tmp", folder_ + "/..data");
  WaitForAddresses({"new:1"});
}

}  // namespace
}  // namespace tocsin
