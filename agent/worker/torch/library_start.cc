#include "agent/worker/torch/library_start.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <torch/script.h>
#include <torch/version.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "agent/worker/torch/fuser_guard.h"
#include "agent/worker/torch/onednn_guard.h"
#include "agent/worker/torch/torch_info.h"

namespace edgebench::worker {
namespace {

// Some operators warn at every call, inside the timed region: once is enough.
class WarnOnce final : public c10::WarningHandler {
 public:
#if TORCH_VERSION_MAJOR >= 2
  void process(const c10::Warning& warning) override {
    if (seen_.insert(warning.msg()).second) c10::WarningHandler::process(warning);
  }
#else
  void process(const c10::SourceLocation& location, const std::string& message,
               const bool verbatim) override {
    if (seen_.insert(message).second) c10::WarningHandler::process(location, message, verbatim);
  }
#endif

 private:
  std::set<std::string> seen_;
};

void QuietWarnings() {
  static auto& handler = *new WarnOnce;  // LibTorch may warn until the process ends
#if TORCH_VERSION_MAJOR >= 2
  c10::WarningUtils::set_warning_handler(&handler);
#else
  c10::Warning::set_warning_handler(&handler);
#endif
}

torch::jit::Module TinyModel() {
  torch::jit::Module module("Tiny");
  module.register_parameter("filter", at::ones({8, 3, 3, 3}), /*is_buffer=*/false);
  module.register_parameter("weight", at::ones({4, 8 * 6 * 6}), /*is_buffer=*/false);
  module.define(R"(
    def forward(self, x):
        features = torch.relu(torch.conv2d(x, self.filter))
        return torch.matmul(torch.flatten(features, 1), self.weight.t())
  )");
  module.eval();
  return module;
}

// OpenBLAS maps a buffer of its own, up to 128 MB of which little is touched, for
// every thread that multiplies matrices at the same time. Under a memory limit
// that it does not fit into, it tries again for ever. So all are mapped now,
// before there is a limit.
void ReserveBlasBuffers(int threads) {
  using Allocate = void* (*)(int);
  using Free = void (*)(void*);
  const auto allocate = reinterpret_cast<Allocate>(dlsym(RTLD_DEFAULT, "blas_memory_alloc"));
  const auto release = reinterpret_cast<Free>(dlsym(RTLD_DEFAULT, "blas_memory_free"));
  if (allocate == nullptr || release == nullptr) return;
  std::vector<void*> buffers;
  for (int i = 0; i < threads; ++i) buffers.push_back(allocate(/*procpos=*/0));
  for (void* buffer : buffers) release(buffer);
}

// Loads, compiles, runs and optimizes a model of no size.
void ExerciseOnce() {
  const c10::InferenceMode no_gradients;
  std::stringstream file;
  TinyModel().save(file);
  torch::jit::Module module = torch::jit::load(file);
  module.eval();
  torch::jit::Module frozen = torch::jit::freeze(module);
  torch::jit::Module optimized = torch::jit::optimize_for_inference(frozen);
  optimized.forward({at::ones({1, 3, 8, 8})});
}

}  // namespace

void StartLibrary() {
  QuietWarnings();
  KeepOneDnnFromFaultyKernels();
  KeepFuserOff();
  // Models are run one inference at a time: parallelism within operators only.
  at::set_num_interop_threads(1);
  const int threads = static_cast<int>(std::max(std::thread::hardware_concurrency(), 1u));
  UseThreads(threads);
  ReserveBlasBuffers(threads);
  ExerciseOnce();
}

}  // namespace edgebench::worker
