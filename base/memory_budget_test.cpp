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

TEST(MemoryBudgetTest, MeasuresThisProcess) { EXPECT_GT(MemoryBudget::ResidentBytes(), 1 << 20); }

}  // namespace
}  // namespace tocsin
