#include "controller/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/names.h"
#include "common/version.h"
#include "controller/commands/commands.h"
#include "controller/report/measurement_json.h"
#include "controller/testing/fake_agent.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/controller/fake_connector.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// The program in a pipe, with an agent in memory as `local`.
class Cli : public ::testing::Test {
 protected:
  Cli() { connector_.Put(kLocalDevice, agent_); }

  ExitCode Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"edgebench", "--db", folder_.File("results.db")});
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    std::ostringstream out, err;
    RealClock clock;
    const ExitCode code = RunProgram(static_cast<int>(argv.size()), argv.data(),
                                     {out, err, terminal_, connector_, clock});
    out_ = out.str();
    err_ = err.str();
    return code;
  }
  nlohmann::json Json() const { return nlohmann::json::parse(out_); }

  TempDir folder_;
  FakeAgent agent_;
  FakeConnector connector_;
  Terminal terminal_;
  std::string out_, err_;
};

TEST_F(Cli, BenchMeasuresStoresAndShows) {
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "fp32,int8-static"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("resnet18  fp32"), HasSubstr("resnet18  int8-static")));
  EXPECT_THAT(err_, HasSubstr("[2/2] local: resnet18 int8-static"));
  EXPECT_EQ(Run({"results", "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["schema_version"], 1);
  EXPECT_EQ(Json()["measurements"].size(), 2u);
}

TEST_F(Cli, ListsAreByCommaOrRepetitionAndSwallowNoModel) {
  EXPECT_EQ(Run({"bench", "--precision", "fp32", "--batch", "1,2", "--batch", "4", "resnet18",
                 "mobilenet_v2"}),
            ExitCode::kOk);
  EXPECT_EQ(agent_.submitted_labels().size(), 6u);
}

TEST_F(Cli, FlagsReachTheJob) {
  v1::JobSettings seen;
  agent_.SetScript([&](const v1::JobSettings& settings) {
    seen = settings;
    return MakeResult(settings, {1, 2, 3});
  });
  EXPECT_EQ(Run({"bench",          "resnet18", "--threads",   "3",
                 "--target-ci",    "5%",       "--k",         "7",
                 "--max-time",     "250ms",    "--timeout",   "2min",
                 "--memory-limit", "2GB",      "--seed",      "9",
                 "--optimize",     "freeze",   "--engine",    "qnnpack",
                 "--image-size",   "96",       "--precision", "int8-dynamic"}),
            ExitCode::kOk);
  EXPECT_EQ(seen.threads(), 3);
  EXPECT_DOUBLE_EQ(seen.target_ci(), 0.05);
  EXPECT_EQ(seen.fixed_samples(), 7);
  EXPECT_EQ(seen.max_time().nanos(), 250'000'000);
  EXPECT_EQ(seen.deadline().seconds(), 120);
  EXPECT_EQ(seen.memory_limit_bytes(), 2'000'000'000);
  EXPECT_EQ(seen.seed(), 9);
  EXPECT_EQ(seen.optimize(), v1::OPTIMIZE_FREEZE);
  EXPECT_EQ(seen.engine(), "qnnpack");
  EXPECT_EQ(seen.image_size(), 96);
}

TEST_F(Cli, AllEnginesAreThoseThatTheDeviceHas) {
  v1::Capabilities capabilities = agent_.capabilities();
  const std::vector<std::string> all = {"bench",    "resnet18", "--precision", "fp32,int8-static",
                                        "--engine", "all"};
  EXPECT_EQ(Run(all), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--engine all: the LibTorch of local has no quantized engine"));
  for (const char* engine : {"onednn", "qnnpack"})
    capabilities.mutable_torch()->add_quantized_engines(engine);
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run(all), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("resnet18 fp32", "resnet18 int8-static onednn",
                                                     "resnet18 int8-static qnnpack"));
}

TEST_F(Cli, QuantizeWritesOneFileAndTakesOneEngine) {
  for (const char* engines : {"all", "onednn,qnnpack"}) {
    EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "--engine", engines, "-o",
                   folder_.File("out.pt")}),
              ExitCode::kUsage);
    EXPECT_THAT(err_, AllOf(HasSubstr("quantize writes one file; name one engine"),
                            HasSubstr("edgebench device show local")));
  }
}

TEST_F(Cli, CalibrationDataAreSentOnceAndToTheCellsThatUseThem) {
  const std::string data = folder_.File("dogs.pt");
  ASSERT_TRUE(WriteFileAtomically(data, "tensors").ok());
  std::vector<std::string> calibrations;
  agent_.SetScript([&](const v1::JobSettings& settings) {
    calibrations.push_back(absl::StrCat(PrecisionName(settings.precision()), ": ",
                                        settings.calibration_name(), " ",
                                        ShortDigest(settings.calibration())));
    return MakeResult(settings, {1, 2, 3});
  });
  EXPECT_EQ(
      Run({"bench", "resnet18", "--precision", "fp32,int8-static,int8-qat", "--calibration", data}),
      ExitCode::kOk)
      << err_;
  const std::string digest = Sha256Hex("tensors").substr(0, 12);
  EXPECT_THAT(calibrations, ElementsAre("fp32:  ", "int8-static: dogs.pt " + digest,
                                        "int8-qat: dogs.pt " + digest));
  EXPECT_EQ(agent_.received_bytes(), 7);
}

TEST_F(Cli, AFolderOfCalibrationDataIsSentAsOneFileUnderItsName) {
  std::filesystem::create_directory(folder_.File("dogs"));
  ASSERT_TRUE(WriteFileAtomically(folder_.File("dogs/a.jpg"), "a picture").ok());
  std::vector<std::string> names;
  agent_.SetScript([&](const v1::JobSettings& settings) {
    names.push_back(settings.calibration_name());
    return MakeResult(settings, {1, 2, 3});
  });
  const std::vector<std::string> bench = {"bench",         "resnet18",
                                          "--precision",   "int8-static",
                                          "--calibration", folder_.File("dogs") + "/"};
  EXPECT_EQ(Run(bench), ExitCode::kOk) << err_;
  const int64_t sent = agent_.received_bytes();
  EXPECT_GT(sent, 9);
  EXPECT_EQ(Run(bench), ExitCode::kOk) << err_;
  EXPECT_EQ(agent_.received_bytes(), sent) << "the same folder is the same file";
  EXPECT_THAT(names, ElementsAre("dogs", "dogs"));
  std::filesystem::remove(folder_.File("dogs/a.jpg"));
  EXPECT_EQ(Run(bench), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--calibration: "));
}

TEST_F(Cli, CalibrationDataThatCannotBeReadAreAUsageError) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("empty.pt"), "").ok());
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "int8-static", "--calibration", "none.pt"}),
            ExitCode::kUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("cannot read the calibration data"), HasSubstr("none.pt")));
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "int8-static", "--calibration",
                 folder_.File("empty.pt")}),
            ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("empty.pt is empty"));
}

TEST_F(Cli, AFlagThatNoPrecisionUsesIsRefusedAtOnce) {
  EXPECT_EQ(Run({"bench", "resnet18", "--qat-steps", "5"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--qat-steps is for int8-qat"));
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-dynamic", "--observer", "mse", "-o",
                 folder_.File("out.pt")}),
            ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--observer is for int8-static, int8-qat"));
}

TEST_F(Cli, MoreSamplesThanAWorkerTakesAreRefusedAtOnce) {
  EXPECT_EQ(Run({"bench", "resnet18", "--k", "1000001"}), ExitCode::kUsage);
  EXPECT_TRUE(agent_.submitted_labels().empty());
}

TEST_F(Cli, AnOutcomeOfACellIsShownAndDecidesTheExitCode) {
  agent_.SetScript([](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {1, 2, 3});
    if (settings.batch() > 1) {
      result.set_outcome(v1::OUTCOME_OOM);
      result.set_stage(v1::STAGE_WARM_UP);
      result.set_message("the memory limit of 64 MB was reached");
    }
    return result;
  });
  EXPECT_EQ(Run({"bench", "resnet18", "--batch", "1,8,16"}), ExitCode::kDeviceFault);
  EXPECT_THAT(out_, AllOf(HasSubstr("oom in warm-up [1]"),
                          HasSubstr("[1] the memory limit of 64 MB was reached"),
                          HasSubstr("skipped: batch 8 ran out of memory")));
}

TEST_F(Cli, NothingIsSubmittedWhenAModelIsUnknown) {
  EXPECT_EQ(Run({"bench", "mobilenet_v2", "resnt18"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("Did you mean resnet18?"));
  EXPECT_THAT(agent_.submitted_labels(), IsEmpty());
}

TEST_F(Cli, UsageErrorsNameTheThingAndTheNextStep) {
  EXPECT_EQ(Run({"benhc"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("Did you mean bench?"));
  EXPECT_EQ(Run({"bench", "resnet18", "--precisoin", "fp32"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("Did you mean --precision?"));
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "int9"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("int8-static"));
  EXPECT_EQ(Run({"bench", "resnet18", "--engine", "qnpack"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("Did you mean qnnpack?"));
  EXPECT_EQ(Run({"bench", "resnet18", "--target", "gpu"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("cuda:0"));
  EXPECT_EQ(Run({"bench", "resnet18", "--batch", "0"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--batch"));
  EXPECT_EQ(Run({"bench", "./none.pt"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("./none.pt"));
  EXPECT_EQ(Run({"bench", "resnet18", "--device", "pi5"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("edgebench device add pi5 HOST:PORT"));
  EXPECT_EQ(Run({"bench", "resnet18", "--device", "10.0.0.5:7700"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("edgebench device add NAME 10.0.0.5:7700"));
  EXPECT_EQ(Run({}), ExitCode::kUsage);
}

TEST_F(Cli, AModelFileHasToHaveItsInputsDescribed) {
  const std::string model = folder_.File("model.pt");
  std::ofstream(model) << "not really";
  EXPECT_EQ(Run({"bench", model}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--input"));
  EXPECT_EQ(Run({"bench", model, "--input", "float32[N,3,H,W]"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--image-size"));
  EXPECT_EQ(Run({"bench", model, "--input", "float32[N,3,H,W]", "--image-size", "64"}),
            ExitCode::kOk);
  EXPECT_EQ(agent_.received_bytes(), 10);
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("model.pt as-stored size 64"));
}

TEST_F(Cli, ARefusalOfTheOnlyCellIsAnError) {
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "as-stored"}), ExitCode::kUsage);
  EXPECT_EQ(err_, "edgebench: only a model file is measured as it is stored\n");
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(Cli, ARefusalOfTheOnlyCellIsToldOnceOnATerminal) {
  terminal_.stdin_is_terminal = terminal_.stdout_is_terminal = terminal_.stderr_is_terminal = true;
  terminal_.stdout_width = terminal_.stderr_width = 200;
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "as-stored"}), ExitCode::kUsage);
  EXPECT_THAT(err_, EndsWith("edgebench: only a model file is measured as it is stored\n"));
  EXPECT_THAT(err_.substr(0, err_.find("edgebench: ")), Not(HasSubstr("as it is stored")));
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(Cli, ATimeoutWithinTheTimeOfMeasuringIsRefused) {
  EXPECT_EQ(Run({"bench", "resnet18", "--max-time", "1h", "--timeout", "600"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--timeout 600 is not longer than --max-time 1h"));
}

TEST_F(Cli, WhatADeviceSaysCannotSteerTheTerminal) {
  agent_.SetScript([](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {});
    result.set_outcome(v1::OUTCOME_CRASH);
    result.set_message("red \x1b[31m");
    result.set_log_tail("first\nsecond \x1b[31m");
    return result;
  });
  Run({"quantize", "resnet18", "--precision", "int8-static", "-o", folder_.File("out.pt")});
  EXPECT_THAT(err_, AllOf(HasSubstr("red"), Not(HasSubstr("\x1b"))));
  Run({"job", "show"});
  EXPECT_THAT(out_, AllOf(HasSubstr("first\nsecond ?"), Not(HasSubstr("\x1b"))));
}

TEST_F(Cli, CancellingAJobThatHasEndedSaysHowItEnded) {
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  EXPECT_EQ(Run({"job", "cancel", agent_.any_job_id()}), ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("has ended already: ok"));
}

// A training that goes on until it is told, as another controller submitted it.
class CliFinish : public Cli {
 protected:
  void SubmitElsewhere(const std::string& id, v1::Precision precision) {
    agent_.HoldJobs();
    v1::SubmitJobRequest request;
    request.set_job_id(id);
    *request.mutable_settings() = SettingsOf("resnet18", precision);
    ASSERT_TRUE(NewFakeAgentClient(agent_)->SubmitJob(request).ok());
  }
  void RecordHere(const std::string& id, v1::Precision precision) {
    const auto store = *db::ResultStore::Open(folder_.File("results.db"));
    db::SubmittedJob job;
    job.job_id = id;
    job.device = kLocalDevice;
    job.run_id = "run";
    job.settings = SettingsOf("resnet18", precision);
    job.submitted_time = absl::Now();
    ASSERT_TRUE(store->RecordSubmission(job).ok());
  }
};

TEST_F(CliFinish, EndsATrainingThatWasSubmittedFromHere) {
  SubmitElsewhere("0b52ee53", v1::PRECISION_INT8_QAT);
  RecordHere("0b52ee53", v1::PRECISION_INT8_QAT);
  EXPECT_EQ(Run({"job", "finish", "0b52"}), ExitCode::kOk) << err_;
  EXPECT_THAT(err_, AllOf(HasSubstr("resnet18 int8-qat batch 1 on local: ends its training"),
                          HasSubstr("edgebench job watch 0b52ee53")));
  EXPECT_EQ(Run({"job", "show", "0b52", "--json"}), ExitCode::kOk);
  EXPECT_TRUE(Json()["measurement"]["training"]["finished_early"]);
}

TEST_F(CliFinish, EndsATrainingOfAnotherControllerOnADevice) {
  SubmitElsewhere("0b52ee53", v1::PRECISION_INT8_QAT);
  EXPECT_EQ(Run({"job", "finish", "0b52ee53"}), ExitCode::kUsage) << "nothing is known of it here";
  EXPECT_EQ(Run({"job", "finish", "0b52ee53", "--device", "local"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"job", "finish", "none", "--device", "local"}), ExitCode::kUsage);
}

TEST_F(CliFinish, SaysThatAJobTrainsNothing) {
  SubmitElsewhere("0b52ee53", v1::PRECISION_FP32);
  RecordHere("0b52ee53", v1::PRECISION_FP32);
  EXPECT_EQ(Run({"job", "finish", "0b52"}), ExitCode::kUsage);
  EXPECT_EQ(err_, "edgebench: the job trains nothing\n");
  EXPECT_EQ(Run({"job", "finish"}), ExitCode::kUsage) << "what ends something must name it";
}

TEST_F(Cli, AnAgentOfAnotherApiIsNotUsed) {
  v1::Capabilities capabilities = agent_.capabilities();
  capabilities.set_api_major(kApiMajor + 1);
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kDeviceFault);
  EXPECT_THAT(err_, HasSubstr("update edgebench here"));
  capabilities.set_api_major(kApiMajor - 1);
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kDeviceFault);
  EXPECT_THAT(err_, HasSubstr("kill 4711"));
}

TEST_F(Cli, AnUnreachableDeviceHasItsOwnExitCode) {
  connector_.SetReachable(false);
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kUnreachable);
  EXPECT_EQ(Run({"device", "add", "pi4", "pi4.local:50051"}), ExitCode::kUnreachable);
  EXPECT_THAT(err_, AllOf(HasSubstr("systemctl status edgebench-agent"), HasSubstr("--no-check")));
  EXPECT_EQ(Run({"device", "list"}), ExitCode::kOk);
  EXPECT_THAT(out_, Not(HasSubstr("pi4"))) << "it was not added";
}

TEST_F(Cli, ANameThatCannotBeHadIsRefusedBeforeTheNetworkIsAsked) {
  connector_.SetReachable(false);
  EXPECT_EQ(Run({"device", "add", "a b", "pi4.local:50051"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"device", "add", "local", "pi4.local:50051"}), ExitCode::kUsage);
  ASSERT_EQ(Run({"device", "add", "pi4", "pi4.local:50051", "--no-check"}), ExitCode::kOk);
  EXPECT_EQ(Run({"device", "add", "pi4", "pi4.local:50051"}), ExitCode::kUsage);
}

TEST_F(Cli, ADeviceIsAddedAfterItWasCheckedOnly) {
  connector_.Put("pi4", agent_);
  std::vector<db::Device> listed;
  connector_.OnConnect(
      [&] { listed = *(*db::ResultStore::Open(folder_.File("results.db")))->ListDevices(); });
  EXPECT_EQ(Run({"device", "add", "pi4", "pi4.local:50051"}), ExitCode::kOk);
  EXPECT_THAT(listed, IsEmpty()) << "an interruption would leave it there";
  EXPECT_EQ(Run({"device", "show", "pi4"}), ExitCode::kOk);
}

TEST_F(Cli, ADatabaseThatIsNoneIsLeftAlone) {
  std::ofstream(folder_.File("results.db")) << "these are my notes, not a database at all ........";
  EXPECT_EQ(Run({"results"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr(folder_.File("results.db")));
  EXPECT_THAT(*ReadFile(folder_.File("results.db")), HasSubstr("these are my notes"));
}

TEST_F(Cli, QuantizeWritesTheFileAndNeverOverAnother) {
  const std::string content = "a quantized model";
  agent_.PutArtifact(content);
  agent_.SetScript([&](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {});
    result.mutable_artifact()->set_sha256(Sha256Hex(content));
    result.mutable_artifact()->set_size_bytes(static_cast<int64_t>(content.size()));
    return result;
  });
  const std::string path = folder_.File("out.pt");
  std::ofstream(path) << "mine";
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "-o", path}),
            ExitCode::kUsage);
  EXPECT_EQ(*ReadFile(path), "mine");
  EXPECT_EQ(
      Run({"quantize", "resnet18", "--precision", "int8-static", "-o", path, "--force", "--json"}),
      ExitCode::kOk);
  EXPECT_EQ(*ReadFile(path), content);
  for (const char* field : {"model", "precision", "engine", "duration_ns", "peak_rss_bytes",
                            "model_bytes", "digest", "parity", "coverage", "output"})
    EXPECT_TRUE(Json().contains(field)) << field;
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "-o",
                 folder_.File("none/out.pt")}),
            ExitCode::kUsage);
}

TEST_F(Cli, AQuantizedModelThatCouldNotBeWrittenIsFetchedElsewhere) {
  const std::string path = folder_.File("out.pt"), other = folder_.File("other.pt");
  agent_.PutArtifact("a model");
  agent_.SetScript([&](const v1::JobSettings& settings) {
    std::ofstream(path) << "mine";  // meanwhile
    v1::JobResult result = MakeResult(settings, {});
    result.mutable_artifact()->set_sha256(Sha256Hex("a model"));
    result.mutable_artifact()->set_size_bytes(7);
    return result;
  });
  EXPECT_EQ(Run({"quantize", "resnet18", "--precision", "int8-static", "-o", path}),
            ExitCode::kUsage);
  const std::string id = agent_.any_job_id();
  EXPECT_EQ(err_,
            absl::StrCat("edgebench: local: ", path,
                         " exists already: move it away, or add --force or --output OTHER;"
                         " job ",
                         id, " has ended, its result stays there: edgebench job watch ", id, "\n"));
  EXPECT_EQ(Run({"job", "watch", id, "--output", other}), ExitCode::kOk) << err_;
  EXPECT_EQ(*ReadFile(other), "a model");
  EXPECT_EQ(*ReadFile(path), "mine");
}

TEST_F(Cli, AJobThatIsMarkedLostIsFetchedWhenItsAgentKnowsIt) {
  ASSERT_EQ(Run({"bench", "mobilenet_v2"}), ExitCode::kOk);  // makes the database
  v1::SubmitJobRequest request;
  request.set_job_id("0b52ee53");
  *request.mutable_settings() = SettingsOf("resnet18", v1::PRECISION_FP32);
  ASSERT_TRUE(NewFakeAgentClient(agent_)->SubmitJob(request).ok());
  {
    const auto store = *db::ResultStore::Open(folder_.File("results.db"));
    db::SubmittedJob job;
    job.job_id = request.job_id();
    job.device = kLocalDevice;
    job.run_id = "run";
    job.settings = request.settings();
    job.submitted_time = absl::Now();
    ASSERT_TRUE(store->RecordSubmission(job).ok());
    ASSERT_TRUE(store->MarkLost(job.job_id).ok());
  }
  EXPECT_EQ(Run({"job", "watch", "0b52ee53"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"job", "show", "0b52ee53", "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["state"], "ok");
}

TEST_F(Cli, CompareSaysWhatToMeasureWhenThereIsNothing) {
  EXPECT_EQ(Run({"compare"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("edgebench bench mobilenet_v2 --precision"));
}

TEST_F(Cli, CompareRefusesDifferentTargetsWithAFinding) {
  ASSERT_EQ(Run({"bench", "resnet18", "--target", "cuda:0"}), ExitCode::kOk);
  ASSERT_EQ(Run({"bench", "resnet18", "--precision", "int8-static"}), ExitCode::kOk);
  EXPECT_EQ(Run({"compare", "resnet18"}), ExitCode::kFinding);
  EXPECT_THAT(out_, HasSubstr("target differs (cuda:0, cpu)"));
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  EXPECT_EQ(Run({"compare", "resnet18"}), ExitCode::kOk);
}

TEST_F(Cli, CompareFindsByItsThreadsWhatTheDaemonEnded) {
  agent_.SetScript([](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {8'000'000, 8'100'000, 8'200'000});
    if (settings.precision() != v1::PRECISION_INT8_STATIC) return result;
    result.set_outcome(v1::OUTCOME_OOM);
    result.clear_threads();
    result.clear_latency();
    return result;
  });
  Run({"bench", "resnet18", "--threads", "2", "--precision", "fp32,int8-static"});
  EXPECT_EQ(Run({"compare", "resnet18", "--threads", "2"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("int8-static"), HasSubstr("oom")));
}

TEST_F(Cli, JobsCanBeFoundByTheBeginningOfTheirId) {
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  const std::string id = agent_.any_job_id();
  EXPECT_EQ(Run({"job", "show", id.substr(0, 8), "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["job_id"], id);
  EXPECT_EQ(Json()["state"], "ok");
  EXPECT_EQ(Run({"job", "watch", id}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("resnet18"));
  EXPECT_EQ(Run({"job", "show", "zzz"}), ExitCode::kUsage);
}

TEST_F(Cli, ModelListHasTheFieldsThatScriptsRelyOn) {
  EXPECT_EQ(Run({"model", "list", "--json"}), ExitCode::kOk);
  ASSERT_EQ(Json()["models"].size(), 2u);
  for (const char* field : {"name", "family", "parameters", "flops", "model_bytes", "inputs"})
    EXPECT_TRUE(Json()["models"][0].contains(field)) << field;
  EXPECT_TRUE(Json()["models"][0]["flops"].is_null()) << "unknown is null";
}

TEST_F(Cli, DevicesAreAddedShownAndRemoved) {
  connector_.Put("pi4", agent_);
  EXPECT_EQ(Run({"device", "add", "pi4", "pi4.local:50051"}), ExitCode::kOk);
  EXPECT_EQ(Run({"device", "add", "pi4", "pi4.local:50051"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"device", "list", "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["devices"][1]["name"], "pi4");
  EXPECT_EQ(Run({"device", "show", "pi4"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("Cortex-A72"));
  EXPECT_EQ(Run({"device", "remove", "pi4"}), ExitCode::kOk);
  EXPECT_EQ(Run({"device", "remove", "pi4"}), ExitCode::kUsage);
  EXPECT_EQ(Run({"device", "remove", "local"}), ExitCode::kUsage);
}

TEST_F(Cli, ARemovedDeviceKeepsItsResults) {
  connector_.Put("pi4", agent_);
  ASSERT_EQ(Run({"device", "add", "pi4", "pi4.local:50051"}), ExitCode::kOk);
  ASSERT_EQ(Run({"bench", "resnet18", "--device", "pi4", "--precision", "fp32,int8-static"}),
            ExitCode::kOk);
  ASSERT_EQ(Run({"device", "remove", "pi4"}), ExitCode::kOk);
  EXPECT_EQ(Run({"compare", "--device", "pi4"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("resnet18 on pi4"));
  EXPECT_EQ(Run({"results", "--device", "pi4"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("on pi4"));
}

TEST_F(Cli, ADeviceThatIsNoneIsRefusedByAllThatRead) {
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  for (const char* command : {"results", "compare"}) {
    EXPECT_EQ(Run({command, "--device", "locl"}), ExitCode::kUsage) << command;
    EXPECT_THAT(err_, HasSubstr("Did you mean local?")) << command;
  }
}

TEST_F(Cli, AsStoredIsNoPrecisionToFilterBy) {
  for (const char* command : {"results", "compare"}) {
    EXPECT_EQ(Run({command, "--precision", "fp32,as-stored"}), ExitCode::kUsage) << command;
    EXPECT_THAT(err_, HasSubstr("filter by what the file turned out to be, fp32 or int8-static"));
  }
}

TEST_F(Cli, AMistypedModelIsAnsweredWithTheNearestThatHasResults) {
  ASSERT_EQ(Run({"bench", "mobilenet_v2"}), ExitCode::kOk);
  EXPECT_EQ(Run({"results", "mobilenetv2"}), ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("no result of 'mobilenetv2'. Did you mean mobilenet_v2?"));
  EXPECT_EQ(Run({"compare", "mobilenetv2"}), ExitCode::kUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("no result of 'mobilenetv2'. Did you mean mobilenet_v2?"),
                          Not(HasSubstr("edgebench bench mobilenetv2"))));
}

TEST_F(Cli, AMistypedModelAmongOthersIsToldAsWell) {
  ASSERT_EQ(Run({"bench", "resnet18", "--precision", "fp32,int8-static"}), ExitCode::kOk);
  EXPECT_EQ(Run({"compare", "resnet18", "mobilenetv2"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("resnet18 on local"));
  EXPECT_THAT(err_, HasSubstr("no result of 'mobilenetv2'."));
}

TEST_F(Cli, CompareSaysHowToMeasureAFileWithItsInput) {
  const std::string model = folder_.File("model.pt");
  ASSERT_TRUE(WriteFileAtomically(model, "torchscript").ok());
  const std::vector<std::string> bench = {"bench",        model, "--input",     "float32[N,3,H,W]",
                                          "--image-size", "64",  "--precision", "fp32"};
  ASSERT_EQ(Run(bench), ExitCode::kOk) << err_;
  // Whatever filter it was that left nothing.
  for (const char* batch : {"1", "8"}) {
    EXPECT_EQ(Run({"compare", model, "--batch", batch}), ExitCode::kUsage);
    EXPECT_THAT(err_, HasSubstr(absl::StrCat("edgebench bench ", model,
                                             " --input 'float32[N,3,H,W]' --image-size 64",
                                             " --precision fp32,int8-dynamic,int8-static\n")));
  }
}

TEST_F(Cli, AFileIsFoundAgainByItsPath) {
  const std::string model = folder_.File("model.pt");
  ASSERT_TRUE(WriteFileAtomically(model, "torchscript").ok());
  ASSERT_EQ(Run({"bench", model, "--input", "float32[N,8]", "--precision", "fp32,int8-static"}),
            ExitCode::kOk)
      << err_;
  EXPECT_EQ(Run({"results", model, "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["measurements"].size(), 2u);
  EXPECT_EQ(Run({"compare", model}), ExitCode::kOk) << err_;
}

TEST_F(Cli, NoEscapeCodeLeavesIntoAPipe) {
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  EXPECT_THAT(out_ + err_, Not(HasSubstr("\x1b")));
}

TEST_F(Cli, HelpGoesToStdoutAndIsNoError) {
  EXPECT_EQ(Run({"--help"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("bench"), HasSubstr("Exit codes")));
  EXPECT_EQ(Run({"bench", "--help"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("--precision"));
}

TEST_F(Cli, InputsDescribeTheFilesAmongTheModels) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("my.pt"), "a model").ok());
  EXPECT_EQ(Run({"bench", "resnet18", folder_.File("my.pt"), "--input", "float32[N,8]"}),
            ExitCode::kOk)
      << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("resnet18"), HasSubstr("my.pt"), Not(HasSubstr("refused"))));
}

TEST_F(Cli, InputsOfAModelOfTheZooAreKnown) {
  EXPECT_EQ(Run({"bench", "resnet18", "--input", "float32[N,8]"}), ExitCode::kUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("--input"), HasSubstr("edgebench model show resnet18")));
}

TEST_F(Cli, TheNewestJobNeedsNoId) {
  EXPECT_EQ(Run({"job", "show"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("no jobs yet"));
  EXPECT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  EXPECT_EQ(Run({"bench", "mobilenet_v2"}), ExitCode::kOk);
  EXPECT_EQ(Run({"job", "show"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("mobilenet_v2"));
  EXPECT_EQ(Run({"job", "watch"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("mobilenet_v2"));
  EXPECT_EQ(Run({"job", "cancel"}), ExitCode::kUsage) << "what ends a job must name it";
}

TEST_F(Cli, VersionSaysWhatABugReportNeedsWithoutAnAgentOrADatabase) {
  EXPECT_EQ(Run({"version", "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["schema_version"], kJsonSchemaVersion);
  EXPECT_EQ(Json()["version"], kVersion);
  EXPECT_EQ(Json()["api_version"], absl::StrCat(kApiMajor, ".", kApiMinor));
  EXPECT_EQ(Json()["database_schema_version"], db::ResultStore::SchemaVersion());
  EXPECT_EQ(Json()["database"], folder_.File("results.db"));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("results.db")));
  EXPECT_EQ(Run({"version"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr(kVersion), HasSubstr("protocol"), HasSubstr("schema")));
}

TEST_F(Cli, APlannedCommandSaysWhatToUseMeanwhile) {
  EXPECT_EQ(Run({"export", "--csv"}), ExitCode::kUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("'export' is planned"), HasSubstr("results --json")));
}

TEST_F(Cli, NoPlannedCommandExists) {
  for (const PlannedCommand& planned : PlannedCommands()) {
    for (const Command& command : Commands()) EXPECT_STRNE(planned.name, command.name);
  }
}

TEST_F(Cli, HelpOfACommandMayBeAskedForInTwoWays) {
  const char* const asked[] = {"edgebench", "help", "bench"};
  std::ostringstream out, err;
  RealClock clock;
  EXPECT_EQ(RunProgram(3, asked, {out, err, Terminal(), connector_, clock}), ExitCode::kOk);
  EXPECT_EQ(Run({"bench", "--help"}), ExitCode::kOk);
  EXPECT_EQ(out.str(), out_);
  EXPECT_THAT(out_, HasSubstr("--precision"));
}

TEST_F(Cli, ATableHasNoColumnsThatNoRowFills) {
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "fp32"}), ExitCode::kOk);
  EXPECT_THAT(out_,
              AllOf(HasSubstr("latency"), Not(HasSubstr("vs fp32")), Not(HasSubstr("parity"))));
}

}  // namespace
}  // namespace edgebench::controller
