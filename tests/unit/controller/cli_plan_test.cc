#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class PlanOnTheCommandLine : public Cli {
 protected:
  std::string Write(const std::string& text) {
    const std::string path = folder_.File("plan.yaml");
    std::ofstream(path) << text;
    return path;
  }
};

TEST_F(PlanOnTheCommandLine, MeasuresItsStudiesAsOneRun) {
  const std::string plan = Write(
      "name: vision\ntags: [lab]\nnotes: first try\ndefaults: {k: 6}\nstudies:\n"
      "  - models: [resnet18]\n    precisions: [fp32, int8-static]\n"
      "  - models: [mobilenet_v2]\n    repeats: 2\n");
  EXPECT_EQ(Run({"run", plan, "--json"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(),
              UnorderedElementsAre("resnet18 fp32", "resnet18 int8-static", "mobilenet_v2 fp32",
                                   "mobilenet_v2 fp32"));
  EXPECT_THAT(Json()["measurements"], SizeIs(3));
  EXPECT_EQ(Run({"results", "--tag", "lab", "--json"}), ExitCode::kOk) << err_;
  EXPECT_THAT(Json()["measurements"], SizeIs(3));
  EXPECT_EQ(Json()["measurements"][0]["run_name"], "vision");
  EXPECT_EQ(Json()["measurements"][0]["note"], "first try");
  EXPECT_EQ(Json()["measurements"][0]["tags"], nlohmann::json({"lab"}));
}

TEST_F(PlanOnTheCommandLine, GivesEachDeviceItsOwnQueue) {
  FakeAgent pi;
  connector_.Put("pi", pi);
  ASSERT_EQ(Run({"device", "add", "pi", "127.0.0.1:1"}), ExitCode::kOk) << err_;
  const std::string plan = Write(
      "defaults: {k: 6}\nstudies:\n  - models: [resnet18]\n    devices: [local, pi]\n"
      "  - models: [mobilenet_v2]\n    devices: pi\n");
  EXPECT_EQ(Run({"run", plan}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("resnet18 fp32"));
  EXPECT_THAT(pi.submitted_labels(), ElementsAre("resnet18 fp32", "mobilenet_v2 fp32"));
}

TEST_F(PlanOnTheCommandLine, DryRunTellsTheCellsAndMeasuresNothing) {
  const std::string plan = Write("models: [resnet18]\nprecisions: [fp32, int8-static]\nk: 6\n");
  ASSERT_EQ(Run({"bench", "resnet18", "--k", "6"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"run", plan, "--dry-run"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, AllOf(HasSubstr("resnet18 int8-static"),
                          HasSubstr("local: 2 cells in 2 processes, 1 measured before, about")));
  EXPECT_EQ(Run({"run", plan, "--dry-run", "--json"}), ExitCode::kOk) << err_;
  ASSERT_THAT(Json()["cells"], SizeIs(2));
  EXPECT_EQ(Json()["cells"][0]["measured"], true);
  EXPECT_GT(Json()["cells"][0]["measured_median_ns"], 0);
  EXPECT_EQ(Json()["cells"][1]["measured"], false);
  EXPECT_TRUE(Json()["cells"][1]["measured_median_ns"].is_null());
  EXPECT_GT(Json()["estimate_ns"], 0);
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(1));
}

TEST_F(PlanOnTheCommandLine, MissingMeasuresWhatWasNotMeasured) {
  const std::string plan = Write("models: [resnet18]\nprecisions: [fp32, int8-static]\nk: 6\n");
  ASSERT_EQ(Run({"bench", "resnet18", "--k", "6"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"run", plan, "--missing"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), ElementsAre("resnet18 fp32", "resnet18 int8-static"));
  EXPECT_EQ(Run({"run", plan, "--missing"}), ExitCode::kOk) << err_;
  EXPECT_THAT(err_, HasSubstr("all cells of the plan were measured before"));
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(2));
}

TEST_F(PlanOnTheCommandLine, ATrialDoesNotCountAsMeasured) {
  const std::string plan =
      Write("models: [resnet18]\nprecisions: [fp32, int8-static]\nmax-time: 1s\nrepeats: 1\n");
  EXPECT_EQ(Run({"run", plan, "--quick", "--json"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Json()["measurements"][0]["trial"], true);
  EXPECT_EQ(Run({"compare", "resnet18"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, HasSubstr("only tried, by run --quick"));
  EXPECT_EQ(Run({"run", plan, "--missing", "--quick"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(2)) << "a trial of a trial";
  EXPECT_EQ(Run({"run", plan, "--missing", "--json"}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(4));
  EXPECT_EQ(Json()["measurements"][0]["trial"], false);
  EXPECT_EQ(Run({"run", plan, "--quick"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"compare", "resnet18"}), ExitCode::kOk) << err_;
  EXPECT_THAT(out_, Not(HasSubstr("only tried, by run --quick"))) << "the measurement stands";
}

TEST_F(PlanOnTheCommandLine, MeasuresACellOfTwoStudiesOnce) {
  const std::string plan = Write(
      "defaults: {models: [resnet18], k: 6}\nstudies:\n  - batch: [1, 2]\n  - batch: [2, 4]\n");
  EXPECT_EQ(Run({"run", plan}), ExitCode::kOk) << err_;
  EXPECT_THAT(agent_.submitted_labels(), SizeIs(3));
}

TEST_F(PlanOnTheCommandLine, NamesADeviceThatDoesNotExistBeforeAnythingIsMeasured) {
  const std::string plan =
      Write("studies:\n  - models: [resnet18]\n  - models: [vgg16]\n    devices: [lcal]\n");
  EXPECT_EQ(Run({"run", plan}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("there is no device 'lcal'. Did you mean local?"));
  EXPECT_THAT(agent_.submitted_labels(), IsEmpty());
}

TEST_F(PlanOnTheCommandLine, MayBeSentToOtherDevicesThanItNames) {
  FakeAgent pi;
  connector_.Put("pi", pi);
  ASSERT_EQ(Run({"device", "add", "pi", "127.0.0.1:1"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"run", Write("models: [resnet18]\nk: 6\n"), "--device", "pi"}), ExitCode::kOk);
  EXPECT_THAT(agent_.submitted_labels(), IsEmpty());
  EXPECT_THAT(pi.submitted_labels(), SizeIs(1));
}

TEST_F(PlanOnTheCommandLine, NamesTheModelThatADeviceLacksWithItsLine) {
  const std::string plan = Write("studies:\n  - models: [resnet18]\n  - models: [resnet81]\n");
  EXPECT_EQ(Run({"run", plan}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("plan.yaml:3:14: local has no model named 'resnet81'"));
  EXPECT_THAT(agent_.submitted_labels(), IsEmpty());
}

TEST_F(PlanOnTheCommandLine, IsRefusedWithItsLine) {
  EXPECT_EQ(Run({"run", Write("modles: [resnet18]\n")}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("plan.yaml:1:1: there is no key 'modles'. Did you mean models?"));
  EXPECT_EQ(Run({"run", folder_.File("none.yaml")}), ExitCode::kUsage);
  EXPECT_EQ(Run({"run"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("name a plan, or say --resume"));
}

}  // namespace
}  // namespace edgebench::controller
