#include "controller/estimate.h"

#include <gtest/gtest.h>

#include "common/proto_time.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

v1::Capabilities TwoCores() {
  v1::Capabilities capabilities;
  capabilities.mutable_host()->set_architecture("x86_64");
  capabilities.mutable_host()->set_usable_cores(2);
  for (const char* name : {"mobilenet_v2", "bert_base"}) {
    capabilities.add_zoo()->set_name(name);
    capabilities.mutable_zoo()->rbegin()->set_family(name[0] == 'b' ? "language" : "vision");
  }
  v1::ZooModel& model = *capabilities.add_zoo();
  model.set_name("resnet18");
  model.set_family("vision");
  model.set_default_image_size(224);
  model.set_parameters(11'689'512);
  model.set_flops(2'000'000'000);
  return capabilities;
}

v1::JobSettings Asked(int batch, absl::Duration max_time = absl::Seconds(4)) {
  v1::JobSettings settings = SettingsOf("resnet18", v1::PRECISION_FP32, batch);
  *settings.mutable_max_time() = ToProto(max_time);
  return settings;
}

db::JobDuration Ran(v1::JobSettings settings, absl::Duration duration, double median_ms) {
  settings.set_image_size(224);
  settings.set_threads(2);
  settings.set_scenario(v1::SCENARIO_STEADY);
  settings.set_engine("auto");
  db::JobDuration job;
  job.settings = std::move(settings);
  job.duration = duration;
  job.median_ns = median_ms * 1e6;
  job.flops = int64_t{2'000'000'000} * job.settings.batch();
  return job;
}

double SecondsOf(const Estimator& estimator, const v1::JobSettings& settings) {
  return absl::ToDoubleSeconds(estimator.Estimate(settings));
}

TEST(Estimate, OfACellThatWasMeasuredIsWhatItTook) {
  const v1::Capabilities device = TwoCores();
  const Estimator estimator(
      device, {Ran(Asked(1), absl::Seconds(3), 20), Ran(Asked(1), absl::Seconds(5), 20),
               Ran(Asked(8), absl::Seconds(30), 160)});
  EXPECT_DOUBLE_EQ(SecondsOf(estimator, Asked(1)), 4);
  EXPECT_DOUBLE_EQ(SecondsOf(estimator, Asked(8)), 30);
}

TEST(Estimate, TellsNothingOfAnotherBudget) {
  const v1::Capabilities device = TwoCores();
  const Estimator estimator(device, {Ran(Asked(1), absl::Seconds(30), 20)});
  EXPECT_LT(SecondsOf(estimator, Asked(1, absl::Seconds(100))), 10);
}

TEST(Estimate, OfALargerBatchGrowsWithItsLatency) {
  const v1::Capabilities device = TwoCores();
  const Estimator estimator(device, {Ran(Asked(1), absl::Seconds(3), 100)});
  v1::JobSettings large = Asked(16);
  // 1.6 s an inference: reference, checks and warm-up are a dozen of them and more.
  EXPECT_GT(SecondsOf(estimator, large), 20);
  EXPECT_LT(SecondsOf(estimator, large), 60);
}

TEST(Estimate, OfAnUnknownModelComesFromTheSpeedOfTheDevice) {
  const v1::Capabilities device = TwoCores();
  const Estimator fresh(device, {});
  const double unmeasured = SecondsOf(fresh, Asked(1));
  EXPECT_GT(unmeasured, 0.8);
  EXPECT_LT(unmeasured, 6);
  // The same multiply-adds took a second on this device.
  db::JobDuration slow =
      Ran(SettingsOf("mobilenet_v2", v1::PRECISION_FP32), absl::Seconds(30), 1000);
  slow.flops = 2'000'000'000;
  EXPECT_GT(SecondsOf(Estimator(device, {slow}), Asked(1)), 2.5 * unmeasured);
  slow.settings.mutable_model()->set_zoo_name("bert_base");
  EXPECT_DOUBLE_EQ(SecondsOf(Estimator(device, {slow}), Asked(1)), unmeasured)
      << "models of another kind run at other speeds";
}

TEST(Estimate, OfScenariosIsTheTimeTheyAreGiven) {
  const v1::Capabilities device = TwoCores();
  v1::JobSettings sustained = Asked(1, absl::Minutes(10));
  sustained.set_scenario(v1::SCENARIO_SUSTAINED);
  EXPECT_NEAR(SecondsOf(Estimator(device, {}), sustained), 604, 8);
}

TEST(Estimate, LeavesOutWhatIsMeasured) {
  const v1::Capabilities device = TwoCores();
  const Estimator estimator(device, {Ran(Asked(1), absl::Seconds(3), 20)});
  DeviceWork work;
  work.cells.resize(2);
  for (Cell& cell : work.cells) {
    cell.settings = Asked(1);
    cell.processes = 3;
  }
  EXPECT_DOUBLE_EQ(absl::ToDoubleSeconds(estimator.Estimate(work)), 18);
  work.measured.resize(2);
  work.measured[1].cell.position = 1;
  EXPECT_DOUBLE_EQ(absl::ToDoubleSeconds(estimator.Estimate(work)), 12);
}

TEST(Estimate, IsToldWithoutDigitsThatItDoesNotHave) {
  EXPECT_EQ(RoughDuration(absl::Milliseconds(20)), "1 s");
  EXPECT_EQ(RoughDuration(absl::Seconds(14.6)), "15 s");
  EXPECT_EQ(RoughDuration(absl::Seconds(67)), "70 s");
  EXPECT_EQ(RoughDuration(absl::Seconds(100)), "2 min");
  EXPECT_EQ(RoughDuration(absl::Minutes(73)), "1 h 10 min");
}

}  // namespace
}  // namespace edgebench::controller
