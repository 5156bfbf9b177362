#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace edgebench::worker {

// Runs `inference`, one pass of a floating-point model on this thread, and
// counts the multiply-adds of its convolutions and matrix products, each once.
// nullopt when an operator ran whose work is not known here (quantized, fused),
// or none that multiplies.
std::optional<int64_t> CountMultiplyAdds(const std::function<void()>& inference);

}  // namespace edgebench::worker
