#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "db/result_store.h"

namespace edgebench::db {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Ten samples around a latency in microseconds, within 2 % of it.
v1::JobResult ResultAround(int64_t micros) {
  v1::JobResult result;
  result.set_outcome(v1::OUTCOME_OK);
  result.mutable_settings()->set_kind(v1::JOB_KIND_BENCHMARK);
  result.mutable_settings()->set_target_ci(0.03);
  for (const int64_t permille : {0, 10, -10, 20, -20, 5, -5, 15, -15, 0})
    result.mutable_latency()->add_measured_ns(micros * (1000 + permille));
  result.mutable_latency()->add_warm_up_ns(micros * 2000);
  result.mutable_latency()->set_converged(true);
  result.mutable_validity()->set_valid(true);
  return result;
}

Measurement Process(const v1::JobResult& result, int64_t id = 1) {
  SubmittedJob job;
  job.job_id = std::to_string(id);
  job.run_id = "run";
  job.device = "local";
  Measurement measurement = MeasurementOfJob(job, result, absl::FromUnixSeconds(id));
  measurement.id = id;
  return measurement;
}

v1::JobResult Failed(v1::Outcome outcome, const std::string& message) {
  v1::JobResult result = ResultAround(1000);
  result.clear_latency();
  result.clear_validity();
  result.set_outcome(outcome);
  result.set_message(message);
  return result;
}

TEST(MergeProcesses, OfOneIsTheSame) {
  const Measurement merged = MergeProcesses({Process(ResultAround(1000), 7)});
  EXPECT_EQ(merged.id, 7);
  EXPECT_EQ(merged.latency.processes, 1);
  EXPECT_TRUE(merged.result.validity().valid());
}

TEST(MergeProcesses, HasTheSamplesOfAllAndTheTimeOfTheLast) {
  const Measurement merged =
      MergeProcesses({Process(ResultAround(1000), 1), Process(ResultAround(1001), 2),
                      Process(ResultAround(1002), 3)});
  EXPECT_EQ(merged.id, 3);
  EXPECT_EQ(merged.job_id, "1") << "the settings and facts are those of the first";
  EXPECT_EQ(merged.stored_time, absl::FromUnixSeconds(3));
  EXPECT_EQ(merged.processes.size(), 3u);
  EXPECT_EQ(merged.latency.samples, 30);
  EXPECT_EQ(merged.result.latency().measured_ns_size(), 30);
  EXPECT_EQ(merged.result.latency().warm_up_ns_size(), 3);
  EXPECT_TRUE(merged.result.latency().converged());
  EXPECT_TRUE(merged.result.validity().valid());
}

TEST(MergeProcesses, JudgesTheIntervalOverAllProcesses) {
  // Each is narrow by itself, and they are 10 % apart.
  const Measurement apart =
      MergeProcesses({Process(ResultAround(1000)), Process(ResultAround(1100))});
  EXPECT_FALSE(apart.result.validity().valid());
  EXPECT_FALSE(apart.result.latency().converged());
  EXPECT_THAT(apart.result.validity().reasons(),
              ElementsAre(StartsWith("unconverged: processes differ: interval ±")))
      << "more time would change nothing";
  v1::JobResult out_of_time = ResultAround(1100);
  out_of_time.mutable_latency()->set_converged(false);
  EXPECT_THAT(MergeProcesses({Process(ResultAround(1000)), Process(out_of_time)})
                  .result.validity()
                  .reasons(),
              ElementsAre(StartsWith("unconverged: interval ±")));

  // One was too short for itself; together they are enough.
  v1::JobResult unconverged = ResultAround(1000);
  unconverged.mutable_validity()->set_valid(false);
  unconverged.mutable_validity()->add_reasons("unconverged: interval ±4 % after 10 samples");
  const Measurement together = MergeProcesses(
      {Process(unconverged), Process(ResultAround(1000)), Process(ResultAround(1000))});
  EXPECT_THAT(together.result.validity().reasons(), IsEmpty());
  EXPECT_TRUE(together.result.validity().valid());
}

TEST(MergeProcesses, HoldsNoGoalAgainstAFixedNumberOfSamples) {
  v1::JobResult one = ResultAround(1000), other = ResultAround(1100);
  one.mutable_settings()->set_fixed_samples(10);
  other.mutable_settings()->set_fixed_samples(10);
  EXPECT_TRUE(MergeProcesses({Process(one), Process(other)}).result.validity().valid());
}

TEST(MergeProcesses, KeepsEachReasonOnce) {
  v1::JobResult swapped = ResultAround(1000), too = ResultAround(1000);
  swapped.mutable_validity()->add_reasons("swapped: 1 MB of the worker lay in swap");
  too.mutable_validity()->add_reasons("swapped: 2 MB of the worker lay in swap");
  const Measurement merged = MergeProcesses({Process(swapped), Process(too)});
  EXPECT_THAT(merged.result.validity().reasons(), ElementsAre(StartsWith("swapped: 1 MB")));
  EXPECT_FALSE(merged.result.validity().valid());
}

TEST(MergeProcesses, SaysWhichDidNotMeasure) {
  const Measurement merged = MergeProcesses({Process(ResultAround(1000)),
                                             Process(Failed(v1::OUTCOME_OOM, "no memory left")),
                                             Process(ResultAround(1000))});
  EXPECT_EQ(merged.result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(merged.latency.processes, 2);
  EXPECT_FALSE(merged.result.validity().valid());
  EXPECT_THAT(merged.result.validity().reasons(),
              ElementsAre("incomplete: 1 of 3 processes ended as oom: no memory left"));
}

TEST(MergeProcesses, OfFailuresIsTheLast) {
  const Measurement merged = MergeProcesses({Process(Failed(v1::OUTCOME_OOM, "first"), 1),
                                             Process(Failed(v1::OUTCOME_CRASH, "last"), 2)});
  EXPECT_EQ(merged.result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_EQ(merged.result.message(), "last");
}

TEST(MergeProcesses, HasTheHighestPeakOfMemory) {
  v1::JobResult small = ResultAround(1000), large = ResultAround(1000),
                unknown = ResultAround(1000);
  small.set_peak_rss_bytes(100);
  large.set_peak_rss_bytes(200);
  const Measurement merged = MergeProcesses({Process(unknown), Process(small), Process(large)});
  EXPECT_EQ(merged.result.peak_rss_bytes(), 200);
  EXPECT_FALSE(merged.result.has_job_peak_rss_bytes());
}

TEST(MergeProcesses, HasTheNotesOfAllOnce) {
  v1::JobResult one = ResultAround(1000), other = ResultAround(1000);
  one.add_notes("no calibration data");
  other.add_notes("no calibration data");
  other.add_notes("optimization \"full\" crashed");
  EXPECT_EQ(MergeProcesses({Process(one), Process(other)}).result.notes_size(), 2);
}

TEST(MergeProcesses, HasTheMedianOfEachPartOfAColdStart) {
  std::vector<Measurement> processes;
  for (const int64_t load : {30, 10, 20}) {
    v1::JobResult result = ResultAround(1000);
    result.mutable_settings()->set_scenario(v1::SCENARIO_COLD);
    result.mutable_cold()->set_load_ns(load);
    result.mutable_cold()->set_first_ns(100 - load);
    processes.push_back(Process(result));
  }
  const Measurement merged = MergeProcesses(processes);
  EXPECT_EQ(merged.result.cold().load_ns(), 20);
  EXPECT_EQ(merged.result.cold().first_ns(), 80);
  EXPECT_TRUE(merged.result.validity().valid()) << "a cold start has no goal for an interval";
}

v1::JobResult Throughput(double per_second, double half) {
  v1::JobResult result = ResultAround(1000);
  result.mutable_settings()->set_scenario(v1::SCENARIO_THROUGHPUT);
  result.mutable_throughput()->set_inferences(1000);
  result.mutable_throughput()->set_per_second(per_second);
  result.mutable_throughput()->set_per_second_low(per_second - half);
  result.mutable_throughput()->set_per_second_high(per_second + half);
  return result;
}

TEST(MergeProcesses, HasTheMeanRateWithWhatDiffersBetweenProcesses) {
  // Standard deviation 10, over the root of 3, times 4.30265.
  const Measurement apart = MergeProcesses(
      {Process(Throughput(90, 1)), Process(Throughput(100, 1)), Process(Throughput(110, 1))});
  const v1::Throughput& rate = apart.result.throughput();
  EXPECT_EQ(rate.inferences(), 3000);
  EXPECT_DOUBLE_EQ(rate.per_second(), 100);
  EXPECT_NEAR(rate.per_second_high() - 100, 24.841, 1e-3);
  // Where they agree, each one's own doubt remains: 6 over the root of 4.
  const Measurement alike =
      MergeProcesses({Process(Throughput(100, 6)), Process(Throughput(100, 6)),
                      Process(Throughput(100, 6)), Process(Throughput(100, 6))});
  EXPECT_DOUBLE_EQ(alike.result.throughput().per_second_low(), 97);
}

TEST(MergeProcesses, HasTheMeanEnergyOfTheProcessesThatKnowIt) {
  v1::JobResult one = ResultAround(1000), other = ResultAround(1000), none = ResultAround(1000);
  one.mutable_energy()->set_source("rapl");
  one.mutable_energy()->set_joules_per_inference(0.2);
  other.mutable_energy()->set_source("rapl");
  other.mutable_energy()->set_joules_per_inference(0.4);
  none.mutable_energy()->set_reason("the counter did not move");
  const Measurement merged = MergeProcesses({Process(none), Process(one), Process(other)});
  EXPECT_DOUBLE_EQ(merged.result.energy().joules_per_inference(), 0.3);
  EXPECT_FALSE(merged.result.energy().has_joules_per_inference_low()) << "they have none";
  EXPECT_EQ(merged.result.energy().source(), "rapl");
  EXPECT_EQ(merged.result.energy().reason(), "");
}

}  // namespace
}  // namespace edgebench::db
