#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/clock.h"

namespace edgebench {
namespace {

struct Backend {
  const char* name;
  std::unique_ptr<Clock> (*make)();
};

class ClockContract : public ::testing::TestWithParam<Backend> {
 protected:
  ClockContract() : clock_(GetParam().make()) {}
  std::unique_ptr<Clock> clock_;
};

TEST_P(ClockContract, NeverGoesBackwards) {
  int64_t last = clock_->NowNanos();
  for (int i = 0; i < 1'000; ++i) {
    const int64_t now = clock_->NowNanos();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST_P(ClockContract, GoesOnWhenItIsReadOften) {
  const int64_t start = clock_->NowNanos();
  int64_t now = start;
  // A real clock has a resolution; a million readings are beyond any.
  for (int i = 0; i < 1'000'000 && now == start; ++i) now = clock_->NowNanos();
  EXPECT_GT(now, start);
}

TEST_P(ClockContract, TheCalendarShowsATimeOfThisCentury) {
  EXPECT_GT(clock_->WallNow(), absl::FromUnixSeconds(946'684'800));
  EXPECT_LT(clock_->WallNow(), absl::FromUnixSeconds(4'102'444'800));
}

TEST_P(ClockContract, CanBeReadByManyThreads) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      int64_t last = 0;
      for (int j = 0; j < 1'000; ++j) {
        const int64_t now = clock_->NowNanos();
        EXPECT_GE(now, last);
        last = now;
        clock_->WallNow();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Clocks, ClockContract,
                         ::testing::Values(Backend{"Real",
                                                   []() -> std::unique_ptr<Clock> {
                                                     return std::make_unique<RealClock>();
                                                   }},
                                           Backend{"Fake",
                                                   []() -> std::unique_ptr<Clock> {
                                                     auto clock = std::make_unique<FakeClock>();
                                                     clock->SetTick(absl::Nanoseconds(10));
                                                     return clock;
                                                   }}),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST(FakeClock, StandsStillUntilItIsTurned) {
  FakeClock clock;
  const int64_t start = clock.NowNanos();
  const absl::Time wall = clock.WallNow();
  EXPECT_EQ(clock.NowNanos(), start);
  clock.Advance(absl::Milliseconds(3));
  EXPECT_EQ(clock.NowNanos() - start, 3'000'000);
  EXPECT_EQ(clock.WallNow() - wall, absl::Milliseconds(3));
}

TEST(FakeClock, TicksAfterItWasRead) {
  FakeClock clock;
  clock.SetTick(absl::Microseconds(1));
  const int64_t start = clock.NowNanos();
  EXPECT_EQ(clock.NowNanos(), start + 1'000);
  EXPECT_EQ(clock.NowNanos(), start + 2'000);
}

}  // namespace
}  // namespace edgebench
