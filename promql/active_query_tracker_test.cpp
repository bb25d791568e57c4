#include "promql/active_query_tracker.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "base/env.h"
#include "base/strings.h"

namespace tocsin::promql {
namespace {

class ActiveQueryTrackerTest : public testing::Test {
 protected:
  ActiveQueryTrackerTest()
      : path_(Cat(testing::TempDir(), "/queries.active.", testing::UnitTest::GetInstance()->current_test_info()->name(), ".", ::getpid())) {
  }
  ~ActiveQueryTrackerTest() override { (void)SystemEnv().Remove(path_); }

  std::string Left() const { return ActiveQueryTracker::Unfinished(*SystemEnv().ReadFile(path_)); }

  ManualClock clock_{1'700'000'000'500};
  std::string path_;
};

TEST_F(ActiveQueryTrackerTest, NamesTheQueriesThatRun) {
  const auto tracker = *ActiveQueryTracker::Open(path_, 2, clock_);
  EXPECT_EQ(SystemEnv().ReadFile(path_)->size(), 1 + 2 * ActiveQueryTracker::kPlaceBytes);
  EXPECT_EQ(Left(), "");
  {
    const ActiveQueryTracker::Entry first(tracker.get(), "up == \"0\"");
    std::optional<ActiveQueryTracker::Entry> second(std::in_place, tracker.get(), "sum(up)");
    const std::string up = R"json({"query":"up == \"0\"","timestamp_sec":1700000000})json";
    EXPECT_EQ(Left(), Cat("[", up, R"json(,{"query":"sum(up)","timestamp_sec":1700000000}])json"));
    second.reset();
    EXPECT_EQ(Left(), Cat("[", up, "]"));
  }
  EXPECT_EQ(Left(), "");
}

TEST_F(ActiveQueryTrackerTest, CutsLongQueriesBetweenCharacters) {
  const auto tracker = *ActiveQueryTracker::Open(path_, 1, clock_);
  std::string query;
  for (int i = 0; i < 600; ++i) {
    query += i % 3 == 0 ? "\"" : "é";
  }
  const ActiveQueryTracker::Entry entry(tracker.get(), query);
  const std::string text = *SystemEnv().ReadFile(path_);
  EXPECT_EQ(text.size(), 1 + ActiveQueryTracker::kPlaceBytes);
  EXPECT_EQ(text.back(), ',');
  const std::string left = Left();
  EXPECT_TRUE(left.ends_with("\",\"timestamp_sec\":1700000000}]")) << left;
  EXPECT_EQ(left.find("\\ufffd"), std::string::npos) << left;
  EXPECT_GT(left.size(), ActiveQueryTracker::kPlaceBytes - 100);
}

TEST_F(ActiveQueryTrackerTest, BeginsAnewAfterACrash) {
  {
    // The entry is never taken out, as by a process that was killed.
    auto tracker = *ActiveQueryTracker::Open(path_, 1, clock_);
    std::string left;
    {
      const ActiveQueryTracker::Entry entry(tracker.get(), "up");
      left = *SystemEnv().ReadFile(path_);
    }
    auto file = *SystemEnv().CreateFile(path_);
    ASSERT_TRUE(file->Append({reinterpret_cast<const uint8_t*>(left.data()), left.size()}).ok());
  }
  EXPECT_EQ(Left(), R"json([{"query":"up","timestamp_sec":1700000000}])json");
  const auto tracker = *ActiveQueryTracker::Open(path_, 1, clock_);
  EXPECT_EQ(Left(), "");
}

TEST_F(ActiveQueryTrackerTest, SaysWhyAFileCannotBeWritten) {
  const auto tracker = ActiveQueryTracker::Open("/nowhere/queries.active", 1, clock_);
  ASSERT_FALSE(tracker.ok());
  EXPECT_EQ(Message(tracker.status()), "open /nowhere/queries.active: No such file or directory");
}

}  // namespace
}  // namespace tocsin::promql
