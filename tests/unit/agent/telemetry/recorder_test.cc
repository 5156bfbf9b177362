#include "agent/telemetry/recorder.h"

#include <gmock/gmock.h>

#include <cmath>

namespace edgebench::agent {
namespace {

using ::testing::ElementsAre;

// Counts how often it was read, on two channels.
class Counting final : public ChannelSource {
 public:
  explicit Counting(const std::string& name)
      : channels_({{name + " up", "1", "test"}, {name + " down", "1", "test"}}) {}
  const std::vector<Channel>& channels() const override { return channels_; }
  void Read(int64_t, std::span<double> values) override {
    values[0] = count_;
    values[1] = -count_;
    ++count_;
  }

 private:
  std::vector<Channel> channels_;
  double count_ = 0;
};

std::vector<std::unique_ptr<ChannelSource>> TwoSources() {
  std::vector<std::unique_ptr<ChannelSource>> sources;
  sources.push_back(std::make_unique<Counting>("a"));
  sources.push_back(std::make_unique<Counting>("b"));
  return sources;
}

TEST(Recorder, KeepsRowsWithTheirOffsets) {
  Recorder recorder(TwoSources(), 1000, 100);
  recorder.AddRow(1000);
  recorder.AddRow(1100);
  recorder.MarkMeasureStart(1150);
  recorder.AddRow(1150);
  const v1::Telemetry telemetry = recorder.ToProto();
  EXPECT_EQ(telemetry.period_ns(), 100);
  EXPECT_THAT(telemetry.offset_ns(), ElementsAre(0, 100, 150));
  EXPECT_EQ(telemetry.measure_start_ns(), 150);
  ASSERT_EQ(telemetry.channels_size(), 4);
  EXPECT_EQ(telemetry.channels(3).name(), "b down");
  EXPECT_THAT(telemetry.channels(0).values(), ElementsAre(0, 1, 2));
  EXPECT_THAT(telemetry.channels(3).values(), ElementsAre(0, -1, -2));
}

TEST(Recorder, HasNoStartOfMeasuringThatWasNotReached) {
  Recorder recorder(TwoSources(), 0, 100);
  EXPECT_FALSE(recorder.ToProto().has_measure_start_ns());
}

TEST(Recorder, ThinsOutALongRunAndKeepsItsCourse) {
  Recorder recorder(TwoSources(), 0, 10);
  int64_t now = 0;
  for (size_t i = 0; i <= Recorder::kMostRows; ++i, now += 10) recorder.AddRow(now);
  EXPECT_EQ(recorder.rows(), Recorder::kMostRows / 2 + 1);
  EXPECT_EQ(recorder.period_nanos(), 20);
  const v1::Telemetry telemetry = recorder.ToProto();
  for (int row = 0; row < telemetry.offset_ns_size(); ++row) {
    ASSERT_EQ(telemetry.offset_ns(row), 20 * row);
    ASSERT_EQ(telemetry.channels(0).values(row), 2.0 * row);
    ASSERT_EQ(telemetry.channels(3).values(row), -2.0 * row);
  }
}

}  // namespace
}  // namespace edgebench::agent
