#include "agent/device.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/artifact_store.h"
#include "agent/diagnosis/diagnosis.h"
#include "agent/diagnosis/observation.h"
#include "agent/host_info.h"
#include "agent/remedies.h"
#include "common/blas.h"
#include "common/proto_time.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "common/version.h"

namespace edgebench::agent {
namespace {

constexpr int64_t kLowDiskBytes = int64_t{1} << 30;
// Long enough for ticks of 10 ms to tell a hundredth of the processors.
constexpr absl::Duration kObservationPeriod = absl::Seconds(1);

// Threads that can run at once without getting into each other's way: one per
// real core, and no more than this process may use.
int32_t DefaultThreads(const v1::HostInfo& host) {
  const int32_t cores = host.has_physical_cores() ? host.physical_cores() : host.logical_cores();
  if (!host.has_usable_cores()) return std::max(1, cores);
  return cores > 0 ? std::min(cores, host.usable_cores()) : host.usable_cores();
}

// The versions that quantize the zoo with the parity that docs/quantization.md states.
bool IsTried(const std::string& torch_version) {
  return absl::StartsWith(torch_version, "1.13.") || absl::StartsWith(torch_version, "2.6.");
}

// Whatever would spoil figures on this device, with the remedy.
void AddWarnings(v1::Capabilities& capabilities) {
  const v1::TorchInfo& torch = capabilities.torch();
  if (IsReferenceBlas(torch.blas())) {
    capabilities.add_warnings(
        "BLAS is the reference implementation, up to ten times slower than OpenBLAS: "
        "install libopenblas0-openmp");
  }
  if (CompetesWithOpenMp(torch.blas())) {
    capabilities.add_warnings(
        absl::StrCat("OpenBLAS has threads of its own, which compete with LibTorch's for the cores "
                     "and make fp32 slower: ",
                     kShareOpenMp));
  }
  if (!torch.version().empty() && torch.quantized_engines().empty()) {
    capabilities.add_warnings(
        "this LibTorch has no quantized engine: int8 jobs end as unsupported");
  }
  if (!torch.version().empty() && !IsTried(torch.version())) {
    capabilities.add_warnings(
        absl::StrCat("LibTorch ", torch.version(),
                     " was never tried; 1.13 (Debian 12) and 2.6 (Debian 13) were: compare parity "
                     "with docs/quantization.md before you trust a figure"));
  }
  const v1::HostInfo& host = capabilities.host();
  if (host.has_free_disk_bytes() && host.free_disk_bytes() < kLowDiskBytes) {
    capabilities.add_warnings(absl::StrCat("only ", FormatBytes(host.free_disk_bytes()),
                                           " are free on the disk of the agent's data folder"));
  }
}

}  // namespace

Device::Device(TorchFacts& torch, Clock& clock, Options options)
    : torch_(torch), clock_(clock), options_(std::move(options)) {}

v1::HostInfo Device::Host() const {
  v1::HostInfo host = ReadHostInfo(options_.root);
  host.set_free_disk_bytes(ArtifactStore::FreeBytes(options_.data_folder));
  return host;
}

v1::Capabilities Device::Describe() {
  v1::Capabilities capabilities;
  capabilities.set_agent_version(kVersion);
  capabilities.set_api_major(kApiMajor);
  capabilities.set_api_minor(kApiMinor);
  *capabilities.mutable_host() = Host();
  capabilities.set_device_name(options_.name.empty() ? capabilities.host().hostname()
                                                     : options_.name);
  if (auto facts = torch_.Get(); facts.ok()) {
    *capabilities.mutable_torch() = std::move(*facts->mutable_torch());
    *capabilities.mutable_zoo() = std::move(*facts->mutable_zoo());
  } else {
    capabilities.add_warnings(std::string(facts.status().message()));
  }
  capabilities.set_job_memory_limit_bytes(options_.job_memory_bytes);
  capabilities.set_cache_limit_bytes(options_.cache_bytes);
  *capabilities.mutable_now() = ToProto(clock_.WallNow());
  capabilities.set_agent_pid(getpid());
  if (options_.power_source) {
    const auto source = options_.power_source();
    if (source.ok()) capabilities.set_power_source(*source);
    capabilities.set_power_reason(std::string(source.status().message()));
  }
  AddWarnings(capabilities);
  return capabilities;
}

v1::Environment Device::CurrentEnvironment() {
  v1::Environment environment;
  environment.set_agent_version(kVersion);
  *environment.mutable_host() = Host();
  if (auto facts = torch_.Get(); facts.ok()) {
    *environment.mutable_torch() = std::move(*facts->mutable_torch());
  }
  return environment;
}

std::vector<v1::Finding> Device::Diagnose() {
  return agent::Diagnose(Observe(options_.root, getpid(), Describe(), clock_, kObservationPeriod));
}

google::protobuf::Timestamp Device::Now() { return ToProto(clock_.WallNow()); }

absl::StatusOr<SettingsContext> Device::SettingsLimits() {
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::WorkerMessage::Description facts, torch_.Get());
  SettingsContext context;
  context.zoo.assign(facts.zoo().begin(), facts.zoo().end());
  const v1::HostInfo host = Host();
  context.default_threads = DefaultThreads(host);
  context.usable_cpus = host.usable_cpus();
  context.memory_limit_bytes = options_.job_memory_bytes;
  return context;
}

}  // namespace edgebench::agent
