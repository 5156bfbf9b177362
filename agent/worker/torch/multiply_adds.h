#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace edgebench::worker {

// One execution of an operator with weights, or of one that multiplies without any.
struct OperatorCost {
  std::string kind;              // "conv2d", as in Coverage
  const void* weight = nullptr;  // what it is known by, see operator_names.h; may be null
  std::vector<int64_t> output_shape;
  // The how manieth call, from 0, of those that no operator made it belongs to.
  size_t outermost = 0;
  // Of its convolutions and matrix products, each counted once; what normalization and
  // activations do is not counted. nullopt where that is not known (quantized, fused).
  std::optional<int64_t> multiply_adds = 0;
};

// Runs `inference`, one pass of a model on this thread, and lists what executed, in
// order. An operator that another one calls is the other's business.
std::vector<OperatorCost> ListCosts(const std::function<void()>& inference);

// The sum; nullopt when that of one operator is not known, or nothing multiplied.
std::optional<int64_t> TotalMultiplyAdds(const std::vector<OperatorCost>& costs);

// Both in one.
std::optional<int64_t> CountMultiplyAdds(const std::function<void()>& inference);

}  // namespace edgebench::worker
