#pragma once

#include <torch/script.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::worker {

// Reads a TorchScript file into a module in eval mode. `name` is what people
// call the file.
//   INVALID_ARGUMENT  no TorchScript file, damaged, without forward, or written
//                     by a newer PyTorch: then names the operator that is
//                     missing here, this LibTorch's version, and what the file
//                     tells of its writer
//   others            as StatusOfException
absl::StatusOr<torch::jit::Module> LoadModelFile(const std::string& path, const std::string& name);

// What a module computes in: INT8_STATIC or INT8_DYNAMIC when its graph holds
// int8 operators, else by its parameters, or by its constants where it is
// frozen, FP16, BF16 or FP32. Linear layers with weights in fp16 are FP16.
v1::Precision StoredPrecision(const torch::jit::Module& module);

// Elements of all parameters; nullopt when there are none to count, as in a
// frozen or quantized module.
std::optional<int64_t> CountParameters(const torch::jit::Module& module);

// Size in bytes of the module as Save would write it, without a copy of it. All weights
// are read: `on_weights_read`, unless empty, is called after some megabytes of them.
int64_t SerializedSize(const torch::jit::Module& module,
                       const std::function<void()>& on_weights_read = {});

// Writes the module and syncs the file.
//   INTERNAL          naming the path and the system's reason, such as a full disk
//   others            as StatusOfException
absl::Status SaveModel(const torch::jit::Module& module, const std::string& path);

}  // namespace edgebench::worker
