#include "agent/worker/throughput.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "agent/worker/fake_runner.h"

namespace edgebench::worker {
namespace {

TEST(RateWithin, CountsWhatLiesInTheWindow) {
  // Each 100 ms from 0 on; 10 of them from 1 s to before 2 s.
  std::vector<int64_t> times;
  for (int64_t i = 0; i < 30; ++i) times.push_back(i * 100'000'000);
  const Rate rate = RateWithin(times, 1'000'000'000, 2'000'000'000);
  EXPECT_DOUBLE_EQ(rate.per_second, 10);
  EXPECT_FALSE(rate.low.has_value()) << "fewer than 2 in each of 20 parts";
}

TEST(RateWithin, IsSureOfWhatIsRegular) {
  std::vector<int64_t> times;
  for (int64_t i = 0; i < 1000; ++i) times.push_back(i * 1'000'000);
  const Rate rate = RateWithin(times, 0, 1'000'000'000);
  EXPECT_DOUBLE_EQ(rate.per_second, 1000);
  EXPECT_DOUBLE_EQ(*rate.low, 1000);
  EXPECT_DOUBLE_EQ(*rate.high, 1000);
}

TEST(RateWithin, IsLessSureOfWhatComesInBursts) {
  // 20 parts of 50 ms: 4 and 8 events in turns. Their standard deviation is 2 * sqrt(20 / 19),
  // that of the mean 0.45883, times 2.09302 over 6: 16.006 %.
  std::vector<int64_t> times;
  for (int64_t part = 0; part < 20; ++part) {
    for (int64_t i = 0; i < (part % 2 == 0 ? 4 : 8); ++i)
      times.push_back(part * 50'000'000 + i * 1'000'000);
  }
  const Rate rate = RateWithin(times, 0, 1'000'000'000);
  EXPECT_DOUBLE_EQ(rate.per_second, 120);
  EXPECT_NEAR(*rate.low, 120 * (1 - 0.16006), 0.01);
  EXPECT_NEAR(*rate.high, 120 * (1 + 0.16006), 0.01);
}

TEST(RateWithin, OfNoWindowIsNothing) {
  EXPECT_DOUBLE_EQ(RateWithin({1, 2, 3}, 5, 5).per_second, 0);
}

TEST(RunStreams, TellsTheOthersThatOneHasFailed) {
  FakeClock clock;
  FakeRunner runner(clock, FakeScript());
  const auto streams = MakeStreams(runner, 2);
  ASSERT_TRUE(streams.ok());
  const absl::Status status = RunStreams(
      *streams,
      [](size_t index, InferenceStream&, const std::atomic<bool>& stop) -> absl::Status {
        if (index == 0) return absl::InternalError("the first");
        while (!stop) std::this_thread::yield();
        return absl::OkStatus();
      },
      [] {});
  EXPECT_EQ(status, absl::InternalError("the first"));
}

TEST(RunStreams, MakesAStatusOfWhatIsThrown) {
  FakeClock clock;
  FakeRunner runner(clock, FakeScript());
  const auto streams = MakeStreams(runner, 1);
  const absl::Status status = RunStreams(
      *streams,
      [](size_t, InferenceStream&, const std::atomic<bool>&) -> absl::Status {
        throw std::runtime_error("thrown");
      },
      [] {});
  EXPECT_EQ(status, absl::InternalError("thrown"));
}

}  // namespace
}  // namespace edgebench::worker
