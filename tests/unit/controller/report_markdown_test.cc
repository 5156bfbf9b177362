#include "controller/report/report_markdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/file.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/report_fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::vector<FolderFile> ReportOf(const std::vector<db::Measurement>& measurements) {
  const ReportData report =
      BuildReport(measurements, "Lab 2", {}, absl::FromUnixSeconds(1'700'000'000));
  return MarkdownReport(report, "edgebench report --format markdown -o DIR");
}

std::string ReadmeOf(const std::vector<db::Measurement>& measurements) {
  return ReportOf(measurements).back().content;
}

TEST(ReportMarkdown, HasAFigureOfEachKindThatThereIsDataFor) {
  std::vector<std::string> names;
  for (const FolderFile& file : ReportOf(MeasurementsOfAReport())) names.push_back(file.path);
  EXPECT_EQ(names.back(), "README.md");
  EXPECT_THAT(names, IsSupersetOf({"plots/latency-batch-images.svg", "plots/speed-up-local.svg",
                                   "plots/speed-up-pi.svg", "plots/size.svg"}));
}

TEST(ReportMarkdown, ShowsEveryFigureThatItHas) {
  const std::vector<FolderFile> files = ReportOf(MeasurementsOfAReport());
  for (const FolderFile& file : files) {
    if (file.path == "README.md") continue;
    EXPECT_THAT(files.back().content, HasSubstr("](" + file.path + ")"));
  }
}

TEST(ReportMarkdown, SaysOfEachCellHowFastHowSureAndWhatWentWrong) {
  const std::string readme = ReadmeOf(MeasurementsOfAReport());
  EXPECT_THAT(readme, HasSubstr("| local | 1 | 8.0 ms ± "));
  EXPECT_THAT(readme, HasSubstr("<br>2.00× (1."));
  EXPECT_THAT(readme, HasSubstr("invalid: foreign load"));
  EXPECT_THAT(readme, HasSubstr("**oom in warm-up**: the memory limit of 512 MB was reached"));
  EXPECT_THAT(readme, HasSubstr("- **foreign load**: "));
  EXPECT_THAT(readme, Not(HasSubstr("- **throttled**: "))) << "only marks that occur are told";
}

TEST(ReportMarkdown, SaysHowItWasMeasuredByWhatWasReallyUsed) {
  std::vector<db::Measurement> measurements = MeasurementsOfAReport();
  for (db::Measurement& m : measurements) m.result.mutable_settings()->set_target_ci(0.03);
  EXPECT_THAT(ReadmeOf(measurements),
              AllOf(HasSubstr("measured in 3 fresh processes"),
                    HasSubstr("until the interval is within ± 3 % of the median."),
                    HasSubstr("LibTorch: 1.13.1.")));
  measurements[0].result.mutable_settings()->set_target_ci(0.01);
  measurements[1].processes.resize(1);
  measurements[2].result.mutable_environment()->mutable_torch()->set_version("2.6.0");
  EXPECT_THAT(ReadmeOf(measurements),
              AllOf(HasSubstr("3 fresh processes (7 measurements) and 1 fresh process (1)"),
                    HasSubstr("± 1 % of the median (1 measurement) and"),
                    HasSubstr("LibTorch: 1.13.1 (8 measurements) and 2.6.0 (1).")));
}

TEST(ReportMarkdown, SaysWhyThereIsNoEnergy) {
  std::vector<db::Measurement> measurements = {TypicalMeasurement(v1::PRECISION_FP32, 8)};
  measurements[0].result.mutable_energy()->set_reason("no meter | none");
  EXPECT_THAT(ReadmeOf(measurements),
              HasSubstr("No energy was measured. local: no meter \\| none.\n"));
  v1::Energy& energy = *measurements[0].result.mutable_energy();
  energy.Clear();
  energy.set_source("rapl:package-0");
  energy.set_joules_per_inference(0.08);
  energy.set_joules_per_inference_low(0.079);
  energy.set_joules_per_inference_high(0.081);
  EXPECT_THAT(ReadmeOf(measurements), HasSubstr("80 mJ ± 1.3 % by rapl:package-0"));
}

db::Measurement WithParityAndEnergy(db::Measurement measurement, double sqnr_db, double joules) {
  if (sqnr_db > 0) measurement.result.mutable_parity()->set_sqnr_db(sqnr_db);
  if (joules > 0) measurement.result.mutable_energy()->set_joules_per_inference(joules);
  return measurement;
}

// The figure of trade-offs on `local`; "" where there is none.
std::string TradeOffFigureOf(const std::vector<db::Measurement>& measurements) {
  for (const FolderFile& file : ReportOf(measurements))
    if (absl::StrContains(file.path, "trade-off-local")) return file.content;
  return "";
}

TEST(ReportMarkdown, WeighsLatencyAgainstWhateverDiffers) {
  const db::Measurement fp32 = TypicalMeasurement(v1::PRECISION_FP32, 8);
  const db::Measurement dynamic = TypicalMeasurement(v1::PRECISION_INT8_DYNAMIC, 6);
  const db::Measurement fixed = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  const std::string all =
      TradeOffFigureOf({WithParityAndEnergy(fp32, 0, 0.08), WithParityAndEnergy(dynamic, 40, 0.07),
                        WithParityAndEnergy(fixed, 20, 0.05)});
  EXPECT_THAT(all, AllOf(HasSubstr(">latency and size<"), HasSubstr(">latency and error<"),
                         HasSubstr(">latency and energy<"), HasSubstr("(mJ)")));
  EXPECT_THAT(TradeOffFigureOf({fp32, dynamic, fixed}), Not(HasSubstr("energy")));
  EXPECT_EQ(TradeOffFigureOf({fp32, fixed}), "") << "two are seen in the table";
  const db::Measurement same = TypicalMeasurement(v1::PRECISION_FP32, 8);
  EXPECT_EQ(TradeOffFigureOf({same, OnTarget(same, "cuda:0"), OnTarget(same, "cuda:1")}), "")
      << "there is nothing to choose";
}

TEST(ReportMarkdown, WhatSomethingSpoiledIsNotOnTheFront) {
  std::vector<db::Measurement> measurements = {
      TypicalMeasurement(v1::PRECISION_FP32, 8),
      Marked(TypicalMeasurement(v1::PRECISION_INT8_DYNAMIC, 6), "unconverged: ± 5 %"),
      Marked(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), "throttled: 1.2 GHz of 1.8 GHz")};
  EXPECT_THAT(ReadmeOf(measurements), HasSubstr("What is marked invalid is not on the front."));
  EXPECT_THAT(TradeOffFigureOf(measurements), HasSubstr("front: "));
  for (db::Measurement& one : measurements) one = Marked(one, "foreign load: 0.4 cores");
  EXPECT_THAT(ReadmeOf(measurements), HasSubstr("All are marked invalid: there is no front."));
  EXPECT_THAT(TradeOffFigureOf(measurements), Not(HasSubstr("front: ")));
}

TEST(ReportMarkdown, TablesHoldWhateverNamesAndMessagesAre) {
  const std::string name = "a|b`c\n# <img src=x>" + std::string(4096, 'x');
  std::vector<db::Measurement> measurements = MeasurementsOfAReport();
  for (db::Measurement& m : measurements) {
    m.result.mutable_settings()->mutable_model()->set_display_name(name);
    m.result.set_message(name);
    m.labels.note = name;
    m.labels.tags = {name};
  }
  for (const FolderFile& file : ReportOf(measurements)) {
    // Within a block of code nothing is an element.
    const size_t code = std::min(file.content.find("```sh"), file.content.size());
    EXPECT_THAT(file.content.substr(0, code), Not(HasSubstr("<img"))) << file.path;
    EXPECT_THAT(file.content, Not(HasSubstr(std::string(1001, 'x')))) << file.path;
    EXPECT_THAT(file.content, Not(HasSubstr("c\n#"))) << file.path;
    if (file.path != "README.md") continue;
    size_t columns = 0;
    for (const absl::string_view line : absl::StrSplit(file.content, '\n')) {
      size_t bars = 0;
      for (size_t i = 0; i < line.size(); ++i)
        if (line[i] == '|' && (i == 0 || line[i - 1] != '\\')) ++bars;
      const bool in_table = !line.empty() && line[0] == '|';
      if (in_table && columns > 0) {
        EXPECT_EQ(bars, columns) << line;
      }
      columns = in_table ? bars : 0;
    }
  }
}

TEST(ReportMarkdown, TellsWhatIsTheSameEverywhereAndWhatDiffers) {
  std::vector<db::Measurement> measurements = {
      OnProcessor(TypicalMeasurement(v1::PRECISION_FP32, 8, "local"), "fast one"),
      OnProcessor(TypicalMeasurement(v1::PRECISION_FP32, 9, "pi"), "slow one")};
  EXPECT_THAT(ReadmeOf(measurements),
              AllOf(HasSubstr("|  | local and pi |"), HasSubstr("| LibTorch | 1.13.1 |"),
                    HasSubstr("| processor | fast one | slow one |")));
}

TEST(ReportMarkdown, NamesTheRunsAndTheCommands) {
  std::vector<db::Measurement> measurements = MeasurementsOfAReport();
  measurements[0].labels = {"plan", "before lunch", {"lab"}};
  EXPECT_THAT(ReadmeOf(measurements),
              AllOf(HasSubstr("| plan | lab | before lunch | 9 |"),
                    HasSubstr("edgebench bench mobilenet_v2 --device local,pi "
                              "--precision fp32,int8-static --batch 1,4 --image-size 224"),
                    HasSubstr("```sh\nedgebench report --format markdown -o DIR\n```\n")));
}

TEST_F(Cli, AReportOfMarkdownIsAFolder) {
  ASSERT_EQ(Run({"bench", "resnet18", "--precision", "fp32,int8-static"}), ExitCode::kOk);
  const std::string report = folder_.File("report");
  const std::vector<std::string> command = {"report",   "resnet18", "--title", "Lab 2",
                                            "--format", "markdown", "-o",      report};
  EXPECT_EQ(Run(command), ExitCode::kOk) << err_;
  EXPECT_THAT(err_, HasSubstr("README.md"));
  const auto readme = ReadFile(report + "/README.md");
  ASSERT_TRUE(readme.ok());
  EXPECT_THAT(*readme, AllOf(HasSubstr("# Lab 2\n"), HasSubstr("Selection: models resnet18"),
                             HasSubstr("edgebench report resnet18 --title 'Lab 2' --format "
                                       "markdown -o DIR")));
  EXPECT_EQ(Run(command), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("has files already; --force replaces those of a report"));
  std::vector<std::string> forced = command;
  forced.emplace_back("--force");
  EXPECT_EQ(Run(forced), ExitCode::kOk);
}

}  // namespace
}  // namespace edgebench::controller
