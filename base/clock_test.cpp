#include "base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace tocsin {
namespace {

TEST(ManualClockTest, WaitsForItsTime) {
  ManualClock clock(kHour);
  const StopToken never;
  TimestampMs ended_at = 0;
  std::thread waiter([&] {
    EXPECT_TRUE(clock.WaitUntil(2 * kHour, never));
    ended_at = clock.NowMs();
  });
  clock.AwaitWaiters(1);
  clock.Set(2 * kHour);
  waiter.join();
  EXPECT_EQ(ended_at, 2 * kHour);
}

TEST(ManualClockTest, AClockThatIsSetBackEndsTheWait) {
  ManualClock clock(kHour);
  const StopToken never;
  std::thread waiter([&] { EXPECT_TRUE(clock.WaitUntil(2 * kHour, never)); });
  clock.AwaitWaiters(1);
  clock.Set(kMinute);
  waiter.join();
}

TEST(ManualClockTest, StoppingEndsTheWait) {
  ManualClock clock(kHour);
  StopToken stop;
  std::thread waiter([&] { EXPECT_FALSE(clock.WaitUntil(2 * kHour, stop)); });
  clock.AwaitWaiters(1);
  stop.Stop();
  waiter.join();
}

}  // namespace
}  // namespace tocsin
