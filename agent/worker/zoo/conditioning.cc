#include "agent/worker/zoo/conditioning.h"

#include <cmath>
#include <vector>

#include "agent/worker/zoo/weights.h"

namespace edgebench::worker::zoo {
namespace {

constexpr int kMantissaBits = 12;

// The momentum that LibTorch's formula is evaluated with, see BatchNorm2d in
// layers.cc. From statistics of zero one forward leaves momentum times the batch's.
constexpr double kMomentum = 0.1;

std::vector<torch::jit::Module> BatchNorms(const torch::jit::Module& module) {
  std::vector<torch::jit::Module> found;
  for (const torch::jit::Module& child : module.modules()) {
    if (child.hasattr("running_var")) found.push_back(child);
  }
  return found;
}

void ConvertTensors(const torch::jit::Module& module, at::ScalarType from, at::ScalarType to) {
  const auto convert = [&](at::Tensor tensor) {
    if (tensor.scalar_type() == from) tensor.set_data(tensor.to(to));
  };
  for (const at::Tensor& tensor : module.parameters()) convert(tensor);
  for (const at::Tensor& tensor : module.buffers()) convert(tensor);
}

at::Tensor RoundMantissa(const at::Tensor& values) {
  at::Tensor rounded = values.to(at::kDouble).contiguous().clone();
  double* data = rounded.data_ptr<double>();
  for (int64_t i = 0; i < rounded.numel(); ++i) {
    int exponent = 0;
    const double mantissa = std::frexp(data[i], &exponent);
    data[i] =
        std::ldexp(std::nearbyint(std::ldexp(mantissa, kMantissaBits)), exponent - kMantissaBits);
  }
  return rounded;
}

void SetTraining(torch::jit::Module& norm, bool on) { norm.setattr("training", on); }

}  // namespace

void ConditionBatchNorms(torch::jit::Module& module, const std::vector<int64_t>& input_shape,
                         int64_t seed) {
  std::vector<torch::jit::Module> norms = BatchNorms(module);
  if (norms.empty()) return;

  at::Tensor input = at::empty(input_shape);
  FillUniform(StreamFor(seed, "conditioning input"), UniformBound(1.0, 1), input.data_ptr<float>(),
              input.numel());

  for (torch::jit::Module& norm : norms) {
    norm.attr("running_mean").toTensor().zero_();
    norm.attr("running_var").toTensor().zero_();
    SetTraining(norm, true);
  }
  ConvertTensors(module, at::kFloat, at::kDouble);
  {
    const at::NoGradGuard no_grad;
    const torch::jit::GraphOptimizerEnabledGuard run_once_as_written(false);
    module.forward({input.to(at::kDouble)});
  }
  for (torch::jit::Module& norm : norms) {
    for (const char* name : {"running_mean", "running_var"}) {
      at::Tensor statistic = norm.attr(name).toTensor();
      statistic.copy_(RoundMantissa(statistic / kMomentum));
    }
    SetTraining(norm, false);
  }
  ConvertTensors(module, at::kDouble, at::kFloat);
}

}  // namespace edgebench::worker::zoo
