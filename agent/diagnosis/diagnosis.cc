#include "agent/diagnosis/diagnosis.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "agent/remedies.h"
#include "agent/telemetry/conditions.h"
#include "agent/telemetry/verdict.h"
#include "common/blas.h"
#include "common/quantities.h"

namespace edgebench::agent {
namespace {

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kLowDiskBytes = 1024 * kMiB;
constexpr int64_t kFullDiskBytes = 64 * kMiB;
// LibTorch alone takes about 170 MB.
constexpr int64_t kLittleMemoryBytes = 256 * kMiB;
constexpr int64_t kLowMemoryBytes = 768 * kMiB;
// Below the trip point; a benchmark warms a processor by more than that.
constexpr double kNearTripCelsius = 10;

std::string Percent(double share) { return absl::StrFormat("%.0f %%", share * 100); }

class Examination {
 public:
  explicit Examination(const Observation& seen)
      : seen_(seen), host_(seen.capabilities.host()), torch_(seen.capabilities.torch()) {}

  std::vector<v1::Finding> Run() {
    LibTorch();
    Cuda();
    Governor();
    Turbo();
    PowerMode();
    Swap();
    Memory();
    Disk();
    Throttling();
    Temperature();
    Neighbours();
    Machine();
    Quota();
    return std::move(findings_);
  }

 private:
  void Add(const char* code, v1::Severity severity, std::string cause, std::string remedy = "") {
    v1::Finding& finding = findings_.emplace_back();
    finding.set_code(code);
    finding.set_severity(severity);
    finding.set_cause(std::move(cause));
    finding.set_remedy(std::move(remedy));
  }
  void Fine(const char* code, std::string what) { Add(code, v1::SEVERITY_FINE, std::move(what)); }
  void Unknown(const char* code, std::string what) {
    Add(code, v1::SEVERITY_UNKNOWN, std::move(what));
  }

  void LibTorch() {
    if (torch_.version().empty()) {
      const auto& warnings = seen_.capabilities.warnings();
      return Add("no-libtorch", v1::SEVERITY_SPOILS,
                 absl::StrCat("no worker with LibTorch starts: ",
                              warnings.empty() ? "the agent's log says why" : warnings[0]),
                 kInstallLibTorch);
    }
    Blas();
    if (torch_.quantized_engines().empty()) {
      Add("no-int8-engine", v1::SEVERITY_MAY_SPOIL,
          absl::StrCat("LibTorch ", torch_.version(),
                       " has no quantized engine: int8 jobs end as unsupported"));
    } else {
      Fine("no-int8-engine",
           absl::StrCat("int8 engines: ", absl::StrJoin(torch_.quantized_engines(), ", ")));
    }
  }

  void Blas() {
    if (IsReferenceBlas(torch_.blas())) {
      Add("reference-blas", v1::SEVERITY_SPOILS,
          "BLAS is the reference implementation, up to ten times slower than OpenBLAS",
          kInstallOpenBlas);
    } else if (torch_.blas().empty()) {
      Unknown("reference-blas", "which BLAS LibTorch uses");
    } else {
      Fine("reference-blas", absl::StrCat("BLAS is ", torch_.blas()));
    }
    if (CompetesWithOpenMp(torch_.blas())) {
      Add("blas-threads", v1::SEVERITY_MAY_SPOIL,
          "OpenBLAS has threads of its own, which compete with LibTorch's for the cores: matrix "
          "products in fp32 get slower, up to four times, and unsteady",
          kShareOpenMp);
    }
  }

  void Cuda() {
    if (!torch_.built_with_cuda()) return;
    if (torch_.cuda_devices().empty()) {
      return Add("cuda-without-device", v1::SEVERITY_MAY_SPOIL,
                 "LibTorch was built with CUDA and finds no device: cuda:0 cannot be measured",
                 kShowCuda);
    }
    Fine("cuda-without-device", absl::StrCat("CUDA devices: ", torch_.cuda_devices_size()));
  }

  void Governor() {
    const std::string& governor = host_.governor();
    if (governor.empty()) return Unknown("governor", "the frequency governor: no cpufreq here");
    if (governor == "performance") return Fine("governor", "the governor is performance");
    Add("governor", v1::SEVERITY_MAY_SPOIL,
        absl::StrCat("the governor is ", governor, ", under which clocks follow the load"),
        kSetGovernor);
  }

  void Turbo() {
    if (!host_.has_turbo()) return Unknown("turbo", "whether turbo clocks are allowed");
    if (!host_.turbo()) return Fine("turbo", "turbo is off");
    Add("turbo", v1::SEVERITY_NOTE,
        "turbo is on: clocks depend on temperature and on how many cores are busy",
        seen_.turbo_off);
  }

  void PowerMode() {
    const std::string& mode = host_.power_mode();
    if (mode.empty()) return;
    if (absl::StrContains(mode, "MAXN")) return Fine("power-mode", "power mode " + mode);
    Add("power-mode", v1::SEVERITY_NOTE,
        absl::StrCat("the power mode is ", mode, ", which limits clocks and cores"), kMostPower);
  }

  void Swap() {
    if (!host_.has_swap_bytes() || !seen_.after.has_swap_used_bytes()) {
      return Unknown("swap", "swap");
    }
    const int64_t used = seen_.after.swap_used_bytes();
    if (used > 0) {
      return Add("swap", v1::SEVERITY_MAY_SPOIL,
                 absl::StrCat(FormatBytes(used), " lie in swap, and reading them back takes time"),
                 kEmptySwap);
    }
    if (host_.swap_bytes() == 0) return Fine("swap", "there is no swap");
    Add("swap", v1::SEVERITY_NOTE,
        absl::StrCat("swap of ", FormatBytes(host_.swap_bytes()),
                     " is enabled: a model that is too large becomes slow where it would fail"),
        kSwapOff);
  }

  void Memory() {
    if (!host_.has_memory_available_bytes()) return Unknown("little-memory", "available memory");
    const int64_t available = host_.memory_available_bytes();
    const std::string text = absl::StrCat(FormatBytes(available), " of memory are available");
    if (available >= kLowMemoryBytes) return Fine("little-memory", text);
    Add("little-memory",
        available < kLittleMemoryBytes ? v1::SEVERITY_SPOILS : v1::SEVERITY_MAY_SPOIL,
        text + "; LibTorch alone takes 170 MB", kShowMemory);
  }

  void Disk() {
    if (!host_.has_free_disk_bytes()) return Unknown("full-disk", "the agent's free disk");
    const int64_t free = host_.free_disk_bytes();
    const std::string text =
        absl::StrCat(FormatBytes(free), " are free on the disk of the agent's data folder");
    if (free >= kLowDiskBytes) return Fine("full-disk", text);
    Add("full-disk", free < kFullDiskBytes ? v1::SEVERITY_SPOILS : v1::SEVERITY_MAY_SPOIL,
        text + "; models and results have to fit", kFreeDisk);
  }

  void Throttling() {
    const bool firmware = seen_.after.has_firmware_throttled();
    const bool counters = seen_.after.has_core_throttles();
    if (!firmware && !counters) return Unknown("throttled", "whether the processor is throttled");
    const int64_t bits = seen_.after.firmware_throttled();
    const std::string now = FirmwareThrottleText(bits);
    const std::string since = FirmwareThrottleText(bits >> kHasOccurredShift);
    const bool grew = seen_.after.core_throttles() > seen_.before.core_throttles() ||
                      seen_.after.package_throttles() > seen_.before.package_throttles();
    if (!now.empty() || grew) {
      return Add("throttled", v1::SEVERITY_SPOILS,
                 absl::StrCat("the processor is slowed down now",
                              now.empty() ? ", for its heat" : ": " + now,
                              ((bits & kUnderVoltageNow) != 0)
                                  ? "; a power supply of 5 V and enough current mends it"
                                  : "; cooling mends it"));
    }
    if (!since.empty()) {
      return Add("throttled", v1::SEVERITY_MAY_SPOIL,
                 absl::StrCat("the processor was slowed down since it started: ", since));
    }
    Fine("throttled", "the processor is not throttled");
  }

  void Temperature() {
    if (!seen_.after.has_temperature_celsius()) {
      return Unknown("temperature", "the processor's temperature");
    }
    const double celsius = seen_.after.temperature_celsius();
    const std::string text =
        absl::StrFormat("%.0f degC (%s)", celsius, seen_.after.temperature_source());
    if (!seen_.after.has_trip_celsius()) return Fine("temperature", text);
    const std::string trip = absl::StrFormat("%s; the kernel slows the processor down at %.0f degC",
                                             text, seen_.after.trip_celsius());
    if (celsius < seen_.after.trip_celsius() - kNearTripCelsius) return Fine("temperature", trip);
    Add("temperature",
        celsius < seen_.after.trip_celsius() ? v1::SEVERITY_MAY_SPOIL : v1::SEVERITY_SPOILS, trip);
  }

  void Neighbours() {
    const v1::CpuUse& use = seen_.cpu_use;
    if (!use.has_others()) return Unknown("busy-neighbour", "what other processes use");
    const int threads = host_.has_physical_cores() ? host_.physical_cores() : use.cores();
    const double limit = ForeignLoadLimit(use.cores(), threads);
    const std::string text =
        absl::StrCat("other processes use ", Percent(use.others()), " of a core");
    if (use.others() <= limit) return Fine("busy-neighbour", text);
    std::vector<std::string> names, pids;
    for (const BusyProcess& process : seen_.busy) {
      names.push_back(
          absl::StrCat(process.name, " (pid ", process.pid, ") ", Percent(process.cores)));
      pids.push_back(absl::StrCat(process.pid));
    }
    const std::string list = absl::StrJoin(pids, " ");
    Add("busy-neighbour", v1::SEVERITY_SPOILS,
        absl::StrCat(text, names.empty() ? "" : ": ", absl::StrJoin(names, ", ")),
        pids.empty()
            ? ""
            : absl::StrCat("sudo kill -STOP ", list, "; to go on: sudo kill -CONT ", list));
  }

  void Machine() {
    const v1::CpuUse& use = seen_.cpu_use;
    const double share = use.cores() > 0 ? use.stolen() / use.cores() : 0;
    if (!use.has_stolen()) {
      Unknown("steal", "the time that other virtual machines take");
    } else if (share > kMostSteal) {
      Add("steal", v1::SEVERITY_SPOILS,
          absl::StrCat(Percent(share), " of the processors' time went to other virtual machines"));
    } else {
      Fine("steal", absl::StrCat(Percent(share), " of the time went to other virtual machines"));
    }
    const std::string& machine = host_.virtualization();
    if (machine.empty()) return Unknown("virtual-machine", "whether this is a virtual machine");
    if (machine == "none") return Fine("virtual-machine", "no virtual machine");
    Add("virtual-machine", v1::SEVERITY_NOTE,
        absl::StrCat("this is a virtual machine (", machine,
                     "): others share its processor, clocks and heat are hidden"));
  }

  void Quota() {
    const bool grew = seen_.after.quota_throttles() > seen_.before.quota_throttles();
    if (!seen_.knows_groups) return Unknown("cpu-quota", "whether a CPU quota is set");
    if (!host_.has_cpu_quota() && !grew) return Fine("cpu-quota", "no CPU quota is set");
    Add("cpu-quota", grew ? v1::SEVERITY_SPOILS : v1::SEVERITY_MAY_SPOIL,
        absl::StrFormat("a control group allows %.3g cores and stops processes that use more",
                        host_.cpu_quota()),
        host_.container() == "docker" ? kNoQuotaDocker : kNoQuotaService);
  }

  const Observation& seen_;
  const v1::HostInfo& host_;
  const v1::TorchInfo& torch_;
  std::vector<v1::Finding> findings_;
};

}  // namespace

std::vector<v1::Finding> Diagnose(const Observation& seen) { return Examination(seen).Run(); }

}  // namespace edgebench::agent
