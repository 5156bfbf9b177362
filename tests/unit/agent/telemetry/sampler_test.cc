#include "agent/telemetry/sampler.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace edgebench::agent {
namespace {

class Counter final : public ChannelSource {
 public:
  explicit Counter(std::atomic<int>& reads) : reads_(reads) {}
  const std::vector<Channel>& channels() const override { return channels_; }
  void Read(int64_t, std::span<double> values) override { values[0] = ++reads_; }

 private:
  std::atomic<int>& reads_;
  std::vector<Channel> channels_ = {{"reads", "1", "test"}};
};

class SamplerTest : public ::testing::Test {
 protected:
  std::vector<std::unique_ptr<ChannelSource>> Sources() {
    std::vector<std::unique_ptr<ChannelSource>> sources;
    sources.push_back(std::make_unique<Counter>(reads_));
    return sources;
  }

  // Bounded: false when a minute was not enough.
  bool AwaitReads(int count) {
    const absl::Time latest = absl::Now() + absl::Minutes(1);
    while (reads_ < count && absl::Now() < latest) std::this_thread::yield();
    return reads_ >= count;
  }

  std::atomic<int> reads_ = 0;
  RealClock clock_;
};

TEST_F(SamplerTest, ReadsAgainAndAgain) {
  Sampler sampler(Sources(), clock_, absl::Milliseconds(1));
  ASSERT_TRUE(AwaitReads(5));
  const v1::Telemetry telemetry = sampler.Finish();
  EXPECT_GE(telemetry.offset_ns_size(), 5);
  EXPECT_EQ(telemetry.channels(0).values_size(), telemetry.offset_ns_size());
  for (int row = 1; row < telemetry.offset_ns_size(); ++row)
    EXPECT_GE(telemetry.offset_ns(row), telemetry.offset_ns(row - 1));
}

TEST_F(SamplerTest, ReadsAtTheBeginningAndWhenMeasuringBegins) {
  Sampler sampler(Sources(), clock_, absl::Hours(1));
  ASSERT_TRUE(AwaitReads(1));
  sampler.MarkMeasureStart();
  const v1::Telemetry telemetry = sampler.Finish();
  ASSERT_EQ(telemetry.offset_ns_size(), 2);
  EXPECT_EQ(telemetry.offset_ns(1), telemetry.measure_start_ns());
}

TEST_F(SamplerTest, EndsWithoutHavingBeenFinished) {
  { const Sampler sampler(Sources(), clock_, absl::Hours(1)); }
  EXPECT_LE(reads_, 1);
}

}  // namespace
}  // namespace edgebench::agent
