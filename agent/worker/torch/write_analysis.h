#pragma once

#include <torch/script.h>

#include <functional>

namespace edgebench::worker {

// Whether forward may write to a parameter, buffer or constant of the module for which
// `concerns` says true, or to a view of one, as far as the schemas of operators tell.
// (Batch norm that trains does not tell.) Branches that are not taken count as well.
bool WritesTensorsOfItsOwn(const torch::jit::Module& module,
                           const std::function<bool(const at::Tensor&)>& concerns);

}  // namespace edgebench::worker
