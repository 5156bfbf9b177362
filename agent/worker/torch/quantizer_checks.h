#pragma once

#include <torch/script.h>

#include <functional>

#include "absl/status/status.h"

namespace edgebench::worker {

// INVALID_ARGUMENT unless the module can be quantized: it has a forward, holds
// no quantized operator or tensor yet, and its parameters are finite. The message
// names the operator or the tensor. `on_part_read` as in QuantizeWeight.
absl::Status CheckQuantizable(const torch::jit::Module& module,
                              const std::function<void()>& on_part_read = {});

}  // namespace edgebench::worker
