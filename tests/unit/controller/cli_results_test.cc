#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(Cli, ADatabaseThatIsNoneIsLeftAlone) {
  std::ofstream(folder_.File("results.db")) << "these are my notes, not a database at all ........";
  EXPECT_EQ(Run({"results"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr(folder_.File("results.db")));
  EXPECT_THAT(*ReadFile(folder_.File("results.db")), HasSubstr("these are my notes"));
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

TEST_F(Cli, ATableHasNoColumnsThatNoRowFills) {
  EXPECT_EQ(Run({"bench", "resnet18", "--precision", "fp32"}), ExitCode::kOk);
  EXPECT_THAT(out_,
              AllOf(HasSubstr("latency"), Not(HasSubstr("vs fp32")), Not(HasSubstr("parity"))));
}

}  // namespace
}  // namespace edgebench::controller
