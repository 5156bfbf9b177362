#include <gmock/gmock.h>

#include "absl/time/clock.h"
#include "common/proto_time.h"
#include "common/version.h"
#include "controller/report/findings.h"
#include "tests/unit/controller/cli_fixture.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Doctor : public Cli {
 protected:
  void Add(const std::string& code, v1::Severity severity, const std::string& cause,
           const std::string& remedy = "") {
    v1::Finding& finding = *diagnosis_.add_findings();
    finding.set_code(code);
    finding.set_severity(severity);
    finding.set_cause(cause);
    finding.set_remedy(remedy);
    agent_.SetDiagnosis(diagnosis_);
  }

  v1::DiagnoseResponse diagnosis_;
};

TEST_F(Doctor, SaysNothingOfAHealthyDeviceUnlessAskedTo) {
  v1::Capabilities capabilities = agent_.capabilities();
  capabilities.set_agent_version(kVersion);
  agent_.SetCapabilities(capabilities);
  Add("turbo", v1::SEVERITY_FINE, "turbo is off");
  EXPECT_EQ(Run({"doctor"}), ExitCode::kOk);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, HasSubstr("nothing was found that spoils numbers of local"));
  EXPECT_EQ(Run({"doctor", "--verbose"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("fine: turbo is off [turbo]"));
}

TEST_F(Doctor, TellsTheGravestFirstWithTheCommandThatMendsIt) {
  Add("turbo", v1::SEVERITY_NOTE, "turbo is on");
  Add("temperature", v1::SEVERITY_UNKNOWN, "the processor's temperature");
  Add("reference-blas", v1::SEVERITY_SPOILS, "BLAS is the reference implementation",
      "sudo apt install libopenblas0-openmp");
  EXPECT_EQ(Run({"doctor"}), ExitCode::kFinding);
  EXPECT_EQ(out_.find("spoils numbers: BLAS is the reference implementation [reference-blas]\n"
                      "    sudo apt install libopenblas0-openmp\n"),
            0u)
      << out_;
  EXPECT_LT(out_.find("note: turbo is on"), out_.find("unknown: the processor's temperature"));
}

TEST_F(Doctor, PrintsOneDocument) {
  Add("governor", v1::SEVERITY_MAY_SPOIL, "the governor is ondemand", "echo performance");
  EXPECT_EQ(Run({"doctor", "--json"}), ExitCode::kOk);
  const auto findings = Json()["findings"];
  EXPECT_EQ(Json()["device"], "local");
  EXPECT_EQ(findings[0]["code"], "governor");
  EXPECT_EQ(findings[0]["severity"], "may spoil numbers");
  EXPECT_EQ(findings[0]["remedy"], "echo performance");
  EXPECT_EQ(findings.size(), 4u) << "version, clocks and this machine's disk are looked at here";
}

TEST_F(Doctor, FindsClocksThatDiffer) {
  *diagnosis_.mutable_now() = ToProto(absl::Now() - absl::Hours(2));
  agent_.SetDiagnosis(diagnosis_);
  EXPECT_EQ(Run({"doctor"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("may spoil numbers: the device's clock is 2h"),
                          HasSubstr("behind this one's"), HasSubstr("timedatectl")));
}

TEST_F(Doctor, AnOlderAgentIsUnknownAndNotFine) {
  agent_.SetDiagnosis(absl::UnimplementedError("no such call"));
  EXPECT_EQ(Run({"doctor"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("unknown: the device itself"),
                          HasSubstr("unknown: the device's clock"), Not(HasSubstr("fine:"))));
}

TEST_F(Doctor, WhatAgentsSayCannotSteerTheTerminal) {
  Add("x", v1::SEVERITY_SPOILS, "red \x1b[31m", "rm \x1b[2J");
  Run({"doctor"});
  EXPECT_THAT(out_, Not(HasSubstr("\x1b")));
}

TEST_F(Doctor, AJobThatRunsIsWaitedForByTheUser) {
  agent_.SetDiagnosis(absl::FailedPreconditionError("a job runs on this device"));
  EXPECT_NE(Run({"doctor"}), ExitCode::kOk);
  EXPECT_THAT(err_, HasSubstr("a job runs on this device"));
}

TEST(Findings, OfThisSideAreVersionClockAndDisk) {
  Encounter encounter;
  encounter.capabilities.set_agent_version("0.0.1");
  encounter.clock_skew = absl::Milliseconds(-300);
  encounter.database = "/home/a/results.db";
  encounter.database_free_bytes = 1 << 20;
  const std::vector<v1::Finding> findings = FindingsOf(encounter);
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_EQ(findings[0].severity(), v1::SEVERITY_MAY_SPOIL);
  EXPECT_THAT(findings[0].cause(), HasSubstr("the agent is 0.0.1"));
  EXPECT_EQ(findings[1].severity(), v1::SEVERITY_FINE);
  EXPECT_EQ(findings[2].severity(), v1::SEVERITY_SPOILS);
  EXPECT_TRUE(AnySpoils(findings));
}

}  // namespace
}  // namespace edgebench::controller
