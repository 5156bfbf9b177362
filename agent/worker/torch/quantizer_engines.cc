#include <ATen/Context.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {
namespace {

std::string EngineName(at::QEngine engine) { return absl::AsciiStrToLower(c10::toString(engine)); }

#if defined(__x86_64__)
constexpr bool kIsAmd64 = true;
#else
constexpr bool kIsAmd64 = false;
#endif

// FBGEMM's kernels are for amd64. Builds of LibTorch for arm64 have listed it, and
// X86 that is made of it, all the same: quantizing with them fails.
bool RunsHere(const std::string& engine) {
  return kIsAmd64 || (engine != "x86" && engine != "fbgemm");
}

// Fastest first. On amd64 x86 chooses between the other two for each operator,
// and ONEDNN uses VNNI where FBGEMM does not. On arm64 QNNPACK is written for NEON,
// and ONEDNN has generic loops for convolutions of LibTorch's unsigned activations.
std::vector<std::string> PreferredEngines() {
  if (kIsAmd64) return {"x86", "onednn", "fbgemm", "qnnpack"};
  return {"qnnpack", "onednn"};
}

}  // namespace

std::vector<std::string> QuantizedEngines() {
  std::vector<std::string> names;
  for (const at::QEngine engine : at::globalContext().supportedQEngines()) {
    const std::string name = EngineName(engine);
    if (engine != at::QEngine::NoQEngine && RunsHere(name)) names.push_back(name);
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
