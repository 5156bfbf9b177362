#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/file.h"
#include "common/names.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/profile_fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CliProfile : public Cli {
 protected:
  CliProfile() {
    agent_.SetScript([this](const v1::JobSettings& settings) {
      kinds_.push_back(JobKindName(settings.kind()));
      v1::JobResult result = settings.kind() == v1::JOB_KIND_ROOFLINE
                                 ? TypicalPeaks().result
                                 : TypicalProfile(settings.precision()).result;
      v1::JobResult complete = MakeResult(settings, {});
      complete.MergeFrom(result);
      *complete.mutable_settings() = settings;
      complete.mutable_environment()->Clear();
      complete.mutable_environment()->mutable_host()->set_governor(governor_);
      return complete;
    });
  }

  std::vector<std::string> kinds_;
  std::string governor_ = "performance";
};

TEST_F(CliProfile, ShowsATableForEachPrecision) {
  EXPECT_EQ(Run({"profile", "mobilenet_v2", "--precision", "fp32,int8-static", "--top", "2"}),
            ExitCode::kOk)
      << err_;
  EXPECT_THAT(kinds_, ElementsAre("profile", "profile"));
  EXPECT_THAT(out_, AllOf(HasSubstr("mobilenet_v2 fp32 on local"),
                          HasSubstr("mobilenet_v2 int8-static on local"), HasSubstr("2 others"),
                          HasSubstr("in no operator: 10.0 %"), HasSubstr("without the profiler")));
}

TEST_F(CliProfile, JsonHasAllOperators) {
  EXPECT_EQ(Run({"profile", "mobilenet_v2", "--json", "--top", "1"}), ExitCode::kOk) << err_;
  const nlohmann::json measurement = Json()["measurements"][0];
  EXPECT_EQ(measurement["kind"], "profile");
  EXPECT_EQ(measurement["profile"]["operators"].size(), 4u);
  EXPECT_EQ(measurement["profile"]["operators"][0]["name"], "features.1.0");
  EXPECT_EQ(measurement["profile"]["operators"][3]["multiply_adds"], nullptr);
}

TEST_F(CliProfile, WritesATraceOfEachPrecision) {
  const std::string trace = folder_.File("trace.json");
  EXPECT_EQ(Run({"profile", "mobilenet_v2", "--precision", "fp32,int8-static", "--trace", trace}),
            ExitCode::kOk)
      << err_;
  EXPECT_THAT(err_, HasSubstr("perfetto"));
  const nlohmann::json document = nlohmann::json::parse(*ReadFile(trace));
  EXPECT_EQ(document["traceEvents"].size(), 12u);
}

TEST_F(CliProfile, ATraceThatCannotBeWrittenIsRefusedBeforeTheJobRuns) {
  ASSERT_TRUE(WriteFileAtomically(folder_.File("there.json"), "precious").ok());
  const struct {
    std::string path, hint;
  } cases[] = {{"/proc/none/trace.json", "cannot write into the folder /proc/none"},
               {folder_.path(), "--trace " + folder_.path() + " is a folder"},
               {folder_.File("there.json"), "--force"}};
  for (const auto& [path, hint] : cases) {
    EXPECT_EQ(Run({"profile", "mobilenet_v2", "--trace", path}), ExitCode::kUsage) << path;
    EXPECT_THAT(err_, HasSubstr(hint));
  }
  EXPECT_THAT(kinds_, IsEmpty());
  EXPECT_EQ(*ReadFile(folder_.File("there.json")), "precious");
}

TEST_F(CliProfile, WhatMakesNoSenseIsAUsageError) {
  const struct {
    std::vector<std::string> call;
    std::string hint;
  } cases[] = {{{"profile", "mobilnet_v2"}, "Did you mean mobilenet_v2"},
               {{"profile", "mobilenet_v2", "--top", "0"}, "--top"},
               {{"profile", "mobilenet_v2", "--k", "1001"}, "--k"},
               {{"profile", "mobilenet_v2", "--engine", "all"}, "one engine at a time"},
               {{"profile", "mobilenet_v2", "--observer", "mse"}, "--observer"},
               {{"profile"}, "MODEL"},
               {{"roofline", "mobilnet_v2"}, "Did you mean mobilenet_v2"}};
  for (const auto& [call, hint] : cases) {
    EXPECT_EQ(Run(call), ExitCode::kUsage) << call.back();
    EXPECT_THAT(err_, HasSubstr(hint));
  }
  EXPECT_THAT(kinds_, IsEmpty());
}

TEST_F(CliProfile, AJobThatFailsSaysWhyAndDecidesTheExitCode) {
  agent_.SetScript([](const v1::JobSettings& settings) {
    v1::JobResult result = MakeResult(settings, {});
    result.set_outcome(v1::OUTCOME_UNSUPPORTED);
    result.set_message("profile times operators on the CPU only");
    return result;
  });
  EXPECT_NE(Run({"profile", "mobilenet_v2", "--target", "cuda:0"}), ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("profile times operators on the CPU only"));
}

TEST_F(CliProfile, RooflineMeasuresThePeaksOfAMachineOnce) {
  EXPECT_EQ(Run({"roofline", "mobilenet_v2"}), ExitCode::kOk) << err_;
  EXPECT_THAT(kinds_, ElementsAre("profile", "roofline"));
  EXPECT_THAT(err_, HasSubstr("measuring the peaks of local with 2 threads"));
  EXPECT_THAT(out_, AllOf(HasSubstr("peaks of local"), HasSubstr("whole model"),
                          HasSubstr("features.1.0"), HasSubstr("memory")));
  kinds_.clear();
  EXPECT_EQ(Run({"roofline", "mobilenet_v2", "--precision", "int8-static"}), ExitCode::kOk);
  EXPECT_THAT(kinds_, ElementsAre("profile"));
  kinds_.clear();
  EXPECT_EQ(Run({"roofline", "mobilenet_v2", "--remeasure"}), ExitCode::kOk);
  EXPECT_THAT(kinds_, ElementsAre("profile", "roofline"));
  kinds_.clear();
  governor_ = "powersave";
  EXPECT_EQ(Run({"roofline", "mobilenet_v2"}), ExitCode::kOk);
  EXPECT_THAT(kinds_, ElementsAre("profile", "roofline"));
}

TEST_F(CliProfile, RooflineAsJson) {
  EXPECT_EQ(Run({"roofline", "mobilenet_v2", "--precision", "fp32,int8-static", "--json"}),
            ExitCode::kOk)
      << err_;
  const nlohmann::json document = Json();
  EXPECT_EQ(document["threads"], 2);
  EXPECT_EQ(document["peaks"].size(), 6u);
  ASSERT_EQ(document["models"].size(), 2u);
  EXPECT_EQ(document["models"][1]["precision"], "int8-static");
  EXPECT_EQ(document["models"][1]["operators"][0]["limited_by"], "compute");
}

TEST_F(CliProfile, ResultsTellProfilesAndPeaksFromBenchmarks) {
  EXPECT_EQ(Run({"roofline", "mobilenet_v2"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Run({"results"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("profile"), HasSubstr("roofline")));
  EXPECT_EQ(Run({"compare", "mobilenet_v2"}), ExitCode::kUsage);
  EXPECT_THAT(err_, HasSubstr("nothing to compare: no measurement matches"));
}

}  // namespace
}  // namespace edgebench::controller
