#include "agent/worker/torch/weight_quantization.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/status/status.h"
#include "agent/worker/numerics/float_kernels.h"

namespace edgebench::worker {
namespace {

// Float's epsilon, as in PyTorch.
constexpr double kSmallestScale = 1.1920928955078125e-07;

// Weights per thread that are worth a thread.
constexpr int64_t kGrain = 65536;

// Weights between two calls of on_part_read.
constexpr int64_t kPartSize = int64_t{16} << 20;

double ScaleOf(float max_abs) {
  return std::max(static_cast<double>(max_abs) / 127, kSmallestScale);
}

// As at::quantize_per_channel does it, in float.
float Reciprocal(double scale) { return 1.0F / static_cast<float>(scale); }

bool AllFinite(const std::vector<double>& scales) {
  return std::all_of(scales.begin(), scales.end(), [](double s) { return std::isfinite(s); });
}

absl::Status NotFinite() { return absl::InvalidArgumentError("the weight holds NaN or infinity"); }

// Rows of one scale each: a row is quantized while it is in the cache still.
std::vector<double> QuantizeRows(const float* weights, int64_t rows, int64_t row_size,
                                 int8_t* quantized, const std::function<void()>& on_part_read) {
  std::vector<double> scales(rows);
  const auto size = static_cast<size_t>(row_size);
  const auto quantize = [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* values = weights + row * row_size;
      scales[row] = ScaleOf(MaxAbs(values, size));
      QuantizeToInt8(values, size, Reciprocal(scales[row]), quantized + row * row_size);
    }
  };
  const int64_t part = kPartSize / std::max<int64_t>(row_size, 1) + 1;
  for (int64_t begin = 0; begin < rows; begin += part) {
    at::parallel_for(begin, std::min(begin + part, rows),
                     kGrain / std::max<int64_t>(row_size, 1) + 1, quantize);
    if (on_part_read) on_part_read();
  }
  return scales;
}

float ParallelMaxAbs(const float* weights, int64_t count) {
  return at::parallel_reduce(
      0, count, kGrain, 0.0F,
      [&](int64_t begin, int64_t end, float /*identity*/) {
        return MaxAbs(weights + begin, static_cast<size_t>(end - begin));
      },
      // Not std::max, which would lose a NaN on one side.
      [](float a, float b) { return a >= b ? a : (b >= a ? b : NAN); });
}

absl::StatusOr<at::Tensor> PerTensor(const at::Tensor& weight) {
  const auto* weights = weight.data_ptr<float>();
  const double scale = ScaleOf(ParallelMaxAbs(weights, weight.numel()));
  if (!std::isfinite(scale)) return NotFinite();
  at::Tensor quantized =
      at::_empty_affine_quantized(weight.sizes(), at::device(at::kCPU).dtype(at::kQInt8), scale, 0);
  auto* bytes = static_cast<int8_t*>(quantized.data_ptr());
  at::parallel_for(0, weight.numel(), kGrain, [&](int64_t begin, int64_t end) {
    QuantizeToInt8(weights + begin, static_cast<size_t>(end - begin), Reciprocal(scale),
                   bytes + begin);
  });
  return quantized;
}

at::Tensor DoubleTensor(const std::vector<double>& values) {
  return at::tensor(values, at::TensorOptions().dtype(at::kDouble));
}

// Rows are the channels, and land where they belong.
absl::StatusOr<at::Tensor> PerFirstDimension(const at::Tensor& weight,
                                             const std::function<void()>& on_part_read) {
  const int64_t channels = weight.size(0);
  const at::Tensor unknown = at::ones({channels}, at::kDouble);
  const at::Tensor zero_points = at::zeros({channels}, at::kLong);
  at::Tensor quantized = at::_empty_per_channel_affine_quantized(
      weight.sizes(), unknown, zero_points, 0, at::device(at::kCPU).dtype(at::kQInt8));
  const std::vector<double> scales = QuantizeRows(
      weight.data_ptr<float>(), channels, weight.numel() / std::max<int64_t>(channels, 1),
      static_cast<int8_t*>(quantized.data_ptr()), on_part_read);
  if (!AllFinite(scales)) return NotFinite();
  // The quantizer of the tensor shares this one.
  quantized.q_per_channel_scales().copy_(DoubleTensor(scales));
  return quantized;
}

// The channels in front first, then the bytes back to their places.
absl::StatusOr<at::Tensor> PerOtherDimension(const at::Tensor& weight, int64_t axis) {
  const at::Tensor rows = weight.transpose(0, axis).contiguous();
  at::Tensor bytes = at::empty(rows.sizes(), at::kChar);
  const int64_t channels = rows.size(0);
  const std::vector<double> scales =
      QuantizeRows(rows.data_ptr<float>(), channels, rows.numel() / std::max<int64_t>(channels, 1),
                   bytes.data_ptr<int8_t>(), {});
  if (!AllFinite(scales)) return NotFinite();
  return at::_make_per_channel_quantized_tensor(bytes.transpose(0, axis).contiguous(),
                                                DoubleTensor(scales),
                                                at::zeros({channels}, at::kLong), axis);
}

}  // namespace

absl::StatusOr<at::Tensor> QuantizeWeight(const at::Tensor& weight, WeightScheme scheme,
                                          int64_t axis, const std::function<void()>& on_part_read) {
  const at::Tensor dense = weight.detach().to(at::kFloat).contiguous();
  if (scheme == WeightScheme::kPerTensor) return PerTensor(dense);
  if (axis == 0) return PerFirstDimension(dense, on_part_read);
  return PerOtherDimension(dense, axis);
}

}  // namespace edgebench::worker
