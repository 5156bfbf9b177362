#include <ATen/Context.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {
namespace {

std::string EngineName(at::QEngine engine) { return absl::AsciiStrToLower(c10::toString(engine)); }

// Fastest first. On amd64 x86 chooses between the other two for each operator,
// and ONEDNN uses VNNI where FBGEMM does not; on arm64 LibTorch's ONEDNN comes
// with the Arm Compute Library or generic kernels, QNNPACK is what upstream builds ship.
std::vector<std::string> PreferredEngines() {
#if defined(__x86_64__)
  return {"x86", "onednn", "fbgemm", "qnnpack"};
#else
  return {"onednn", "qnnpack"};
#endif
}

}  // namespace

std::vector<std::string> QuantizedEngines() {
  std::vector<std::string> names;
  for (const at::QEngine engine : at::globalContext().supportedQEngines()) {
    if (engine != at::QEngine::NoQEngine) names.push_back(EngineName(engine));
  }
  return names;
}

std::string DefaultQuantizedEngine() {
  const std::vector<std::string> available = QuantizedEngines();
  for (const std::string& name : PreferredEngines()) {
    if (std::find(available.begin(), available.end(), name) != available.end()) return name;
  }
  return available.empty() ? "" : available.front();
}

void UseQuantizedEngine(const std::string& engine) {
  for (const at::QEngine candidate : at::globalContext().supportedQEngines()) {
    if (EngineName(candidate) == engine) at::globalContext().setQEngine(candidate);
  }
}

}  // namespace edgebench::worker
