#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"

namespace edgebench::worker {

enum class WeightScheme { kPerChannel, kPerTensor };

// A float32 weight as qint8, symmetric (Krishnamoorthi, arXiv:1806.08342, section
// 3.1), with one scale for the whole tensor or for each index of dimension `axis`:
//
//   scale = max(max |w| / 127, 2^-23)     q = round_half_to_even(w / scale)
//
// so that each weight comes back within half a step. Bit by bit what
// at::quantize_per_channel or at::quantize_per_tensor makes with these scales.
// Reads the weight once from memory, and again from the cache where a channel
// fits in it. `axis` counts for per-channel only. `on_part_read` is called on the way,
// when some 64 MB of the weight were read for the last time.
//   INVALID_ARGUMENT  the weight holds NaN or infinity
absl::StatusOr<at::Tensor> QuantizeWeight(const at::Tensor& weight, WeightScheme scheme,
                                          int64_t axis = 0,
                                          const std::function<void()>& on_part_read = {});

}  // namespace edgebench::worker
