#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"

namespace edgebench::worker {

enum class WeightScheme { kPerChannel, kPerTensor };

// Which weights of a channel have their products added in 16 bits, before they go into
// sums of 32: in each `run` of neighbours in memory, number i of block 2j of `stride`
// weights and number i of block 2j + 1.
struct ProductPairs {
  int64_t run = 0;  // 0: none, and nothing below counts
  int64_t stride = 1;
  int64_t activation_levels = 255;  // the largest activation that they are multiplied by
};

struct WeightQuantization {
  WeightScheme scheme = WeightScheme::kPerChannel;
  int64_t axis = 0;  // of per-channel
  // With per-channel only for axis 0, and then a run is the weights of a channel.
  ProductPairs pairs = {};
  // Called on the way, when some 64 MB of the weight were read for the last time.
  std::function<void()> on_part_read = {};
};

// A float32 weight as qint8, symmetric (Krishnamoorthi, arXiv:1806.08342, section
// 3.1), with one scale for the whole tensor or for each index of dimension `axis`:
//
//   scale = max(m / 127, 2^-23)     q = round_half_to_even(w / scale)
//
// where m = max |w|, so that each weight comes back within half a step. With pairs, m is
// at least |w + w'| * levels / 255 of each: |q + q'| is at most 127 * 255 / levels + 1
// then, and no two products with activations up to `levels` exceed 16 bits together:
// 127 * 255 + levels <= 32640.
// Bit by bit what at::quantize_per_channel or at::quantize_per_tensor makes with these
// scales. Reads the weight once from memory, and again from the cache where a channel
// fits in it.
//   INVALID_ARGUMENT  the weight holds NaN or infinity
absl::StatusOr<at::Tensor> QuantizeWeight(const at::Tensor& weight, const WeightQuantization& how);

// The scales alone, float64 of shape [channels], or [1] for the whole tensor; not for
// another axis than 0. Codes as above.
absl::StatusOr<at::Tensor> WeightScales(const at::Tensor& weight, const WeightQuantization& how);

}  // namespace edgebench::worker
