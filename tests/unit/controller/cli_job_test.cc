#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

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

TEST_F(Cli, WhatAJobWasNotToldIsNullInJson) {
  ASSERT_EQ(Run({"bench", "mobilenet_v2"}), ExitCode::kOk);  // makes the database
  {
    const auto store = *db::ResultStore::Open(folder_.File("results.db"));
    db::SubmittedJob job;
    job.job_id = "0b52ee53";
    job.device = kLocalDevice;
    job.run_id = "run";
    job.settings.set_kind(v1::JOB_KIND_ROOFLINE);
    job.submitted_time = absl::FromUnixSeconds(1'700'000'000);
    ASSERT_TRUE(store->RecordSubmission(job).ok());
  }
  EXPECT_EQ(Run({"job", "show", "0b52ee53", "--json"}), ExitCode::kOk) << err_;
  EXPECT_EQ(Json()["model"], nullptr);
  EXPECT_EQ(Json()["precision"], nullptr);
  EXPECT_EQ(Json()["submitted_time"], "2023-11-14T22:13:20Z");
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

}  // namespace
}  // namespace edgebench::controller
