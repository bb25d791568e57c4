#include "api/http/worker_pool.h"

#include <gtest/gtest.h>

namespace tocsin::http {
namespace {

TEST(WorkerPoolTest, TasksThatWaitForEachOtherAllRun) {
  constexpr int kTasks = 4;
  Mutex mu;
  CondVar changed;
  int running = 0;
  int finished = 0;
  {
    WorkerPool pool(kTasks);
    // The second round finds idle workers.
    for (int round = 1; round <= 2; ++round) {
      for (int i = 0; i < kTasks; ++i) {
        pool.Run([&] {
          MutexLock lock(mu);
          ++running;
          changed.NotifyAll();
          while (running < kTasks) {
            changed.Wait(mu);
          }
          ++finished;
          changed.NotifyAll();
        });
      }
      MutexLock lock(mu);
      while (finished < kTasks) {
        changed.Wait(mu);
      }
      if (round == 1) {
        running = finished = 0;
      }
    }
  }
  EXPECT_EQ(finished, kTasks);
}

TEST(WorkerPoolTest, TheEndFinishesWhatWaits) {
  Mutex mu;
  int done = 0;
  {
    WorkerPool pool(2);
    for (int i = 0; i < 100; ++i) {
      pool.Run([&] {
        MutexLock lock(mu);
        ++done;
      });
    }
  }
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace tocsin::http
