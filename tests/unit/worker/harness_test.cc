#include "agent/worker/harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/worker/fake_runner.h"
#include "tests/unit/worker/fake_proc.h"

namespace edgebench::worker {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HarnessTest : public testing::Test {
 protected:
  static v1::WorkerRequest::RunJob Job(v1::JobKind kind) {
    v1::WorkerRequest::RunJob job;
    job.mutable_settings()->set_kind(kind);
    job.mutable_settings()->mutable_model()->set_zoo_name("fake");
    job.mutable_settings()->set_threads(1);
    job.mutable_settings()->set_batch(8);
    return job;
  }

  v1::JobResult Run(const v1::WorkerRequest::RunJob& job, const FakeScript& script = FakeScript()) {
    FakeRunner runner(clock_, script);
    const auto send = [this](const v1::WorkerMessage& message) {
      if (message.has_stage_entered()) entered_.push_back(message.stage_entered());
      if (message.has_warning()) warnings_.push_back(message.warning());
      if (message.has_progress()) ++progress_messages_;
    };
    Harness harness(
        clock_, memory_, send, absl::ZeroDuration(), [] { return false; },
        [this] { reserve_is_free_ = true; });
    return harness.Run(job, runner);
  }

  FakeProc proc_;
  FakeClock clock_;
  ProcessMemory memory_{proc_.root()};
  std::vector<v1::Stage> entered_;
  std::vector<std::string> warnings_;
  int progress_messages_ = 0;
  bool reserve_is_free_ = false;
};

TEST_F(HarnessTest, BenchmarkKeepsWarmUpAndMeasuredSamplesApart) {
  const v1::JobResult result = Run(Job(v1::JOB_KIND_BENCHMARK));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.latency().warm_up_ns_size(), 100);
  EXPECT_EQ(result.latency().measured_ns_size(), 273) << "the first look after 200 ms";
  EXPECT_TRUE(result.latency().converged());
  EXPECT_TRUE(result.validity().valid());
  EXPECT_EQ(result.message(), "");
}

TEST_F(HarnessTest, BenchmarkTellsItsStagesAndProgressAsItGoes) {
  Run(Job(v1::JOB_KIND_BENCHMARK));
  EXPECT_THAT(entered_, ElementsAre(v1::STAGE_LOAD, v1::STAGE_REFERENCE, v1::STAGE_OPTIMIZE,
                                    v1::STAGE_WARM_UP, v1::STAGE_MEASURE));
  EXPECT_EQ(progress_messages_, 1);
}

TEST_F(HarnessTest, BenchmarkTakesItsRulesFromTheSettings) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_target_ci(0.5);
  job.mutable_settings()->set_min_samples(400);
  EXPECT_EQ(Run(job).latency().measured_ns_size(), 400);
  job.mutable_settings()->set_fixed_samples(7);
  EXPECT_EQ(Run(job).latency().measured_ns_size(), 7);
}

TEST_F(HarnessTest, BenchmarkEndsAtTheTimeOfTheSettings) {
  FakeScript slow;
  slow.duration = [](int call) { return absl::Milliseconds(call % 2 == 0 ? 100 : 300); };
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->mutable_max_time()->set_seconds(4);
  const v1::JobResult result = Run(job, slow);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.latency().measured_ns_size(), 20);
  EXPECT_FALSE(result.validity().valid());
  EXPECT_THAT(result.validity().reasons(0), HasSubstr("unconverged: "));
}

TEST_F(HarnessTest, BenchmarkRefusesAnImpossibleNumberOfSamples) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_fixed_samples(0);
  const v1::JobResult result = Run(job);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_UNSUPPORTED);
  EXPECT_THAT(result.message(), HasSubstr("--k must be between 1 and 1000000, not 0"));
}

TEST_F(HarnessTest, TellsATrainingThatItIsToFinish) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_QUANTIZE);
  job.mutable_settings()->set_precision(v1::PRECISION_INT8_QAT);
  job.mutable_settings()->mutable_training()->set_steps(9);
  FakeRunner runner(clock_, {});
  std::vector<int> steps;
  Harness harness(
      clock_, memory_,
      [&](const v1::WorkerMessage& message) {
        if (message.has_progress()) steps.push_back(message.progress().step());
      },
      absl::ZeroDuration(), [&] { return steps.size() == 4; });
  const v1::JobResult result = harness.Run(job, runner);
  EXPECT_TRUE(result.training().finished_early());
  EXPECT_THAT(result.training().loss(), ElementsAre(1.0, 1.0 / 2, 1.0 / 3, 1.0 / 4));
  EXPECT_THAT(steps, ElementsAre(1, 2, 3, 4));
}

TEST_F(HarnessTest, DoubtsFiguresWhoseWarmUpDidNotBecomeStable) {
  FakeScript slow;
  slow.duration = [](int call) { return absl::Milliseconds(call < 4 ? 500 : 1000); };
  const v1::JobResult result = Run(Job(v1::JOB_KIND_BENCHMARK), slow);
  EXPECT_THAT(warnings_, ElementsAre("unsettled: the latency was still changing when the warm-up "
                                     "ended after 7 calls (the last windows differ by 33.3 %)"));
  EXPECT_FALSE(result.validity().valid());
  EXPECT_THAT(result.validity().reasons(), Contains(warnings_.front()));
}

TEST_F(HarnessTest, SaysThatAWarmUpOfTooFewCallsTellsNothing) {
  FakeScript slow;
  slow.duration = [](int) { return absl::Seconds(10); };
  const v1::JobResult result = Run(Job(v1::JOB_KIND_BENCHMARK), slow);
  EXPECT_THAT(warnings_,
              ElementsAre("unsettled: too few calls to tell whether the latency had settled: 3 in "
                          "the warm-up; a longer --max-time leaves time for more"));
  EXPECT_FALSE(result.validity().valid());
  EXPECT_THAT(result.validity().reasons(), Contains(warnings_.front()));
}

TEST_F(HarnessTest, GivesTheWarmUpMoreTimeWhereMeasuringHasMore) {
  FakeScript slow;
  slow.duration = [](int) { return absl::Seconds(10); };
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->mutable_max_time()->set_seconds(200);
  EXPECT_TRUE(Run(job, slow).validity().valid());
}

TEST_F(HarnessTest, InspectMeasuresNothing) {
  const v1::JobResult result = Run(Job(v1::JOB_KIND_INSPECT));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_FALSE(result.has_latency());
  EXPECT_FALSE(result.has_validity());
  EXPECT_EQ(result.model().parameters(), 1);
  EXPECT_THAT(entered_, ElementsAre(v1::STAGE_LOAD));
}

TEST_F(HarnessTest, QuantizeSavesTheModelAndTimesItself) {
  TempDir folder;
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_QUANTIZE);
  job.set_output_path(folder.File("out.pt"));
  const v1::JobResult result = Run(job);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.stage(), v1::STAGE_SAVE);
  EXPECT_EQ(result.quantize_duration_ns(), 10'000'000);
  EXPECT_EQ(*ReadFile(job.output_path()), "the fake model");
}

TEST_F(HarnessTest, QuantizeThatCannotSaveIsACrashInItsStage) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_QUANTIZE);
  job.set_output_path("/nonexistent/out.pt");
  const v1::JobResult result = Run(job);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_EQ(result.stage(), v1::STAGE_SAVE);
  EXPECT_THAT(result.message(), HasSubstr("/nonexistent"));
}

TEST_F(HarnessTest, OtherKindsAreUnsupported) {
  const v1::JobResult result = Run(Job(v1::JOB_KIND_EVALUATE));
  EXPECT_EQ(result.outcome(), v1::OUTCOME_UNSUPPORTED);
  EXPECT_THAT(result.message(), HasSubstr("evaluate"));
}

TEST_F(HarnessTest, ProfileWarmsUpAndThenTakesPairsOfInferences) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_PROFILE);
  job.mutable_settings()->set_fixed_samples(7);
  const v1::JobResult result = Run(job);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.latency().warm_up_ns_size(), 100);
  EXPECT_EQ(result.latency().measured_ns_size(), 7);
  EXPECT_EQ(result.profile().profiled_ns_size(), 7);
  EXPECT_TRUE(result.validity().valid());
  EXPECT_THAT(entered_, ElementsAre(v1::STAGE_LOAD, v1::STAGE_REFERENCE, v1::STAGE_OPTIMIZE,
                                    v1::STAGE_WARM_UP, v1::STAGE_MEASURE));
}

TEST_F(HarnessTest, AProfileOfAnUnsettledModelIsMarked) {
  FakeScript script;
  script.duration = [](int call) { return absl::Milliseconds(1 + call); };
  const v1::JobResult result = Run(Job(v1::JOB_KIND_PROFILE), script);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_FALSE(result.validity().valid());
  EXPECT_THAT(result.validity().reasons(0), HasSubstr("unsettled"));
  EXPECT_THAT(warnings_, Contains(HasSubstr("unsettled")));
}

TEST_F(HarnessTest, PeaksNeedNoModel) {
  v1::WorkerRequest::RunJob job;
  job.mutable_settings()->set_kind(v1::JOB_KIND_ROOFLINE);
  job.mutable_settings()->set_threads(2);
  const v1::JobResult result = Run(job);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.peaks().peaks_size(), 1);
  EXPECT_FALSE(result.has_latency());
  EXPECT_TRUE(result.validity().valid());
  EXPECT_THAT(entered_, ElementsAre(v1::STAGE_MEASURE));
}

TEST_F(HarnessTest, ABrokenModelIsInvalidInTheStageThatFoundIt) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->mutable_model()->set_zoo_name("broken");
  const v1::JobResult result = Run(job);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL);
  EXPECT_EQ(result.stage(), v1::STAGE_LOAD);
  EXPECT_FALSE(result.has_latency());
}

TEST_F(HarnessTest, MemoryThatRunsOutIsAnOutcomeWithStageAndRemedy) {
  FakeScript script;
  script.failing_stage = v1::STAGE_REFERENCE;
  script.failure = absl::ResourceExhaustedError("the model cannot run on its inputs");
  const v1::JobResult result = Run(Job(v1::JOB_KIND_BENCHMARK), script);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_EQ(result.stage(), v1::STAGE_REFERENCE);
  EXPECT_THAT(result.message(), HasSubstr("--batch below 8"));
}

TEST_F(HarnessTest, BadAllocInTheMiddleOfMeasuringIsOomWithoutNumbers) {
  FakeScript script;
  script.failing_call = 110;  // the warm-up takes 100
  script.fails_by_bad_alloc = true;
  const v1::JobResult result = Run(Job(v1::JOB_KIND_BENCHMARK), script);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_EQ(result.stage(), v1::STAGE_MEASURE);
  EXPECT_FALSE(result.has_latency());
  EXPECT_FALSE(result.has_validity());
}

TEST_F(HarnessTest, FreesItsReserveOnlyWhereMemoryRanOut) {
  Run(Job(v1::JOB_KIND_BENCHMARK));
  EXPECT_FALSE(reserve_is_free_);
  FakeScript script;
  script.failing_call = 110;
  script.fails_by_bad_alloc = true;
  EXPECT_EQ(Run(Job(v1::JOB_KIND_BENCHMARK), script).outcome(), v1::OUTCOME_OOM);
  EXPECT_TRUE(reserve_is_free_);
}

TEST_F(HarnessTest, SwappingMakesTheMeasurementInvalid) {
  FakeScript script;
  ASSERT_TRUE(proc_.WriteVmstat("pswpout 1\n"));
  script.during_call = [this] { ASSERT_TRUE(proc_.WriteVmstat("pswpout 9\n")); };
  const v1::JobResult result = Run(Job(v1::JOB_KIND_BENCHMARK), script);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_FALSE(result.validity().valid());
  EXPECT_THAT(result.validity().reasons(),
              ElementsAre("swapped: the device wrote 8 pages to swap meanwhile"));
}

TEST_F(HarnessTest, TellsWhatLayInHugePages) {
  EXPECT_FALSE(Run(Job(v1::JOB_KIND_BENCHMARK)).has_huge_page_bytes()) << "unknown";
  ASSERT_TRUE(proc_.WriteSmapsRollup("Rss: 10 kB\nAnonHugePages:      4096 kB\n"));
  EXPECT_EQ(Run(Job(v1::JOB_KIND_BENCHMARK)).huge_page_bytes(), 4096 * 1024);
  EXPECT_FALSE(Run(Job(v1::JOB_KIND_INSPECT)).has_huge_page_bytes());
}

TEST_F(HarnessTest, SaysWhereHugePagesWereNotAsAsked) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_huge_pages(v1::HUGE_PAGES_ON);
  EXPECT_THAT(Run(job).notes(), Contains(HasSubstr("huge pages were asked for")));
  ASSERT_TRUE(proc_.WriteSmapsRollup("AnonHugePages: 2048 kB\n"));
  EXPECT_THAT(Run(job).notes(), IsEmpty());
  job.mutable_settings()->set_huge_pages(v1::HUGE_PAGES_OFF);
  EXPECT_THAT(Run(job).notes(), Contains(HasSubstr("could not be given back")));
}

TEST_F(HarnessTest, SustainedLoadGoesOnUntilTheTimeIsOverWhateverIsKnown) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_scenario(v1::SCENARIO_SUSTAINED);
  job.mutable_settings()->mutable_max_time()->set_seconds(5);
  const v1::JobResult result = Run(job);
  EXPECT_EQ(result.latency().measured_ns_size(), 5000) << "of 1 ms each";
  EXPECT_TRUE(result.validity().valid());
}

TEST_F(HarnessTest, AColdStartIsTheFirstInferenceAndTheSecond) {
  FakeScript script;
  script.duration = [](int call) { return absl::Milliseconds(call == 0 ? 90 : 40); };
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_scenario(v1::SCENARIO_COLD);
  const v1::JobResult result = Run(job, script);
  EXPECT_EQ(result.cold().load_ns(), 10'000'000) << "as long as the stage";
  EXPECT_EQ(result.cold().first_ns(), 90'000'000);
  EXPECT_EQ(result.cold().second_ns(), 40'000'000);
  EXPECT_THAT(result.latency().measured_ns(), ElementsAre(90'000'000));
  EXPECT_EQ(result.latency().warm_up_ns_size(), 0);
  EXPECT_TRUE(result.validity().valid());
}

TEST_F(HarnessTest, ThroughputCountsTheInferencesOfAllStreams) {
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_scenario(v1::SCENARIO_THROUGHPUT);
  job.mutable_settings()->set_streams(3);
  job.mutable_settings()->mutable_max_time()->set_seconds(10);
  const v1::JobResult result = Run(job);
  // They share one clock, which each inference turns by 1 ms.
  EXPECT_EQ(result.throughput().streams(), 3);
  EXPECT_NEAR(result.throughput().per_second(), 1000, 2);
  EXPECT_NEAR(static_cast<double>(result.throughput().inferences()), 9000, 2)
      << "without the first tenth";
  EXPECT_LE(result.throughput().per_second_low(), result.throughput().per_second());
  EXPECT_GE(result.throughput().per_second_high(), result.throughput().per_second());
  EXPECT_EQ(result.latency().measured_ns_size(), result.throughput().inferences());
}

TEST_F(HarnessTest, AFailingStreamIsTheFailureOfTheJob) {
  FakeScript script;
  script.failing_call = 2500;
  script.fails_by_bad_alloc = true;
  v1::WorkerRequest::RunJob job = Job(v1::JOB_KIND_BENCHMARK);
  job.mutable_settings()->set_scenario(v1::SCENARIO_THROUGHPUT);
  job.mutable_settings()->set_streams(2);
  const v1::JobResult result = Run(job, script);
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_FALSE(result.has_throughput());
  EXPECT_FALSE(result.has_latency());
}

}  // namespace
}  // namespace edgebench::worker
