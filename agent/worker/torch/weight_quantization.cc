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

constexpr float kMostLevels = 255;

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

// Not std::max, which would lose a NaN on one side.
float Larger(float a, float b) { return a >= b ? a : (b >= a ? b : NAN); }

// m of the header, of weights whose runs begin with them.
float LargestOf(const float* weights, int64_t count, const ProductPairs& pairs) {
  const float largest = MaxAbs(weights, static_cast<size_t>(count));
  if (pairs.run == 0) return largest;
  const float share = static_cast<float>(pairs.activation_levels) / kMostLevels;
  return Larger(largest, share * MaxAbsPairSum(weights, static_cast<size_t>(count),
                                               static_cast<size_t>(pairs.stride)));
}

int64_t PerThread(int64_t row_size) { return kGrain / std::max<int64_t>(row_size, 1) + 1; }

// Rows of one scale each: a row is quantized while it is in the cache still.
std::vector<double> QuantizeRows(const float* weights, int64_t rows, int64_t row_size,
                                 int8_t* quantized, const WeightQuantization& how) {
  std::vector<double> scales(rows);
  const auto quantize = [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* values = weights + row * row_size;
      scales[row] = ScaleOf(LargestOf(values, row_size, how.pairs));
      QuantizeToInt8(values, static_cast<size_t>(row_size), Reciprocal(scales[row]),
                     quantized + row * row_size);
    }
  };
  const int64_t part = kPartSize / std::max<int64_t>(row_size, 1) + 1;
  for (int64_t begin = 0; begin < rows; begin += part) {
    at::parallel_for(begin, std::min(begin + part, rows), PerThread(row_size), quantize);
    if (how.on_part_read && begin + part < rows) how.on_part_read();
  }
  return scales;
}

double ScaleOfAll(const at::Tensor& weight, const ProductPairs& pairs) {
  const auto* weights = weight.data_ptr<float>();
  const int64_t run = pairs.run == 0 ? 1 : pairs.run;
  const float largest = at::parallel_reduce(
      0, weight.numel() / run, PerThread(run), 0.0F,
      [&](int64_t begin, int64_t end, float so_far) {
        if (pairs.run == 0) return LargestOf(weights + begin, end - begin, pairs);
        for (int64_t i = begin; i < end; ++i) {
          so_far = Larger(so_far, LargestOf(weights + i * run, run, pairs));
        }
        return so_far;
      },
      Larger);
  return ScaleOf(largest);
}

absl::StatusOr<at::Tensor> PerTensor(const at::Tensor& weight, const ProductPairs& pairs) {
  const auto* weights = weight.data_ptr<float>();
  const double scale = ScaleOfAll(weight, pairs);
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

int64_t RowSize(const at::Tensor& weight) {
  return weight.numel() / std::max<int64_t>(weight.size(0), 1);
}

// Rows are the channels, and land where they belong.
absl::StatusOr<at::Tensor> PerFirstDimension(const at::Tensor& weight,
                                             const WeightQuantization& how) {
  const int64_t channels = weight.size(0);
  const at::Tensor unknown = at::ones({channels}, at::kDouble);
  const at::Tensor zero_points = at::zeros({channels}, at::kLong);
  at::Tensor quantized = at::_empty_per_channel_affine_quantized(
      weight.sizes(), unknown, zero_points, 0, at::device(at::kCPU).dtype(at::kQInt8));
  const std::vector<double> scales =
      QuantizeRows(weight.data_ptr<float>(), channels, RowSize(weight),
                   static_cast<int8_t*>(quantized.data_ptr()), how);
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
      QuantizeRows(rows.data_ptr<float>(), channels, RowSize(rows), bytes.data_ptr<int8_t>(), {});
  if (!AllFinite(scales)) return NotFinite();
  return at::_make_per_channel_quantized_tensor(bytes.transpose(0, axis).contiguous(),
                                                DoubleTensor(scales),
                                                at::zeros({channels}, at::kLong), axis);
}

at::Tensor Dense(const at::Tensor& weight) { return weight.detach().to(at::kFloat).contiguous(); }

}  // namespace

absl::StatusOr<at::Tensor> QuantizeWeight(const at::Tensor& weight, const WeightQuantization& how) {
  const at::Tensor dense = Dense(weight);
  if (how.scheme == WeightScheme::kPerTensor) return PerTensor(dense, how.pairs);
  if (how.axis == 0) return PerFirstDimension(dense, how);
  return PerOtherDimension(dense, how.axis);
}

absl::StatusOr<at::Tensor> WeightScales(const at::Tensor& weight, const WeightQuantization& how) {
  const at::Tensor dense = Dense(weight);
  std::vector<double> scales;
  if (how.scheme == WeightScheme::kPerTensor) {
    scales.push_back(ScaleOfAll(dense, how.pairs));
  } else {
    const int64_t size = RowSize(dense);
    for (int64_t row = 0; row < dense.size(0); ++row) {
      const float* values = dense.data_ptr<float>() + row * size;
      scales.push_back(ScaleOf(LargestOf(values, size, how.pairs)));
    }
  }
  if (!AllFinite(scales)) return NotFinite();
  return DoubleTensor(scales);
}

}  // namespace edgebench::worker
