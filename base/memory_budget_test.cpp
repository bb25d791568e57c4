#include "base/memory_budget.h"

#include <gtest/gtest.h>

namespace tocsin {
namespace {

TEST(MemoryBudgetTest, PressureFollowsWhatWasMeasuredAndWhatCameSince) {
  MemoryBudget budget(1000);
  budget.SetMeasured(799);
  EXPECT_EQ(budget.pressure(), MemoryBudget::Pressure::kNone);
  budget.Add(1);
  EXPECT_EQ(budget.pressure(), MemoryBudget::Pressure::kShedHistory);
  EXPECT_EQ(budget.excess_bytes(), 0);
  budget.Add(49);
  EXPECT_EQ(budget.pressure(), MemoryBudget::Pressure::kShedHistory);
  budget.Add(1);
  EXPECT_EQ(budget.pressure(), MemoryBudget::Pressure::kRefuseSeries);
  EXPECT_EQ(budget.excess_bytes(), 50);
  budget.SetMeasured(500);
  EXPECT_EQ(budget.estimate_bytes(), 500);
  EXPECT_EQ(budget.pressure(), MemoryBudget::Pressure::kNone);
}

TEST(MemoryBudgetTest, WhatIsReservedCountsUntilItIsTaken) {
  MemoryBudget budget(1000);
  budget.Reserve(850);
  EXPECT_EQ(budget.pressure(), MemoryBudget::Pressure::kRefuseSeries);
  budget.SetMeasured(100);
  EXPECT_EQ(budget.estimate_bytes(), 950) << "a measurement does not see it yet";
  budget.Reserve(-850);
  EXPECT_EQ(budget.estimate_bytes(), 100);
}

TEST(MemoryBudgetTest, WithoutLimitThereIsNoPressure) {
  MemoryBudget budget(0);
  budget.SetMeasured(int64_t{1} << 50);
  EXPECT_EQ(budget.pressure(), MemoryBudget::Pressure::kNone);
}

TEST(MemoryBudgetTest, WorkingMemoryIsTakenWhereThisProcessHasRoom) {
  const int64_t now = MemoryBudget::ResidentBytes();
  MemoryBudget wide(now * 100);
  EXPECT_TRUE(wide.TakeWorkingMemory(now));
  EXPECT_GE(wide.estimate_bytes(), 2 * now - (1 << 20)) << "it counts";
  EXPECT_FALSE(wide.TakeWorkingMemory(now * 99));
  MemoryBudget none(0);
  EXPECT_TRUE(none.TakeWorkingMemory(int64_t{1} << 50));
}

TEST(MemoryBudgetTest, ClaimsShareWhatBodiesMayTake) {
  MemoryBudget budget(1600);
  MemoryClaim one(&budget.bodies());
  EXPECT_TRUE(one.GrowTo(60));
  EXPECT_TRUE(one.GrowTo(40)) << "no less than before";
  {
    MemoryClaim other(&budget.bodies());
    EXPECT_TRUE(other.GrowTo(40));
    EXPECT_FALSE(other.GrowTo(41));
    EXPECT_FALSE(one.GrowTo(61));
  }
  EXPECT_TRUE(one.GrowTo(100));
  one.Clear();
  EXPECT_EQ(budget.bodies().free_bytes(), 100);
  EXPECT_TRUE(MemoryClaim(nullptr).GrowTo(uint64_t{1} << 50));
}

TEST(MemoryBudgetTest, MeasuresThisProcess) { EXPECT_GT(MemoryBudget::ResidentBytes(), 1 << 20); }

TEST(MemoryReserveTest, WhatIsReservedIsGivenBackOnce) {
  MemoryBudget budget(1000);
  {
    MemoryReserve reserve;
    reserve.Set(&budget, 100);
    EXPECT_EQ(budget.estimate_bytes(), 100);
    reserve.Set(&budget, 30);
    EXPECT_EQ(budget.estimate_bytes(), 30) << "in place of the last one";
    reserve.Set(nullptr, 50);
    EXPECT_EQ(budget.estimate_bytes(), 0);
    reserve.Set(&budget, 70);
  }
  EXPECT_EQ(budget.estimate_bytes(), 0);
}

}  // namespace
}  // namespace tocsin
