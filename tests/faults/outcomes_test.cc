#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;

// A benchmark that goes on until somebody ends it.
const std::vector<std::string> kEndless = {
    "bench", "--processes", "1",  "mobilenet_v2", "--image-size", "64",    "--threads",
    "1",     "--max-time",  "1h", "--target-ci",  "0.0001%",      "--json"};

// One agent; after each fault it must serve as before.
class Outcomes : public ::testing::Test {
 protected:
  void SetUp() override {
    agent_ = bench_.StartAgent();
    ASSERT_NE(agent_, nullptr);
  }

  void TearDown() override {
    const Finished next =
        bench_.Run({"bench", "mobilenet_v2", "--image-size", "32", "--threads", "1", "--k", "2"});
    EXPECT_EQ(next.exit_code, 0) << "the agent goes on serving: " << next.err;
    EXPECT_FALSE(agent_->process().Wait(absl::ZeroDuration()).has_value());
  }

  // The only measurement of a document.
  static Json Only(const Finished& finished) {
    const Json document = finished.Json();
    if (!document.is_object() || document["measurements"].size() != 1) {
      ADD_FAILURE() << finished.out << finished.err;
      return Json::object();
    }
    return document["measurements"][0];
  }

  static Finished Finish(Subprocess& process) {
    const auto state = process.Wait(absl::Minutes(2));
    EXPECT_TRUE(state.has_value()) << process.errors();
    return {state ? state->code : -1, process.output(), process.errors()};
  }

  // A job that measures until somebody ends it, and its worker.
  struct Endless {
    Subprocess controller;
    pid_t worker = -1;
  };
  Endless StartEndless() {
    Endless endless{bench_.Start(kEndless)};
    EXPECT_TRUE(bench_.WaitForNewestJob("running")) << endless.controller.errors();
    // Earlier, a worker that dies is taken for one that was dead before the job.
    Subprocess watch =
        bench_.Start({"job", "watch", bench_.Ask("SELECT id FROM job")}, /*on_terminal=*/true);
    EXPECT_TRUE(watch.WaitForText("measuring", absl::Minutes(1))) << watch.output();
    endless.worker = agent_->WaitForWorker(absl::Seconds(30));
    EXPECT_GT(endless.worker, 0);
    return endless;
  }

  // The measurement of such a job whose worker got this signal.
  Json EndlessEndedBy(int signal) {
    Endless endless = StartEndless();
    if (endless.worker <= 0) return Json::object();
    kill(endless.worker, signal);
    const Finished finished = Finish(endless.controller);
    EXPECT_EQ(finished.exit_code, 5) << finished.err;
    return Only(finished);
  }

  Workbench bench_;
  std::unique_ptr<AgentProcess> agent_;
};

// Of resnet18 without a limit: batch 1 peaks at 0.26 GB, 256 at 1.46, 512 at 2.6.
TEST_F(Outcomes, ABatchTooLargeForTheLimitIsOomWithStageAndPeak) {
  const Finished run = bench_.Run(
      {"bench", "resnet18", "--batch", "512", "--memory-limit", "900MB", "--k", "2", "--json"});
  EXPECT_EQ(run.exit_code, 5) << run.err;
  const Json cell = Only(run);
  EXPECT_EQ(cell["outcome"], "oom");
  EXPECT_TRUE(cell["latency_ns"].is_null());
  EXPECT_THAT(cell["message"].get<std::string>(), HasSubstr("900 MB"));
  EXPECT_TRUE(cell["stage"].is_string()) << cell;
  EXPECT_GT(cell["peak_rss_bytes"].get<double>(), 200e6) << "a smaller batch would have run";
  EXPECT_LT(cell["peak_rss_bytes"].get<double>(), 2e9) << "the limit held";
  EXPECT_EQ(bench_.Ask("SELECT outcome FROM results"), "oom");
}

TEST_F(Outcomes, ASweepGoesOnAfterOomAndSkipsWhatIsStrictlyLarger) {
  const Finished run = bench_.Run({"bench", "resnet18", "--batch", "1,256,512", "--memory-limit",
                                   "900MB", "--k", "2", "--json"});
  const Json document = run.Json();
  ASSERT_EQ(document["measurements"].size(), 2u) << run.out;
  EXPECT_EQ(document["measurements"][0]["outcome"], "ok") << run.out;
  EXPECT_EQ(document["measurements"][1]["outcome"], "oom") << run.out;
  ASSERT_EQ(document["not_measured"].size(), 1u) << run.out;
  EXPECT_EQ(document["not_measured"][0]["batch"], 512);
  EXPECT_EQ(document["not_measured"][0]["state"], "skipped");
  EXPECT_EQ(bench_.Ask("SELECT count(*) FROM job"), "2") << "the third was never sent";
}

TEST_F(Outcomes, ASegmentationFaultIsACrashWithTheNameOfTheSignal) {
  const Json cell = EndlessEndedBy(SIGSEGV);
  EXPECT_EQ(cell["outcome"], "crash");
  EXPECT_EQ(cell["stage"], "measure");
  EXPECT_THAT(cell.dump(), HasSubstr("SIGSEGV"));
  EXPECT_TRUE(cell["latency_ns"].is_null());
}

TEST_F(Outcomes, AKillFromOutsideIsTakenForTheKernelsLackOfMemory) {
  EXPECT_EQ(EndlessEndedBy(SIGKILL)["outcome"], "oom");
}

TEST_F(Outcomes, ADeadlineIsATimeout) {
  // It measures for all of its time, and needs some before that.
  const Finished run = bench_.Run({"bench", "--processes", "1", "mobilenet_v2", "--image-size",
                                   "64", "--threads", "1", "--max-time", "2990ms", "--timeout",
                                   "3s", "--target-ci", "0.0001%", "--json"});
  EXPECT_EQ(run.exit_code, 7) << run.err;
  const Json cell = Only(run);
  EXPECT_EQ(cell["outcome"], "timeout");
  EXPECT_THAT(cell["message"].get<std::string>(), HasSubstr("3"));
  EXPECT_TRUE(cell["latency_ns"].is_null()) << "no partial figure";
}

TEST_F(Outcomes, ACancelledJobIsCancelled) {
  Endless endless = StartEndless();
  const std::string job = bench_.Ask("SELECT id FROM job");
  const Finished cancel = bench_.Run({"job", "cancel", job});
  EXPECT_EQ(cancel.exit_code, 0) << cancel.err;
  EXPECT_EQ(Only(Finish(endless.controller))["outcome"], "cancelled");
  EXPECT_EQ(bench_.Ask("SELECT status FROM job"), "cancelled");
}

TEST_F(Outcomes, ACudaTargetWithoutCudaIsUnsupportedAndSaysWhichOfTheTwoLacksIt) {
  const Finished run =
      bench_.Run({"bench", "--processes", "1", "mobilenet_v2", "--target", "cuda:0", "--json"});
  EXPECT_EQ(run.exit_code, 6) << run.err;
  const Json cell = Only(run);
  EXPECT_EQ(cell["outcome"], "unsupported");
  EXPECT_THAT(cell["message"].get<std::string>(), AllOf(HasSubstr("LibTorch"), HasSubstr("CUDA")));
}

TEST_F(Outcomes, AnEngineThatThisLibTorchLacksIsUnsupportedAndNamesThoseItHas) {
  const Finished run =
      bench_.Run({"bench", "--processes", "1", "mobilenet_v2", "--precision", "int8-static",
                  "--engine", "fbgemm", "--image-size", "64", "--json"});
  EXPECT_EQ(run.exit_code, 6) << run.err;
  const Json cell = Only(run);
  EXPECT_EQ(cell["outcome"], "unsupported");
  EXPECT_THAT(cell["message"].get<std::string>(), AllOf(HasSubstr("fbgemm"), HasSubstr("onednn")));
}

TEST_F(Outcomes, AFileThatIsNoModelIsAnInvalidModel) {
  ASSERT_TRUE(WriteFileAtomically(bench_.File("noise.pt"), std::string(100'000, 'x')).ok());
  const Finished run = bench_.Run(
      {"bench", "--processes", "1", bench_.File("noise.pt"), "--input", "float32[1,8]", "--json"});
  EXPECT_EQ(run.exit_code, 6) << run.err;
  const Json cell = Only(run);
  EXPECT_EQ(cell["outcome"], "invalid_model");
  EXPECT_EQ(cell["model"], "noise.pt");
}

}  // namespace
}  // namespace edgebench
