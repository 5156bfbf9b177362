#include "agent/worker/torch/torch_info.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <dlfcn.h>
#include <link.h>
#ifdef _OPENMP
#include <omp.h>
#endif
#include <torch/cuda.h>
#include <torch/version.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <regex>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/worker/cuda_driver.h"
#include "agent/worker/torch/quantizer.h"
#include "common/blas.h"

namespace edgebench::worker {
namespace {

std::vector<std::string> LoadedLibraries() {
  std::vector<std::string> paths;
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* out) {
        if (info->dlpi_name != nullptr && info->dlpi_name[0] != '\0') {
          static_cast<std::vector<std::string>*>(out)->push_back(info->dlpi_name);
        }
        return 0;
      },
      &paths);
  return paths;
}

// The file behind a function that the dynamic linker resolves, links followed.
std::string FileOfSymbol(const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  Dl_info info;
  if (address == nullptr || dladdr(address, &info) == 0 || info.dli_fname == nullptr) return "";
  std::error_code ignored;
  const std::filesystem::path resolved = std::filesystem::canonical(info.dli_fname, ignored);
  return resolved.empty() ? info.dli_fname : resolved.string();
}

// Whose threads OpenBLAS was built to use (cblas.h, OPENBLAS_SEQUENTIAL to _OPENMP); "" where it
// does not say.
const char* OpenBlasThreading() {
  using GetParallel = int (*)();
  const auto get = reinterpret_cast<GetParallel>(dlsym(RTLD_DEFAULT, "openblas_get_parallel"));
  if (get == nullptr) return "";
  switch (get()) {
    case 0:
      return " (sequential)";
    case 1:
      return kOwnThreads;
    case 2:
      return " (openmp)";
    default:
      return "";
  }
}

// "OpenBLAS 0.3.21 NO_AFFINITY ..." -> "openblas 0.3.21 (openmp)".
std::string OpenBlasName() {
  using GetConfig = char* (*)();
  const auto get_config = reinterpret_cast<GetConfig>(dlsym(RTLD_DEFAULT, "openblas_get_config"));
  if (get_config == nullptr) return "openblas";
  const std::vector<std::string> words = absl::StrSplit(get_config(), ' ', absl::SkipEmpty());
  return absl::StrCat("openblas", words.size() > 1 ? " " + words[1] : "", OpenBlasThreading());
}

void AddCudaDevices(v1::TorchInfo& info) {
  info.set_built_with_cuda(BuiltWithCuda());
  const int count = CudaDevices();
  const std::optional<CudaDriver> driver = count > 0 ? OpenCudaDriver() : std::nullopt;
  for (int index = 0; index < count; ++index) {
    v1::CudaDevice& device = *info.add_cuda_devices();
    device.set_index(index);
    if (driver) DescribeCudaDevice(*driver, device);
  }
}

}  // namespace

BlasLibrary FindBlas() {
  const std::string path = FileOfSymbol("sgemm_");
  // Debian's libblas.so.3 is the chosen alternative or a thin layer above it,
  // so the libraries in the process tell more than the file's name.
  if (dlsym(RTLD_DEFAULT, "openblas_get_config") != nullptr) return {OpenBlasName(), path};
  for (const std::string& library : LoadedLibraries()) {
    const std::string file = std::filesystem::path(library).filename().string();
    if (absl::StartsWith(file, "libmkl")) return {"mkl", library};
    if (absl::StartsWith(file, "libblis")) return {"blis", library};
    if (absl::StartsWith(file, "libatlas")) return {"atlas", library};
  }
  if (at::hasMKL()) return {"mkl", ""};
  if (path.empty()) return {"unknown", ""};
  if (absl::StrContains(path, "libopenblas")) return {"openblas", path};
  return {"reference", path};
}

bool BuiltWithCuda() {
  return at::detail::getCUDAHooks().hasCUDART() || torch::cuda::is_available();
}

int CudaDevices() { return static_cast<int>(torch::cuda::device_count()); }

std::string CpuCapabilityIn(const std::string& config) {
  static const std::regex pattern("CPU capability usage: ([^\\n]*)");
  std::smatch match;
  if (!std::regex_search(config, match, pattern)) return "";
  const std::string capability = match[1].str();
  const bool is_default = capability == "DEFAULT" || absl::StartsWith(capability, "NO ");
  return is_default ? "default" : capability;
}

v1::TorchInfo DescribeTorch() {
  v1::TorchInfo info;
  info.set_version(TORCH_VERSION);
  info.set_build(at::show_config());
  const BlasLibrary blas = FindBlas();
  info.set_blas(blas.name);
  info.set_blas_path(blas.path);
  for (const std::string& engine : QuantizedEngines()) info.add_quantized_engines(engine);
  info.set_default_engine(DefaultQuantizedEngine());
  info.set_cpu_capability(CpuCapabilityIn(info.build()));
  AddCudaDevices(info);
  return info;
}

void UseThreads(int threads) {
  at::set_num_threads(threads);
#ifdef _OPENMP
  // A LibTorch that brings an OpenMP of its own sets the threads of that one only.
  omp_set_num_threads(threads);
#endif
  using SetThreads = void (*)(int);
  const auto set_blas_threads =
      reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_blas_threads != nullptr) set_blas_threads(threads);
}

}  // namespace edgebench::worker
