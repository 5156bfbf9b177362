#include "agent/worker/torch/target.h"

#include <torch/version.h>

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "agent/worker/torch/quantizer.h"
#include "agent/worker/torch/torch_info.h"
#include "common/names.h"

namespace edgebench::worker {

absl::StatusOr<at::Device> ChooseDevice(const std::string& target) {
  if (target.empty() || target == "cpu") return at::Device(at::kCPU);
  absl::string_view digits = target;
  int index = 0;
  if (!absl::ConsumePrefix(&digits, "cuda:") || !absl::SimpleAtoi(digits, &index) || index < 0) {
    return absl::UnimplementedError(
        absl::StrCat("no target ", target, "; there are cpu and cuda:N"));
  }
  if (!BuiltWithCuda()) {
    return absl::UnimplementedError(absl::StrCat("target ", target, ": the LibTorch ",
                                                 TORCH_VERSION,
                                                 " of this device is built without CUDA"));
  }
  if (index >= CudaDevices()) {
    return absl::UnimplementedError(absl::StrCat("target ", target, ": this device has ",
                                                 CudaDevices(), " CUDA devices, counted from 0"));
  }
  return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

absl::Status CheckDeviceRuns(const at::Device& device, v1::Precision precision) {
  const bool int8 =
      precision == v1::PRECISION_INT8_DYNAMIC || precision == v1::PRECISION_INT8_STATIC;
  if (device.is_cpu() || !int8) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat("LibTorch runs ", PrecisionName(precision),
                                               " on the CPU only, not on ", device.str(),
                                               "; use --target cpu"));
}

absl::StatusOr<std::string> ChooseEngine(const std::string& engine) {
  if (engine.empty() || engine == "auto") return DefaultQuantizedEngine();
  const std::vector<std::string> engines = QuantizedEngines();
  if (std::find(engines.begin(), engines.end(), engine) != engines.end()) return engine;
  return absl::UnimplementedError(
      absl::StrCat("this LibTorch has no quantized engine ", engine,
                   "; it has: ", engines.empty() ? "none" : absl::StrJoin(engines, ", ")));
}

}  // namespace edgebench::worker
