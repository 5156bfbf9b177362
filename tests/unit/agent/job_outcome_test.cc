#include "agent/job_outcome.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <limits>

namespace edgebench::agent {
namespace {

using ::testing::HasSubstr;

v1::JobSettings Settings() {
  v1::JobSettings settings;
  settings.mutable_deadline()->set_seconds(600);
  settings.set_memory_limit_bytes(1'000'000'000);
  return settings;
}

AttemptEnd EndedBy(int signal) {
  AttemptEnd end;
  end.exit.signal = signal;
  end.last_stage = v1::STAGE_MEASURE;
  return end;
}

AttemptEnd StoppedFor(StopReason reason) {
  AttemptEnd end = EndedBy(SIGKILL);
  end.stop_reason = reason;
  return end;
}

TEST(JobOutcome, IsTheWorkersOwnWhenItSentOne) {
  AttemptEnd end = EndedBy(SIGKILL);  // we end it once the result is there
  end.result.emplace();
  end.result->set_outcome(v1::OUTCOME_UNSUPPORTED);
  end.result->set_message("no CUDA");
  const v1::JobResult result = ResultOf(end, Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_UNSUPPORTED);
  EXPECT_EQ(result.message(), "no CUDA");
  EXPECT_EQ(result.signal_name(), "");
}

TEST(JobOutcome, IsCrashForAResultThatDoesNotSay) {
  AttemptEnd end;
  end.result.emplace();
  EXPECT_EQ(ResultOf(end, Settings()).outcome(), v1::OUTCOME_CRASH);
}

TEST(JobOutcome, IsOomForASigkillThatWasNotOurs) {
  AttemptEnd end = EndedBy(SIGKILL);
  end.exit.peak_rss_bytes = 900'000'000;
  const v1::JobResult result = ResultOf(end, Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_EQ(result.signal_name(), "SIGKILL");
  EXPECT_THAT(result.message(), HasSubstr("stage measure"));
  EXPECT_THAT(result.message(), HasSubstr("900 MB"));
  EXPECT_EQ(result.job_peak_rss_bytes(), 900'000'000);
}

TEST(JobOutcome, IsOomWithLimitAndPeakWhenTheGuardStoppedIt) {
  AttemptEnd end = StoppedFor(StopReason::kMemory);
  end.peak_seen_bytes = 1'200'000'000;
  const v1::JobResult result = ResultOf(end, Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_THAT(result.message(), HasSubstr("limit of 1.00 GB"));
  EXPECT_THAT(result.message(), HasSubstr("peak 1.20 GB"));
  EXPECT_EQ(result.peak_rss_bytes(), 1'200'000'000);
  EXPECT_EQ(result.signal_name(), "");  // the signal was ours and means nothing
}

TEST(JobOutcome, IsCrashWithTheNameOfAnyOtherSignal) {
  const v1::JobResult result = ResultOf(EndedBy(SIGSEGV), Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_EQ(result.signal_name(), "SIGSEGV");
  EXPECT_THAT(result.message(), HasSubstr("SIGSEGV in stage measure"));
}

TEST(JobOutcome, IsCrashForAnExitWithoutAResult) {
  AttemptEnd end;
  end.exit.code = 0;
  end.log_tail = "terminate called\n";
  const v1::JobResult result = ResultOf(end, Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_EQ(result.stage(), v1::STAGE_START);
  EXPECT_EQ(result.log_tail(), "terminate called\n");
  EXPECT_THAT(result.message(), HasSubstr("exit code 0"));
}

TEST(JobOutcome, IsCrashForAnEndThatNobodySaw) {
  const v1::JobResult result = ResultOf(AttemptEnd(), Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_THAT(result.message(), HasSubstr("in an unknown way"));
}

TEST(JobOutcome, IsTimeoutThatNamesTheDeadline) {
  const v1::JobResult result = ResultOf(StoppedFor(StopReason::kDeadline), Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_TIMEOUT);
  EXPECT_THAT(result.message(), HasSubstr("10m"));
}

TEST(JobOutcome, IsCancelledOrInterruptedWhenSomeoneStoppedIt) {
  EXPECT_EQ(ResultOf(StoppedFor(StopReason::kCancelled), Settings()).outcome(),
            v1::OUTCOME_CANCELLED);
  EXPECT_EQ(ResultOf(StoppedFor(StopReason::kShutdown), Settings()).outcome(),
            v1::OUTCOME_INTERRUPTED);
}

TEST(JobOutcome, KeepsThePeaksTheWorkerMeasured) {
  AttemptEnd end = EndedBy(SIGKILL);
  end.peak_seen_bytes = 5;
  end.result.emplace();
  end.result->set_outcome(v1::OUTCOME_OK);
  end.result->set_peak_rss_bytes(3);
  end.result->set_job_peak_rss_bytes(4);
  const v1::JobResult result = ResultOf(end, Settings());
  EXPECT_EQ(result.peak_rss_bytes(), 3);
  EXPECT_EQ(result.job_peak_rss_bytes(), 4);
}

AttemptEnd OkWithPeakOf(int64_t bytes) {
  AttemptEnd end = EndedBy(SIGKILL);
  v1::JobResult& result = end.result.emplace();
  result.set_outcome(v1::OUTCOME_OK);
  result.set_stage(v1::STAGE_MEASURE);
  result.set_peak_rss_bytes(400'000'000);
  result.set_job_peak_rss_bytes(bytes);
  result.mutable_latency()->add_measured_ns(7);
  result.mutable_validity()->set_valid(true);
  return end;
}

TEST(JobOutcome, IsOkForAPeakThatReachesTheLimit) {
  const v1::JobResult result = ResultOf(OkWithPeakOf(1'000'000'000), Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.peak_rss_bytes(), 400'000'000);
  EXPECT_EQ(result.latency().measured_ns_size(), 1);
}

TEST(JobOutcome, IsOomForAReportedPeakAboveTheLimitThatNobodySaw) {
  const v1::JobResult result = ResultOf(OkWithPeakOf(1'017'000'000), Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_EQ(result.message(),
            "used more than its limit of 1.00 GB in stage measure, peak 1.02 GB; "
            "try a smaller batch or input");
  EXPECT_EQ(result.peak_rss_bytes(), 1'017'000'000);
  EXPECT_EQ(result.job_peak_rss_bytes(), 1'017'000'000);
  EXPECT_FALSE(result.has_latency()) << "no figure of a job that failed";
  EXPECT_FALSE(result.has_validity());
  EXPECT_EQ(result.signal_name(), "");
}

TEST(JobOutcome, IsOomInTheFirstStageThatWasAboveTheLimit) {
  AttemptEnd end = OkWithPeakOf(1'400'000'000);
  for (const auto& [stage, peak] : {std::pair{v1::STAGE_LOAD, 900'000'000},
                                    {v1::STAGE_QUANTIZE, 1'400'000'000},
                                    {v1::STAGE_OPTIMIZE, 1'300'000'000},
                                    {v1::STAGE_MEASURE, 400'000'000}}) {
    v1::StageReport& report = *end.result->add_stages();
    report.set_stage(stage);
    report.set_peak_rss_bytes(peak);
  }
  const v1::JobResult result = ResultOf(end, Settings());
  EXPECT_EQ(result.stage(), v1::STAGE_QUANTIZE);
  EXPECT_THAT(result.message(), HasSubstr("in stage quantize, peak 1.40 GB"));
}

TEST(JobOutcome, AdvisesASmallerBatchOnlyWhereThatHelps) {
  AttemptEnd end = StoppedFor(StopReason::kMemory);
  EXPECT_THAT(ResultOf(end, Settings()).message(), HasSubstr("smaller batch"));
  end.last_stage = v1::STAGE_LOAD;
  EXPECT_THAT(ResultOf(end, Settings()).message(), HasSubstr("the model itself does not fit"));
  end.last_stage = v1::STAGE_START;
  EXPECT_THAT(ResultOf(end, Settings()).message(), HasSubstr("LibTorch alone needs as much"));
}

TEST(JobOutcome, IsOomWhenTheGuardSawTooMuchJustBeforeTheResultCame) {
  AttemptEnd end = OkWithPeakOf(500'000'000);  // the rest was swapped out
  end.peak_seen_bytes = 1'100'000'000;
  const v1::JobResult result = ResultOf(end, Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_EQ(result.peak_rss_bytes(), 1'100'000'000);
}

// The worker maps large files, and the kernel can take their pages back.
TEST(JobOutcome, AllowsThePagesOfTheModelsFileOnTopOfTheLimit) {
  v1::JobSettings settings = Settings();
  const int64_t limit = settings.memory_limit_bytes();
  EXPECT_EQ(ResidentLimit(settings), limit);
  settings.mutable_model()->mutable_artifact()->set_size_bytes(300'000'000);
  EXPECT_EQ(ResidentLimit(settings), limit + 300'000'000);
  EXPECT_EQ(ResultOf(OkWithPeakOf(limit + 300'000'000), settings).outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(ResultOf(OkWithPeakOf(limit + 300'000'001), settings).outcome(), v1::OUTCOME_OOM);
  settings.set_memory_limit_bytes(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(ResidentLimit(settings), std::numeric_limits<int64_t>::max());
}

TEST(JobOutcome, IsNotOomForAPeakFromBeforeTheJob) {
  AttemptEnd end = OkWithPeakOf(1'200'000'000);
  end.mark_before_bytes = 1'200'000'000;  // where the mark cannot be reset
  EXPECT_EQ(ResultOf(end, Settings()).outcome(), v1::OUTCOME_OK);
  end.mark_before_bytes = 1'199'999'999;
  EXPECT_EQ(ResultOf(end, Settings()).outcome(), v1::OUTCOME_OOM);
}

TEST(JobOutcome, KeepsWhatTheWorkerSaysOfAFailureAboveTheLimit) {
  AttemptEnd end = OkWithPeakOf(1'200'000'000);
  end.result->set_outcome(v1::OUTCOME_CRASH);
  end.result->set_message("bad kernel");
  const v1::JobResult result = ResultOf(end, Settings());
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_EQ(result.message(), "bad kernel");
}

TEST(JobOutcome, LeavesThePeakUnknownWhenNobodyMeasuredIt) {
  EXPECT_FALSE(ResultOf(EndedBy(SIGSEGV), Settings()).has_peak_rss_bytes());
}

TEST(NextOptimize, StepsDownAfterACrashWhileOptimizing) {
  AttemptEnd end = EndedBy(SIGSEGV);
  end.last_stage = v1::STAGE_OPTIMIZE;
  EXPECT_EQ(NextOptimize(end, v1::OPTIMIZE_FULL), v1::OPTIMIZE_FREEZE);
  EXPECT_EQ(NextOptimize(end, v1::OPTIMIZE_FREEZE), v1::OPTIMIZE_NONE);
  EXPECT_EQ(NextOptimize(end, v1::OPTIMIZE_NONE), std::nullopt);
}

TEST(NextOptimize, StepsDownAfterACrashTheWorkerReportedItself) {
  AttemptEnd end;
  end.result.emplace();
  end.result->set_outcome(v1::OUTCOME_CRASH);
  end.result->set_stage(v1::STAGE_OPTIMIZE);
  EXPECT_EQ(NextOptimize(end, v1::OPTIMIZE_FULL), v1::OPTIMIZE_FREEZE);
}

TEST(NextOptimize, StaysWhenSomethingElseWasAtFault) {
  EXPECT_EQ(NextOptimize(EndedBy(SIGSEGV), v1::OPTIMIZE_FULL), std::nullopt);  // while measuring
  AttemptEnd killed = EndedBy(SIGKILL);  // memory, not the optimization
  killed.last_stage = v1::STAGE_OPTIMIZE;
  EXPECT_EQ(NextOptimize(killed, v1::OPTIMIZE_FULL), std::nullopt);
  AttemptEnd cancelled = StoppedFor(StopReason::kCancelled);
  cancelled.last_stage = v1::STAGE_OPTIMIZE;
  cancelled.exit.signal = SIGTERM;
  EXPECT_EQ(NextOptimize(cancelled, v1::OPTIMIZE_FULL), std::nullopt);
}

}  // namespace
}  // namespace edgebench::agent
