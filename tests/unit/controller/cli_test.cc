#include "controller/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "common/version.h"
#include "controller/commands/commands.h"
#include "controller/report/measurement_json.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(Cli, BenchMeasuresStoresAndShows) {
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "fp32,int8-static", "--processes", "1"}),
            ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("resnet18  fp32"), HasSubstr("resnet18  int8-static")));
  EXPECT_THAT(err_, HasSubstr("[2/2] local: resnet18 int8-static"));
  EXPECT_EQ(Run({"results", "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["schema_version"], 1);
  EXPECT_EQ(Json()["measurements"].size(), 2u);
}

TEST_F(Cli, ListsAreByCommaOrRepetitionAndSwallowNoModel) {
  EXPECT_EQ(Run({"bench", "--processes", "1", "--precision", "fp32", "--batch", "1,2", "--batch",
                 "4", "resnet18", "mobilenet_v2"}),
            ExitCode::kOk);
  EXPECT_EQ(agent_.submitted_labels().size(), 6u);
}

TEST_F(Cli, ACellIsMeasuredInThreeProcessesThatShareItsTime) {
  std::vector<v1::JobSettings> seen;
  agent_.SetScript([&](const v1::JobSettings& settings) {
    seen.push_back(settings);
    return MakeResult(settings, {1'000'000, 1'100'000, 1'200'000});
  });
  EXPECT_EQ(Run({"bench", "resnet18", "--max-time", "6", "--json"}), ExitCode::kOk);
  ASSERT_EQ(seen.size(), 3u);
  for (const v1::JobSettings& settings : seen) EXPECT_EQ(settings.max_time().seconds(), 2);
  const auto document = nlohmann::json::parse(out_);
  ASSERT_EQ(document["measurements"].size(), 1u) << "they are one measurement";
  EXPECT_EQ(document["measurements"][0]["latency_ns"]["samples"], 9);
  EXPECT_EQ(document["measurements"][0]["latency_ns"]["processes"], 3);
}

TEST_F(Cli, AFixedNumberOfSamplesIsTakenInOneProcessUnlessMoreAreAskedFor) {
  EXPECT_EQ(Run({"bench", "resnet18", "--k", "10"}), ExitCode::kOk);
  EXPECT_EQ(agent_.submitted_labels().size(), 1u);
  EXPECT_EQ(Run({"bench", "resnet18", "--k", "10", "--processes", "2"}), ExitCode::kOk);
  EXPECT_EQ(agent_.submitted_labels().size(), 3u);
}

TEST_F(Cli, AConditionToFailByIsReadBeforeAnythingElse) {
  EXPECT_EQ(Run({"compare", "--fail-if", "slow"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("understood is 'slower than 5%'"));
  EXPECT_EQ(Run({"compare", "--across", "targets"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("Did you mean target?"));
}

TEST_F(Cli, ARunThatIsSlowerThanTheOneBeforeIsAFinding) {
  int64_t nanos = 1'000'000;
  agent_.SetScript([&](const v1::JobSettings& settings) {
    return MakeResult(settings, std::vector<int64_t>(10, nanos));
  });
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  nanos = 1'200'000;
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  const std::vector<std::string> compare = {"compare", "--across", "run", "--fail-if",
                                            "slower than 5%"};
  EXPECT_EQ(Run(compare), ExitCode::kFinding);
  EXPECT_THAT(err_, HasSubstr("is 20.0 % slower"));
  EXPECT_THAT(out_, HasSubstr("baseline"));
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  EXPECT_EQ(Run(compare), ExitCode::kOk) << "it is as fast as the one before: " << err_;
}

TEST_F(Cli, TargetsStandSideBySideWhereThatIsAskedFor) {
  agent_.SetScript([](const v1::JobSettings& settings) {
    const bool cuda = settings.target() == "cuda:0";
    return MakeResult(settings, std::vector<int64_t>(10, cuda ? 100'000 : 1'000'000));
  });
  ASSERT_EQ(Run({"bench", "resnet18", "--target", "cuda:0"}), ExitCode::kOk);
  ASSERT_EQ(Run({"bench", "resnet18", "--precision", "int8-static", "--target", "cpu"}),
            ExitCode::kOk);
  EXPECT_EQ(Run({"compare"}), ExitCode::kFinding);
  EXPECT_THAT(out_, HasSubstr("target differs (cuda:0, cpu)"));
  EXPECT_THAT(err_,
              HasSubstr("edgebench bench resnet18 --precision fp32 --target cpu --device local"));
  EXPECT_EQ(Run({"compare", "--across", "target"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("fp32 on cuda:0"), HasSubstr("int8-static on cpu"),
                          HasSubstr("0.10×")));
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
                 "--image-size",   "96",       "--precision", "int8-dynamic",
                 "--telemetry-hz", "0"}),
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
  EXPECT_TRUE(seen.has_telemetry_hz());
  EXPECT_EQ(seen.telemetry_hz(), 0);
}

TEST_F(Cli, AllEnginesAreThoseThatTheDeviceHas) {
  v1::Capabilities capabilities = agent_.capabilities();
  const std::vector<std::string> all = {"bench",       "--processes",      "1",        "resnet18",
                                        "--precision", "fp32,int8-static", "--engine", "all"};
  EXPECT_EQ(Run(all), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("--engine all: the LibTorch of local has no quantized engine"));
  for (const char* engine : {"onednn", "qnnpack"})
    capabilities.mutable_torch()->add_quantized_engines(engine);
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run(all), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("resnet18 fp32", "resnet18 int8-static onednn",
                                                     "resnet18 int8-static qnnpack"));
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
  EXPECT_EQ(Run({"bench", model, "--input", "float32[N,3,H,W]", "--image-size", "64", "--processes",
                 "1"}),
            ExitCode::kOk);
  EXPECT_EQ(agent_.received_bytes(), 10);
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("model.pt as-stored image 64"));
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

TEST_F(Cli, NoEscapeCodeLeavesIntoAPipe) {
  ASSERT_EQ(Run({"bench", "resnet18"}), ExitCode::kOk);
  EXPECT_THAT(out_ + err_, Not(HasSubstr("\x1b")));
}

TEST_F(Cli, HelpGoesToStdoutAndIsNoError) {
  EXPECT_EQ(Run({"--help"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("bench"), HasSubstr("Exit status")));
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

TEST_F(Cli, AReadingCommandMakesNoFileOfAMistypedName) {
  std::filesystem::remove(folder_.File("results.db"));
  const std::vector<std::vector<std::string>> calls = {{"results"},        {"compare"},
                                                       {"job", "list"},    {"job", "show"},
                                                       {"device", "list"}, {"query", "SELECT 1"}};
  for (const std::vector<std::string>& call : calls) {
    EXPECT_EQ(Run(call), ExitCode::kUsage);
    EXPECT_THAT(err_, HasSubstr("there is no database " + folder_.File("results.db")));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(Cli, VersionSaysWhatABugReportNeedsWithoutAnAgentOrADatabase) {
  std::filesystem::remove(folder_.File("results.db"));
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
  EXPECT_EQ(Run({"evaluate", "--csv"}), ExitCode::kUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("'evaluate' is planned"), HasSubstr("edgebench bench MODEL")));
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

}  // namespace
}  // namespace edgebench::controller
