#include "agent/worker/cuda_driver.h"

#include <dlfcn.h>

#include <array>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace edgebench::worker {
namespace {

// Of CUdevice_attribute in cuda.h; the driver's binary interface is stable.
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

template <typename Function>
bool Find(void* library, const char* symbol, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, symbol));
  return function != nullptr;
}

}  // namespace

std::optional<CudaDriver> OpenCudaDriver() {
  // Never closed: LibTorch uses it for as long as the process lives.
  void* const library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  CudaDriver driver;
  if (library == nullptr || !Find(library, "cuInit", driver.init) ||
      !Find(library, "cuDeviceGet", driver.get) || !Find(library, "cuDeviceGetName", driver.name) ||
      !Find(library, "cuDeviceTotalMem_v2", driver.memory) ||
      !Find(library, "cuDeviceGetAttribute", driver.attribute)) {
    return std::nullopt;
  }
  return driver;
}

void DescribeCudaDevice(const CudaDriver& driver, v1::CudaDevice& device) {
  int handle = 0;
  if (driver.init(0) != 0 || driver.get(&handle, device.index()) != 0) return;
  std::array<char, 256> name{};
  if (driver.name(name.data(), static_cast<int>(name.size()) - 1, handle) == 0) {
    device.set_name(name.data());
  }
  size_t bytes = 0;
  if (driver.memory(&bytes, handle) == 0) device.set_memory_bytes(static_cast<int64_t>(bytes));
  int major = 0, minor = 0;
  if (driver.attribute(&major, kComputeCapabilityMajor, handle) == 0 &&
      driver.attribute(&minor, kComputeCapabilityMinor, handle) == 0) {
    device.set_compute_capability(absl::StrCat(major, ".", minor));
  }
}

}  // namespace edgebench::worker
