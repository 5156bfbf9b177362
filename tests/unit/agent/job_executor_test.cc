#include "agent/job_executor.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "absl/time/clock.h"
#include "agent/telemetry/device_channels.h"
#include "common/digest.h"
#include "tests/support/device_trees.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/agent/fake_process_launcher.h"

namespace edgebench::agent {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class JobExecutorTest : public ::testing::Test {
 protected:
  JobExecutorTest() {
    settings().set_kind(v1::JOB_KIND_BENCHMARK);
    settings().mutable_model()->set_zoo_name("tiny");
    settings().set_optimize(v1::OPTIMIZE_FULL);
    settings().set_memory_limit_bytes(1'000'000);
    settings().mutable_deadline()->set_seconds(60);
    job_.set_job_id("job-1");
    artifacts_ = ArtifactStore::Open({.folder = dir_.File("artifacts"),
                                      .reserve_bytes = 0,
                                      .pinned = [] { return std::vector<std::string>(); }})
                     .value();
  }

  v1::JobSettings& settings() { return *job_.mutable_settings(); }

  void WorkerDoes(FakeJob run) { launcher_.Define("", FakeWorker({}, std::move(run))); }

  v1::JobResult Run() {
    JobExecutor executor({pool_, *artifacts_, memory_, clock_,
                          [] {
                            v1::Environment environment;
                            environment.set_agent_version("test");
                            return environment;
                          },
                          [this](pid_t worker) { return DeviceChannels(tree_.root(), worker); },
                          tree_.root(), power_});
    return executor.Run(job_, control_,
                        [this](const v1::JobEvent& event) { events_.push_back(event); });
  }

  // Until the guard has looked at the memory so many times more.
  void AwaitSamples(int64_t count) {
    const int64_t enough = control_.waits() + count;
    const absl::Time latest = absl::Now() + absl::Seconds(30);
    while (control_.waits() < enough && absl::Now() < latest) {
      control_.Nudge();
      std::this_thread::yield();
    }
  }

  std::vector<v1::Stage> Stages() const {
    std::vector<v1::Stage> stages;
    for (const v1::JobEvent& event : events_) {
      if (event.has_stage_entered()) stages.push_back(event.stage_entered());
    }
    return stages;
  }

  TempDir dir_;
  DeviceTree tree_;
  RealClock clock_;
  FakeMemoryMeter memory_;
  FakeProcessLauncher launcher_;
  WorkerPool pool_{launcher_, clock_, {"worker", absl::Minutes(1)}};
  std::unique_ptr<ArtifactStore> artifacts_;
  JobControl control_;
  JobPower power_;
  v1::Job job_;
  std::vector<v1::JobEvent> events_;
};

TEST_F(JobExecutorTest, PassesTheJobInAndTheResultOut) {
  WorkerDoes([](FakeChild& child, const v1::WorkerRequest::RunJob& job) {
    EXPECT_EQ(job.job_id(), "job-1");
    EXPECT_EQ(job.settings().model().zoo_name(), "tiny");
    EXPECT_EQ(child.memory_limit(), 1'000'000);
    child.Send(StageMessage(v1::STAGE_LOAD));
    child.Send(StageMessage(v1::STAGE_MEASURE));
    v1::WorkerMessage warning;
    warning.set_warning("mind the gap");
    child.Send(warning);
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.job_id(), "job-1");
  EXPECT_EQ(result.settings().model().zoo_name(), "tiny");
  EXPECT_EQ(result.environment().agent_version(), "test");
  EXPECT_EQ(result.stage(), v1::STAGE_MEASURE);
  EXPECT_TRUE(result.has_started_time() && result.has_finished_time());
  EXPECT_THAT(Stages(), ElementsAre(v1::STAGE_START, v1::STAGE_LOAD, v1::STAGE_MEASURE));
  EXPECT_EQ(events_.back().warning(), "mind the gap");
}

v1::WorkerMessage MeasuredMessage() {
  v1::WorkerMessage message = ResultMessage(v1::OUTCOME_OK);
  message.mutable_result()->mutable_latency()->add_measured_ns(5'000'000);
  message.mutable_result()->mutable_validity()->set_valid(true);
  return message;
}

TEST_F(JobExecutorTest, TellsHowTheDeviceWasWhileTheWorkerMeasured) {
  WriteRaspberryPi4(tree_);
  settings().set_telemetry_hz(10);
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(StageMessage(v1::STAGE_WARM_UP));
    child.Send(StageMessage(v1::STAGE_MEASURE));
    child.Send(MeasuredMessage());
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  EXPECT_TRUE(result.telemetry().has_measure_start_ns());
  EXPECT_GE(result.telemetry().offset_ns_size(), 2);
  EXPECT_DOUBLE_EQ(result.conditions_before().temperature_celsius(), 48.199);
  EXPECT_TRUE(result.validity().valid());
  EXPECT_THAT(result.unknown_conditions(), Contains("foreign load"))
      << "the tree counts no time, which is not the same as a quiet device";
}

TEST_F(JobExecutorTest, AMeasurementThatWasThrottledIsInvalid) {
  WriteRaspberryPi4(tree_);
  tree_.Write("/sys/devices/platform/soc/soc:firmware/get_throttled", "1\n");
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(StageMessage(v1::STAGE_WARM_UP));
    child.Send(StageMessage(v1::STAGE_MEASURE));
    child.Send(MeasuredMessage());
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  EXPECT_FALSE(result.validity().valid());
  EXPECT_THAT(result.validity().reasons(), ElementsAre(HasSubstr("under-voltage")));
  EXPECT_FALSE(result.has_telemetry()) << "telemetry_hz is unset";
}

// A steady 5 W, read every millisecond.
class SteadySource final : public PowerSource {
 public:
  SteadySource() : PowerSource(Info()) {}
  PowerSample Read(int64_t now_nanos) override { return {now_nanos, {5.0}}; }

 private:
  static PowerSourceInfo Info() {
    PowerSourceInfo info;
    info.name = "fake:steady";
    info.rails.emplace_back();
    info.rails.back().counted = true;
    info.period = absl::Milliseconds(1);
    return info;
  }
};

TEST_F(JobExecutorTest, MeasuresTheEnergyOfABenchmark) {
  settings().set_target("cuda:3");
  power_.idle = absl::Milliseconds(20);
  power_.open = [](const std::string& target) -> absl::StatusOr<std::unique_ptr<PowerSource>> {
    EXPECT_EQ(target, "cuda:3");
    return std::make_unique<SteadySource>();
  };
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(StageMessage(v1::STAGE_MEASURE));
    child.Send(MeasuredMessage());
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  ASSERT_EQ(result.outcome(), v1::OUTCOME_OK) << result.message();
  EXPECT_EQ(result.energy().source(), "fake:steady");
  EXPECT_EQ(result.energy().rails_size(), 1);
  EXPECT_EQ(result.energy().inferences(), 1);
  EXPECT_TRUE(result.energy().has_window_start_time() && result.energy().has_window_end_time());
}

TEST_F(JobExecutorTest, SaysWhyABenchmarkHasNoEnergy) {
  power_.open = [](const std::string&) -> absl::StatusOr<std::unique_ptr<PowerSource>> {
    return absl::NotFoundError("no sensor");
  };
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(MeasuredMessage());
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().energy().reason(), "no sensor");
}

TEST_F(JobExecutorTest, MeasuresNoEnergyOfJobsThatDoNotMeasure) {
  settings().set_kind(v1::JOB_KIND_INSPECT);
  power_.open = [](const std::string&) -> absl::StatusOr<std::unique_ptr<PowerSource>> {
    ADD_FAILURE();
    return absl::NotFoundError("");
  };
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  EXPECT_FALSE(Run().has_energy());
}

TEST_F(JobExecutorTest, StopsWhileItMeasuresTheIdleDevice) {
  power_.idle = absl::Hours(1);
  power_.open = [](const std::string&) -> absl::StatusOr<std::unique_ptr<PowerSource>> {
    return std::make_unique<SteadySource>();
  };
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Hang();
    return DiesOf(SIGKILL);
  });
  std::thread stopper([this] { control_.RequestStop(StopReason::kCancelled); });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_CANCELLED);
  stopper.join();
}

TEST_F(JobExecutorTest, ReportsTheSignalThatKilledTheWorker) {
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(StageMessage(v1::STAGE_MEASURE));
    child.Log("about to fail\n");
    return DiesOf(SIGSEGV);
  });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_EQ(result.signal_name(), "SIGSEGV");
  EXPECT_EQ(result.stage(), v1::STAGE_MEASURE);
  EXPECT_EQ(result.log_tail(), "about to fail\n");
}

TEST_F(JobExecutorTest, CanBeReadBackWhateverTheWorkerWrote) {
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Log("pixels: \xff\xfe, cut within a euro: \xe2\x82");
    return DiesOf(SIGSEGV);
  });
  v1::JobResult read;
  ASSERT_TRUE(read.ParseFromString(Run().SerializeAsString()));
  EXPECT_THAT(read.log_tail(), HasSubstr("cut within a euro: "));
}

TEST_F(JobExecutorTest, ReportsAKillByTheKernelAsOom) {
  WorkerDoes([](FakeChild&, const auto&) { return DiesOf(SIGKILL); });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OOM);
}

TEST_F(JobExecutorTest, ReportsAnExitWithoutAResultAsCrash) {
  WorkerDoes([](FakeChild&, const auto&) { return ExitsWith(3); });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_THAT(result.message(), HasSubstr("exit code 3"));
}

TEST_F(JobExecutorTest, EndsAWorkerThatUsesTooMuchMemory) {
  WorkerDoes([this](FakeChild& child, const auto&) {
    memory_.SetNow(2'000'000);
    child.Hang();
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_EQ(result.job_peak_rss_bytes(), 2'000'000);
  EXPECT_THAT(result.message(), HasSubstr("limit of 1.00 MB"));
}

TEST_F(JobExecutorTest, EndsAWorkerForAPeakBetweenTwoSamples) {
  WorkerDoes([this](FakeChild& child, const auto&) {
    memory_.SetMark(2'000'000);
    child.Hang();
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OOM);
  EXPECT_EQ(result.job_peak_rss_bytes(), 2'000'000);
}

TEST_F(JobExecutorTest, FailsAJobThatWasDoneBeforeItsPeakWasSeen) {
  WorkerDoes([](FakeChild& child, const auto&) {
    v1::WorkerMessage message = ResultMessage(v1::OUTCOME_OK);
    message.mutable_result()->set_job_peak_rss_bytes(2'000'000);
    child.Send(message);
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OOM);
}

TEST_F(JobExecutorTest, FailsAJobWhoseWorkerIsTooLargeFromTheStart) {
  memory_.SetNow(2'000'000);
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OOM);
}

TEST_F(JobExecutorTest, BlamesNoJobForAPeakOfItsWorkersStart) {
  memory_.SetMark(2'000'000);
  WorkerDoes([this](FakeChild& child, const auto&) {
    AwaitSamples(2);
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
}

TEST_F(JobExecutorTest, BlamesNoJobForAnOlderPeakWhereTheMarkCannotBeReset) {
  memory_.SetMark(2'000'000);
  memory_.ForbidReset();
  WorkerDoes([this](FakeChild& child, const auto&) {
    AwaitSamples(2);
    v1::WorkerMessage message = ResultMessage(v1::OUTCOME_OK);
    message.mutable_result()->set_job_peak_rss_bytes(2'000'000);
    child.Send(message);
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
}

TEST_F(JobExecutorTest, EndsAWorkerAtItsDeadline) {
  settings().mutable_deadline()->set_seconds(0);
  settings().mutable_deadline()->set_nanos(50'000'000);
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Hang();
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_TIMEOUT);
}

TEST_F(JobExecutorTest, EndsAWorkerThatIsCancelled) {
  WorkerDoes([this](FakeChild& child, const auto&) {
    control_.RequestStop(StopReason::kCancelled);
    child.Hang();
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_CANCELLED);
}

TEST_F(JobExecutorTest, EndsAWorkerThatTalksNonsense) {
  WorkerDoes([](FakeChild& child, const auto&) {
    const char garbage[] = "\xff\xff\xff\xffgarbage";
    EXPECT_GT(write(child.message_fd(), garbage, sizeof(garbage)), 0);
    child.Hang();
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_CRASH);
}

// Trains until it is told to finish, or is ended.
ExitStatus TrainUntilTold(FakeChild& child) {
  child.Send(StageMessage(v1::STAGE_TRAIN));
  v1::WorkerRequest request;
  if (!child.Read(&request)) return ExitsWith(0);
  EXPECT_TRUE(request.has_finish_early());
  v1::WorkerMessage message = ResultMessage(v1::OUTCOME_OK);
  message.mutable_result()->mutable_training()->set_finished_early(true);
  child.Send(message);
  return ExitsWith(0);
}

TEST_F(JobExecutorTest, TellsItsWorkerToFinishATraining) {
  WorkerDoes([](FakeChild& child, const auto&) { return TrainUntilTold(child); });
  std::thread somebody([this] {
    AwaitSamples(1);
    control_.RequestFinish();
    control_.RequestFinish();
  });
  const v1::JobResult result = Run();
  somebody.join();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_TRUE(result.training().finished_early());
}

TEST_F(JobExecutorTest, TellsEachWorkerThatTriesAgain) {
  control_.RequestFinish();
  std::atomic<int> told = 0;
  WorkerDoes([&told](FakeChild& child, const v1::WorkerRequest::RunJob& job) {
    v1::WorkerRequest request;
    if (child.Read(&request) && request.has_finish_early()) ++told;
    child.Send(StageMessage(v1::STAGE_OPTIMIZE));
    if (job.settings().optimize() == v1::OPTIMIZE_FULL) return DiesOf(SIGSEGV);
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(told, 2);
}

TEST_F(JobExecutorTest, TellsNobodyWhenTheJobIsOver) {
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
  control_.RequestFinish();  // its worker is gone
}

TEST_F(JobExecutorTest, TriesALowerOptimizationWhenOneCrashes) {
  WorkerDoes([](FakeChild& child, const v1::WorkerRequest::RunJob& job) {
    child.Send(StageMessage(v1::STAGE_OPTIMIZE));
    if (job.settings().optimize() == v1::OPTIMIZE_FULL) return DiesOf(SIGSEGV);
    v1::WorkerMessage message = ResultMessage(v1::OUTCOME_OK);
    message.mutable_result()->set_optimize(job.settings().optimize());
    child.Send(message);
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(result.optimize(), v1::OPTIMIZE_FREEZE);
  EXPECT_EQ(result.settings().optimize(), v1::OPTIMIZE_FULL) << "what was asked stays";
  EXPECT_THAT(result.notes(), ElementsAre(HasSubstr("SIGSEGV")));
  EXPECT_EQ(launcher_.launches(), 2);
}

TEST_F(JobExecutorTest, GivesUpWhenNoOptimizationIsLeft) {
  WorkerDoes([](FakeChild& child, const auto&) {
    child.Send(StageMessage(v1::STAGE_OPTIMIZE));
    return DiesOf(SIGABRT);
  });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_EQ(launcher_.launches(), 3);
  EXPECT_EQ(result.notes_size(), 2);
}

TEST_F(JobExecutorTest, StartsAnotherWorkerWhenTheKeptOneDiedBeforeTheJob) {
  int calls = 0;
  launcher_.Define("", [&calls](FakeChild& child, const std::vector<std::string>& argv) {
    if (++calls == 1) {
      v1::WorkerMessage ready;
      ready.set_ready(true);
      child.Send(ready);
      v1::WorkerRequest request;
      child.Read(&request);  // takes the job with it
      return DiesOf(SIGKILL);
    }
    return FakeWorker({}, [](FakeChild& inner, const auto&) {
      inner.Send(ResultMessage(v1::OUTCOME_OK));
      return ExitsWith(0);
    })(child, argv);
  });
  ASSERT_TRUE(pool_.Prepare().ok());
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_OK);
  EXPECT_EQ(calls, 2);
}

TEST_F(JobExecutorTest, EndsAWorkerThatNeverGetsReady) {
  settings().mutable_deadline()->set_seconds(0);
  settings().mutable_deadline()->set_nanos(50'000'000);
  launcher_.Define("", [](FakeChild& child, const auto&) {
    child.Hang();
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_TIMEOUT);
  EXPECT_EQ(result.stage(), v1::STAGE_START);
}

TEST_F(JobExecutorTest, SaysWhenTheWorkerCannotBeStarted) {
  launcher_.SetMissing("worker");
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_CRASH);
  EXPECT_THAT(result.message(), HasSubstr("--worker"));
}

TEST_F(JobExecutorTest, KeepsTheModelAQuantizeJobWrote) {
  settings().set_kind(v1::JOB_KIND_QUANTIZE);
  WorkerDoes([](FakeChild& child, const v1::WorkerRequest::RunJob& job) {
    std::ofstream(job.output_path()) << "quantized";
    child.Send(ResultMessage(v1::OUTCOME_OK));
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  EXPECT_EQ(result.artifact().sha256(), Sha256Hex("quantized"));
  EXPECT_EQ(result.artifact().size_bytes(), 9);
  EXPECT_TRUE(artifacts_->PathOf(result.artifact()).ok());
}

TEST_F(JobExecutorTest, DropsTheOutputOfAJobThatFailed) {
  settings().set_kind(v1::JOB_KIND_QUANTIZE);
  std::string output;
  WorkerDoes([&output](FakeChild& child, const v1::WorkerRequest::RunJob& job) {
    output = job.output_path();
    std::ofstream(output) << "half";
    child.Send(ResultMessage(v1::OUTCOME_OOM));
    return ExitsWith(0);
  });
  EXPECT_FALSE(Run().has_artifact());
  EXPECT_FALSE(std::ifstream(output).good());
}

TEST_F(JobExecutorTest, SaysWhenAModelFileIsNoLongerThere) {
  settings().mutable_model()->mutable_artifact()->set_sha256(Sha256Hex("gone"));
  const v1::JobResult result = Run();
  EXPECT_EQ(result.outcome(), v1::OUTCOME_INVALID_MODEL);
  EXPECT_EQ(launcher_.launches(), 0);
}

TEST_F(JobExecutorTest, AColdStartStoresTheModelInOneWorkerAndLoadsItInAnother) {
  settings().set_scenario(v1::SCENARIO_COLD);
  settings().set_precision(v1::PRECISION_INT8_STATIC);
  std::vector<v1::WorkerRequest::RunJob> requests;
  std::string loaded;
  WorkerDoes([&](FakeChild& child, const v1::WorkerRequest::RunJob& request) {
    requests.push_back(request);
    v1::WorkerMessage message = ResultMessage(v1::OUTCOME_OK);
    if (request.settings().kind() == v1::JOB_KIND_QUANTIZE) {
      std::ofstream(request.output_path()) << "stored";
      message.mutable_result()->mutable_model()->set_parameters(42);
      message.mutable_result()->mutable_coverage()->set_int8_ops(7);
      message.mutable_result()->set_engine("onednn");
      message.mutable_result()->set_precision(v1::PRECISION_INT8_STATIC);
    } else {
      loaded = ReadFile(request.stored_model_path()).value_or("");
      message.mutable_result()->mutable_cold()->set_first_ns(5);
    }
    child.Send(message);
    return ExitsWith(0);
  });
  const v1::JobResult result = Run();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(launcher_.launches(), 2);
  EXPECT_EQ(requests[1].settings().kind(), v1::JOB_KIND_BENCHMARK);
  EXPECT_EQ(requests[1].output_path(), "");
  EXPECT_EQ(loaded, "stored");
  EXPECT_FALSE(std::ifstream(requests[1].stored_model_path()).good()) << "it is removed";
  EXPECT_EQ(result.cold().first_ns(), 5);
  EXPECT_EQ(result.model().parameters(), 42);
  EXPECT_EQ(result.coverage().int8_ops(), 7);
  EXPECT_EQ(result.engine(), "onednn");
  EXPECT_EQ(result.settings().kind(), v1::JOB_KIND_BENCHMARK);
  EXPECT_FALSE(result.has_artifact());
}

TEST_F(JobExecutorTest, AColdStartOfAModelThatCannotBeStoredIsItsFailure) {
  settings().set_scenario(v1::SCENARIO_COLD);
  settings().set_precision(v1::PRECISION_FP32);
  WorkerDoes([&](FakeChild& child, const v1::WorkerRequest::RunJob&) {
    child.Send(ResultMessage(v1::OUTCOME_UNSUPPORTED));
    return ExitsWith(0);
  });
  EXPECT_EQ(Run().outcome(), v1::OUTCOME_UNSUPPORTED);
  EXPECT_EQ(launcher_.launches(), 1);
}

}  // namespace
}  // namespace edgebench::agent
