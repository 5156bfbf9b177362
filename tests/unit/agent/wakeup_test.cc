#include "agent/wakeup.h"

#include <gtest/gtest.h>

#include <thread>

namespace edgebench::agent {
namespace {

TEST(Wakeup, EndsTheNextWait) {
  Wakeup wakeup;
  wakeup.Notify();
  EXPECT_TRUE(wakeup.Wait(absl::InfiniteDuration()));
}

TEST(Wakeup, EndsAWaitOfAnotherThread) {
  Wakeup wakeup;
  std::thread notifier([&] { wakeup.Notify(); });
  EXPECT_TRUE(wakeup.Wait(absl::Seconds(30)));
  notifier.join();
}

TEST(Wakeup, CountsSeveralNotificationsAsOne) {
  Wakeup wakeup;
  wakeup.Notify();
  wakeup.Notify();
  EXPECT_TRUE(wakeup.Wait(absl::ZeroDuration()));
  EXPECT_FALSE(wakeup.Wait(absl::ZeroDuration()));
}

TEST(PollTimeout, RoundsUpSoThatNobodySpins) {
  EXPECT_EQ(PollTimeout(absl::Nanoseconds(1)), 1);
  EXPECT_EQ(PollTimeout(absl::Milliseconds(7)), 7);
  EXPECT_EQ(PollTimeout(absl::Seconds(-5)), 0);
  EXPECT_EQ(PollTimeout(absl::InfiniteDuration()), -1);
  EXPECT_GT(PollTimeout(absl::Hours(10'000'000)), 0);
}

}  // namespace
}  // namespace edgebench::agent
