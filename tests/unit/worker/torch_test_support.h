#pragma once

#include <torch/script.h>
#include <torch/version.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/worker/torch/fuser_guard.h"
#include "agent/worker/torch/onednn_guard.h"
#include "agent/worker/zoo/random_weights.h"

namespace edgebench::worker {

// A folder of its own, removed with everything in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "edgebench-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  std::string File(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Values of mean 0 and variance 1, the same at every run.
inline at::Tensor SeededInput(const std::vector<int64_t>& shape, int64_t seed = 1) {
  at::Tensor tensor = at::empty(shape);
  zoo::FillUniform(zoo::StreamFor(seed, "test input"), zoo::UniformBound(1.0, 1),
                   tensor.data_ptr<float>(), tensor.numel());
  return tensor;
}

// A module made of TorchScript source, with a weight and a bias to use in it.
inline torch::jit::Module ModuleOf(const std::string& forward, at::Tensor weight, at::Tensor bias) {
  torch::jit::Module module("M");
  module.register_attribute("training", c10::BoolType::get(), false);
  module.register_parameter("weight", std::move(weight), /*is_buffer=*/false);
  module.register_parameter("bias", std::move(bias), /*is_buffer=*/false);
  module.define(forward);
  return module;
}

// As the worker does when it starts, before any operator runs.
inline const bool kLibraryIsGuarded = (KeepOneDnnFromFaultyKernels(), KeepFuserOff(), true);

// ONEDNN of LibTorch 2.6 confuses the input and output channels of transposed ones.
inline bool HasInt8TransposedConvolutions(const std::string& engine) {
  return TORCH_VERSION_MAJOR < 2 || engine != "onednn";
}

// Runs a script that lies beside the tests; its exit status.
inline int RunPython(const std::string& script, const std::string& arguments) {
  const std::string command = std::string(EDGEBENCH_TORCH_PYTHON) + " -B " +
                              EDGEBENCH_TEST_SCRIPTS + "/" + script + " " + arguments;
  return std::system(command.c_str());
}

}  // namespace edgebench::worker
