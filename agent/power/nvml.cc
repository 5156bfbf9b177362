#include "agent/power/nvml.h"

#include <dlfcn.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace edgebench::agent {
namespace {

// As the API reference declares them.
using NvmlReturn = int;  // nvmlReturn_t
constexpr NvmlReturn kSuccess = 0;
using NvmlDevice = void*;  // nvmlDevice_t, a pointer to something unknown
using NoArguments = NvmlReturn (*)();
using GetCount = NvmlReturn (*)(unsigned int*);
using GetHandle = NvmlReturn (*)(unsigned int, NvmlDevice*);
using GetName = NvmlReturn (*)(NvmlDevice, char*, unsigned int);
using GetEnergy = NvmlReturn (*)(NvmlDevice, unsigned long long*);
using GetPower = NvmlReturn (*)(NvmlDevice, unsigned int*);
using ErrorString = const char* (*)(NvmlReturn);

constexpr unsigned int kNameBytes = 96;  // NVML_DEVICE_NAME_V2_BUFFER_SIZE

// The library, started as long as this lives.
class Nvml {
 public:
  static absl::StatusOr<std::unique_ptr<Nvml>> Open(const std::string& library) {
    std::unique_ptr<Nvml> nvml(new Nvml);
    nvml->handle_ = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (nvml->handle_ == nullptr) {
      return absl::NotFoundError(absl::StrCat("no NVML: ", dlerror()));
    }
    if (!nvml->Find("nvmlInit_v2", nvml->init) || !nvml->Find("nvmlShutdown", nvml->shutdown) ||
        !nvml->Find("nvmlErrorString", nvml->error_string) ||
        !nvml->Find("nvmlDeviceGetCount_v2", nvml->get_count) ||
        !nvml->Find("nvmlDeviceGetHandleByIndex_v2", nvml->get_handle) ||
        !nvml->Find("nvmlDeviceGetName", nvml->get_name)) {
      return absl::FailedPreconditionError(absl::StrCat(library, " lacks functions of NVML"));
    }
    nvml->Find("nvmlDeviceGetTotalEnergyConsumption", nvml->get_energy);
    nvml->Find("nvmlDeviceGetPowerUsage", nvml->get_power);
    EDGEBENCH_RETURN_IF_ERROR(nvml->Check(nvml->init(), "starting NVML"));
    nvml->started_ = true;
    return nvml;
  }

  ~Nvml() {
    if (started_) shutdown();
    if (handle_ != nullptr) dlclose(handle_);
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  absl::Status Check(NvmlReturn code, absl::string_view what) const {
    if (code == kSuccess) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat(what, ": ", error_string(code)));
  }

  NoArguments init = nullptr, shutdown = nullptr;
  ErrorString error_string = nullptr;
  GetCount get_count = nullptr;
  GetHandle get_handle = nullptr;
  GetName get_name = nullptr;
  GetEnergy get_energy = nullptr;  // absent in old drivers
  GetPower get_power = nullptr;

 private:
  Nvml() = default;

  template <typename Function>
  bool Find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(handle_, name));
    return function != nullptr;
  }

  void* handle_ = nullptr;
  bool started_ = false;
};

class NvmlSource final : public PowerSource {
 public:
  NvmlSource(PowerSourceInfo info, std::unique_ptr<Nvml> nvml, NvmlDevice device)
      : PowerSource(std::move(info)), nvml_(std::move(nvml)), device_(device) {}

  PowerSample Read(int64_t now_nanos) override {
    PowerSample sample;
    sample.time_nanos = now_nanos;
    absl::StatusOr<double> value = Value(info_.rails.front().quantity);
    trouble_ = std::string(value.status().message());
    sample.values.emplace_back();
    if (value.ok()) sample.values.back() = *value;
    return sample;
  }

  std::string Trouble() const override { return trouble_; }

  // J or W.
  absl::StatusOr<double> Value(PowerRail::Quantity quantity) const {
    if (quantity == PowerRail::Quantity::kJoules) {
      if (nvml_->get_energy == nullptr) return absl::UnimplementedError("no energy counter");
      unsigned long long millijoules = 0;
      EDGEBENCH_RETURN_IF_ERROR(nvml_->Check(nvml_->get_energy(device_, &millijoules),
                                             "nvmlDeviceGetTotalEnergyConsumption"));
      return static_cast<double>(millijoules) / 1e3;
    }
    if (nvml_->get_power == nullptr) return absl::UnimplementedError("no power reading");
    unsigned int milliwatts = 0;
    EDGEBENCH_RETURN_IF_ERROR(
        nvml_->Check(nvml_->get_power(device_, &milliwatts), "nvmlDeviceGetPowerUsage"));
    return static_cast<double>(milliwatts) / 1e3;
  }

  void Use(PowerRail::Quantity quantity) { info_.rails.front().quantity = quantity; }

 private:
  const std::unique_ptr<Nvml> nvml_;
  NvmlDevice device_;
  std::string trouble_;
};

std::string NameOfCard(const Nvml& nvml, NvmlDevice device) {
  char name[kNameBytes] = "";
  if (nvml.get_name(device, name, kNameBytes) != kSuccess) return "";
  name[kNameBytes - 1] = '\0';
  return name;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PowerSource>> OpenNvml(const std::string& library, int index) {
  EDGEBENCH_ASSIGN_OR_RETURN(std::unique_ptr<Nvml> nvml, Nvml::Open(library));
  unsigned int count = 0;
  EDGEBENCH_RETURN_IF_ERROR(nvml->Check(nvml->get_count(&count), "counting the NVIDIA cards"));
  if (index < 0 || static_cast<unsigned int>(index) >= count) {
    return absl::NotFoundError(absl::StrCat("NVML has no card ", index, "; it has ", count));
  }
  NvmlDevice device = nullptr;
  EDGEBENCH_RETURN_IF_ERROR(nvml->Check(nvml->get_handle(static_cast<unsigned int>(index), &device),
                                        absl::StrCat("opening NVIDIA card ", index)));
  PowerSourceInfo info;
  PowerRail rail;
  rail.name = absl::StrCat(index, " ", NameOfCard(*nvml, device));
  rail.counted = true;
  info.rails.push_back(std::move(rail));
  info.name = NameOfSource("nvml", info.rails);
  info.notes.push_back("NVML sees the card with its memory, not the rest of the machine");
  if (count > 1) {
    info.notes.push_back(absl::StrCat("card ", index, " of ", count,
                                      " in the order of the PCI bus, which is CUDA's where ",
                                      "CUDA_DEVICE_ORDER=PCI_BUS_ID"));
  }
  auto source = std::make_unique<NvmlSource>(std::move(info), std::move(nvml), device);
  if (source->Value(PowerRail::Quantity::kJoules).ok()) {
    source->Use(PowerRail::Quantity::kJoules);
  } else {
    EDGEBENCH_RETURN_IF_ERROR(source->Value(PowerRail::Quantity::kWatts).status());
  }
  return source;
}

}  // namespace edgebench::agent
