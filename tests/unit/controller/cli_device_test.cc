#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/version.h"
#include "tests/unit/controller/cli_fixture.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

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

TEST_F(Cli, AProcessorThatADeviceDoesNotNameIsNullInJson) {
  v1::Capabilities capabilities = agent_.capabilities();
  capabilities.mutable_host()->clear_cpu_model();
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run({"device", "list", "--json"}), ExitCode::kOk);
  EXPECT_EQ(Json()["devices"][0]["state"], "ready");
  EXPECT_EQ(Json()["devices"][0]["cpu_model"], nullptr);
}

TEST_F(Cli, ADeviceWhoseWorkerDoesNotStartIsShownWithoutWhatOnlyTheWorkerKnows) {
  v1::Capabilities capabilities = agent_.capabilities();
  capabilities.clear_torch();
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run({"device", "show", "local"}), ExitCode::kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("LibTorch       -\n"), HasSubstr("CUDA           -\n")));
}

TEST_F(Cli, ADeviceIsShownWithWhatMeasuresItsEnergyOrWhyNothingDoes) {
  v1::Capabilities capabilities = agent_.capabilities();
  capabilities.set_power_source("rapl:package-0");
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run({"device", "show", "local"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("power          rapl:package-0\n"));
  capabilities.clear_power_source();
  capabilities.set_power_reason("the Raspberry Pi 4 has no sensor");
  agent_.SetCapabilities(capabilities);
  EXPECT_EQ(Run({"device", "show", "local"}), ExitCode::kOk);
  EXPECT_THAT(out_, HasSubstr("power          none: the Raspberry Pi 4 has no sensor\n"));
  EXPECT_EQ(Run({"device", "show", "local", "--json"}), ExitCode::kOk);
  EXPECT_TRUE(Json()["power_source"].is_null());
  EXPECT_EQ(Json()["power_reason"], "the Raspberry Pi 4 has no sensor");
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

}  // namespace
}  // namespace edgebench::controller
