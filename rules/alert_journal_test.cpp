#include "rules/alert_journal.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "rules/test_full_disk.h"

namespace tocsin::rules {
namespace {

class AlertJournalTest : public testing::Test {
 protected:
  AlertJournalTest() : folder_(testing::TempDir() + "alert_journal_" + std::to_string(getpid())) { std::filesystem::remove_all(folder_); }
  ~AlertJournalTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<AlertJournal> Open() {
    auto journal = AlertJournal::Open(folder_, [this] { ++failures_; });
    EXPECT_TRUE(journal.ok()) << journal.status();
    return *std::move(journal);
  }

  static Alert Firing(std::string_view instance) {
    Alert alert;
    alert.labels = Labels::Of({{"alertname", "A"}, {"instance", instance}});
    alert.annotations = Labels::Of({{"summary", "s"}});
    alert.state = AlertState::kFiring;
    alert.value = 2.5;
    alert.active_at = 1000;
    alert.fired_at = 2000;
    alert.last_sent_at = 3000;
    return alert;
  }

  std::string path() const { return folder_ + "/alerts.journal"; }

  const std::string folder_;
  int failures_ = 0;
};

TEST_F(AlertJournalTest, GivesBackWhatAnEarlierProcessWrote) {
  {
    const auto journal = Open();
    journal->WriteRule("f;g", "alert A{}", {Firing("a"), Firing("b")});
    journal->WriteRule("f;g", "alert A{}", {Firing("a")});
    journal->WriteEvaluation("f;g", 60'000);
  }
  const auto journal = Open();
  const auto restored = journal->TakeRestored("f;g", "alert A{}");
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->last_evaluation, 60'000);
  ASSERT_EQ(restored->alerts.size(), 1U);
  const Alert& alert = restored->alerts[0];
  EXPECT_EQ(alert.labels, Firing("a").labels);
  EXPECT_EQ(alert.annotations, Firing("a").annotations);
  EXPECT_EQ(alert.state, AlertState::kFiring);
  EXPECT_EQ(alert.value, 2.5);
  EXPECT_EQ(alert.fired_at, 2000);
  EXPECT_EQ(alert.last_sent_at, 3000);
  EXPECT_FALSE(alert.resolved_at);
  EXPECT_FALSE(journal->TakeRestored("f;g", "alert A{}")) << "only once";
}

TEST_F(AlertJournalTest, FindsARuleThatMoved) {
  {
    const auto journal = Open();
    journal->WriteRule("f;g", "alert A{}", {Firing("a")});
  }
  EXPECT_TRUE(Open()->TakeRestored("other;group", "alert A{}"));
}

TEST_F(AlertJournalTest, ATornEndLosesOnlyItself) {
  {
    const auto journal = Open();
    journal->WriteRule("f;g", "alert A{}", {Firing("a")});
    journal->WriteRule("f;g", "alert B{}", {Firing("b")});
  }
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 3);
  const auto journal = Open();
  EXPECT_EQ(journal->TakeRestored("f;g", "alert A{}")->alerts.size(), 1U);
  EXPECT_EQ(journal->TakeRestored("f;g", "alert B{}")->alerts.size(), 0U);
}

TEST_F(AlertJournalTest, ADamagedRecordEndsTheReading) {
  {
    const auto journal = Open();
    journal->WriteRule("f;g", "alert A{}", {Firing("a")});
  }
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(20);
  file.put('\xFF');
  file.close();
  EXPECT_FALSE(Open()->TakeRestored("f;g", "alert A{}"));
}

TEST_F(AlertJournalTest, AFullDiskIsSurvived) {
  {
    const auto journal = Open();
    journal->WriteRule("f;g", "alert A{}", {Firing("a")});
    {
      const test::FullDisk full(path());
      journal->WriteRule("f;g", "alert A{}", {Firing("a"), Firing("b")});
      EXPECT_EQ(failures_, 1);
      journal->WriteEvaluation("f;g", 60'000);
      EXPECT_EQ(failures_, 2);
    }
    EXPECT_EQ(Open()->TakeRestored("f;g", "alert A{}")->alerts.size(), 1U) << "what was written before is there";
    journal->WriteEvaluation("f;g", 120'000);
    journal->WriteRule("f;g", "alert B{}", {Firing("c")});
    EXPECT_EQ(failures_, 2);
  }
  const auto journal = Open();
  const auto restored = journal->TakeRestored("f;g", "alert A{}");
  ASSERT_TRUE(restored);
  EXPECT_EQ(restored->alerts.size(), 2U);
  EXPECT_EQ(restored->last_evaluation, 120'000);
  EXPECT_TRUE(journal->TakeRestored("f;g", "alert B{}"));
}

TEST_F(AlertJournalTest, StaysSmall) {
  const auto journal = Open();
  for (TimestampMs t = 0; t < 30'000; ++t) {
    journal->WriteEvaluation("some/long/path/of/a/rule/file.yml;group", t);
  }
  EXPECT_LT(std::filesystem::file_size(path()), AlertJournal::kCompactBytes + 200);
}

TEST_F(AlertJournalTest, ForgetsGroupsThatAreGone) {
  {
    const auto journal = Open();
    journal->WriteRule("f;g", "alert A{}", {Firing("a")});
    journal->KeepGroups({"f;h"});
  }
  EXPECT_FALSE(Open()->TakeRestored("f;g", "alert A{}"));
}

}  // namespace
}  // namespace tocsin::rules
