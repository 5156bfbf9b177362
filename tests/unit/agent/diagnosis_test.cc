#include "agent/diagnosis/diagnosis.h"

#include <gmock/gmock.h>

#include "agent/host_info.h"
#include "tests/support/device_trees.h"

namespace edgebench::agent {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A Xeon that is set up for measuring.
Observation WellKept() {
  Observation seen;
  v1::HostInfo& host = *seen.capabilities.mutable_host();
  host.set_governor("performance");
  host.set_turbo(false);
  host.set_swap_bytes(0);
  host.set_memory_available_bytes(int64_t{8} << 30);
  host.set_free_disk_bytes(int64_t{50} << 30);
  host.set_virtualization("none");
  host.set_physical_cores(4);
  v1::TorchInfo& torch = *seen.capabilities.mutable_torch();
  torch.set_version("1.13.1");
  torch.set_blas("openblas 0.3.21");
  torch.add_quantized_engines("onednn");
  for (v1::Conditions* conditions : {&seen.before, &seen.after}) {
    conditions->set_temperature_celsius(45);
    conditions->set_trip_celsius(85);
    conditions->set_core_throttles(3);
    conditions->set_swap_used_bytes(0);
  }
  seen.knows_groups = true;
  seen.cpu_use.set_cores(4);
  seen.cpu_use.set_others(0.01);
  seen.cpu_use.set_stolen(0);
  return seen;
}

v1::Finding Find(const Observation& seen, const std::string& code) {
  for (const v1::Finding& finding : Diagnose(seen))
    if (finding.code() == code) return finding;
  return {};
}

TEST(Diagnosis, OfADeviceThatIsWellKeptFindsEverythingFine) {
  for (const v1::Finding& finding : Diagnose(WellKept()))
    EXPECT_EQ(finding.severity(), v1::SEVERITY_FINE) << finding.cause();
}

TEST(Diagnosis, OfADeviceThatTellsNothingCallsNothingFine) {
  for (const v1::Finding& finding : Diagnose(Observation()))
    EXPECT_NE(finding.severity(), v1::SEVERITY_FINE) << finding.cause();
}

TEST(Diagnosis, NamesTheCommandThatMends) {
  Observation seen = WellKept();
  seen.capabilities.mutable_torch()->set_blas("reference");
  seen.capabilities.mutable_host()->set_governor("ondemand");
  seen.capabilities.mutable_host()->set_turbo(true);
  seen.turbo_off = "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo";
  EXPECT_EQ(Find(seen, "reference-blas").severity(), v1::SEVERITY_SPOILS);
  EXPECT_EQ(Find(seen, "reference-blas").remedy(), "sudo apt install libopenblas0-openmp");
  EXPECT_EQ(Find(seen, "governor").severity(), v1::SEVERITY_MAY_SPOIL);
  EXPECT_THAT(Find(seen, "governor").remedy(), HasSubstr("echo performance"));
  EXPECT_EQ(Find(seen, "turbo").severity(), v1::SEVERITY_NOTE);
  EXPECT_THAT(Find(seen, "turbo").remedy(), HasSubstr("no_turbo"));
}

TEST(Diagnosis, NamesAnOpenBlasWhoseThreadsCompeteWithLibTorchs) {
  Observation seen = WellKept();
  seen.capabilities.mutable_torch()->set_blas("openblas 0.3.21 (pthreads)");
  EXPECT_EQ(Find(seen, "blas-threads").severity(), v1::SEVERITY_MAY_SPOIL);
  EXPECT_EQ(Find(seen, "blas-threads").remedy(),
            "sudo apt install libopenblas0-openmp && sudo apt remove libopenblas0-pthread");
  EXPECT_EQ(Find(seen, "reference-blas").severity(), v1::SEVERITY_FINE);
}

TEST(Diagnosis, NamesABusyNeighbour) {
  Observation seen = WellKept();
  seen.cpu_use.set_others(1.5);
  seen.busy = {{812, "cc1plus", 0.98}, {813, "ld", 0.5}};
  const v1::Finding finding = Find(seen, "busy-neighbour");
  EXPECT_EQ(finding.severity(), v1::SEVERITY_SPOILS);
  EXPECT_THAT(finding.cause(),
              AllOf(HasSubstr("150 % of a core"), HasSubstr("cc1plus (pid 812) 98 %")));
  EXPECT_THAT(finding.remedy(), HasSubstr("sudo kill -STOP 812 813"));
}

TEST(Diagnosis, TellsThrottlingNowFromThrottlingOnce) {
  Observation seen = WellKept();
  seen.after.set_firmware_throttled(0x50000);
  EXPECT_EQ(Find(seen, "throttled").severity(), v1::SEVERITY_MAY_SPOIL);
  seen.after.set_firmware_throttled(0x50001);
  EXPECT_EQ(Find(seen, "throttled").severity(), v1::SEVERITY_SPOILS);
  EXPECT_THAT(Find(seen, "throttled").cause(), HasSubstr("power supply"));
  seen.after.set_firmware_throttled(0);
  seen.after.set_core_throttles(4);
  EXPECT_EQ(Find(seen, "throttled").severity(), v1::SEVERITY_SPOILS);
}

TEST(Diagnosis, LooksHowFarTheTripPointIs) {
  Observation seen = WellKept();
  seen.after.set_temperature_celsius(80);
  EXPECT_EQ(Find(seen, "temperature").severity(), v1::SEVERITY_MAY_SPOIL);
  seen.after.set_temperature_celsius(86);
  EXPECT_EQ(Find(seen, "temperature").severity(), v1::SEVERITY_SPOILS);
}

TEST(Diagnosis, FindsScarceRoomAndSwap) {
  Observation seen = WellKept();
  v1::HostInfo& host = *seen.capabilities.mutable_host();
  host.set_free_disk_bytes(10 << 20);
  host.set_memory_available_bytes(300 << 20);
  host.set_swap_bytes(100 << 20);
  EXPECT_EQ(Find(seen, "full-disk").severity(), v1::SEVERITY_SPOILS);
  EXPECT_EQ(Find(seen, "little-memory").severity(), v1::SEVERITY_MAY_SPOIL);
  EXPECT_EQ(Find(seen, "swap").severity(), v1::SEVERITY_NOTE);
  seen.after.set_swap_used_bytes(1 << 20);
  EXPECT_EQ(Find(seen, "swap").severity(), v1::SEVERITY_MAY_SPOIL);
}

TEST(Diagnosis, FindsWhatAContainerOrAHostTakesAway) {
  Observation seen = WellKept();
  seen.capabilities.mutable_host()->set_cpu_quota(1.5);
  seen.capabilities.mutable_host()->set_container("docker");
  seen.capabilities.mutable_host()->set_virtualization("kvm");
  seen.cpu_use.set_stolen(0.4);
  EXPECT_THAT(Find(seen, "cpu-quota").cause(), HasSubstr("1.5 cores"));
  EXPECT_THAT(Find(seen, "cpu-quota").remedy(), HasSubstr("docker update"));
  EXPECT_EQ(Find(seen, "virtual-machine").severity(), v1::SEVERITY_NOTE);
  EXPECT_EQ(Find(seen, "steal").severity(), v1::SEVERITY_SPOILS);
}

TEST(Diagnosis, FindsALibTorchThatCannotDoWhatItWasBuiltFor) {
  Observation seen = WellKept();
  v1::TorchInfo& torch = *seen.capabilities.mutable_torch();
  torch.clear_quantized_engines();
  torch.set_built_with_cuda(true);
  EXPECT_EQ(Find(seen, "no-int8-engine").severity(), v1::SEVERITY_MAY_SPOIL);
  EXPECT_EQ(Find(seen, "cuda-without-device").severity(), v1::SEVERITY_MAY_SPOIL);
  torch.Clear();
  EXPECT_EQ(Find(seen, "no-libtorch").severity(), v1::SEVERITY_SPOILS);
}

TEST(Observation, WatchesWhatHappensBelowItsRoot) {
  DeviceTree tree;
  WriteXeon(tree);
  tree.WriteProcess(42, {.name = "agent", .cpus = "0-7"});
  v1::Capabilities capabilities;
  *capabilities.mutable_host() = ReadHostInfo(tree.root());
  RealClock clock;
  const Observation seen = Observe(tree.root(), 42, capabilities, clock, absl::Milliseconds(1));
  EXPECT_EQ(seen.cpu_use.cores(), 8);
  EXPECT_FALSE(seen.cpu_use.has_others()) << "nothing was counted meanwhile";
  EXPECT_THAT(seen.turbo_off, HasSubstr("intel_pstate/no_turbo"));
  EXPECT_DOUBLE_EQ(seen.after.temperature_celsius(), 61);
}

}  // namespace
}  // namespace edgebench::agent
