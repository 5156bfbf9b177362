#include "agent/worker/zoo/conditioning.h"

#include <cmath>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/worker/zoo/module_builder.h"
#include "agent/worker/zoo/random_weights.h"

namespace edgebench::worker::zoo {
namespace {

constexpr int kMantissaBits = 12;

// The momentum that LibTorch's formula is evaluated with, see BatchNorm in
// layers.cc. From statistics of zero one forward leaves momentum times the batch's.
constexpr double kMomentum = 0.1;

constexpr char kMean[] = "running_mean";
constexpr char kVariance[] = "running_var";

bool IsStatistic(const std::string& name) { return name == kMean || name == kVariance; }

bool IsBatchNorm(const Layer& layer) {
  for (const TensorSlot& slot : layer.tensors) {
    if (slot.name == kVariance) return true;
  }
  return false;
}

bool HasBatchNorm(const Layer& layer) {
  if (IsBatchNorm(layer)) return true;
  for (const auto& [name, child] : layer.children) {
    if (HasBatchNorm(child)) return true;
  }
  return false;
}

// The layer with methods that widen each tensor where they read it.
Layer InDoublePrecision(Layer layer) {
  for (const TensorSlot& slot : layer.tensors) {
    if (slot.fill == Fill::kAbsent || IsStatistic(slot.name)) continue;
    const std::string self = absl::StrCat("self.", slot.name);
    for (const char* behind : {",", ")", "]"}) {
      absl::StrReplaceAll({{absl::StrCat(self, behind), absl::StrCat(self, ".double()", behind)}},
                          &layer.forward);
    }
  }
  for (auto& [name, child] : layer.children) child = InDoublePrecision(std::move(child));
  return layer;
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

void TrainBatchNorms(const torch::jit::Module& module) {
  for (torch::jit::Module part : module.modules()) {
    if (part.hasattr(kVariance)) part.setattr("training", true);
  }
}

}  // namespace

void ConditionBatchNorms(const Layer& layer, const torch::jit::Module& module,
                         const std::vector<int64_t>& input_shape, int64_t seed) {
  if (!HasBatchNorm(layer)) return;
  const at::NoGradGuard no_grad;

  at::Tensor input = at::empty(input_shape);
  FillUniform(StreamFor(seed, "conditioning input"), UniformBound(1.0, 1), input.data_ptr<float>(),
              input.numel());

  // A twin that shares the tensors, but has statistics of its own.
  std::unordered_map<std::string, at::Tensor> own;
  for (const auto& named : module.named_parameters()) own[named.name] = named.value;
  for (const auto& named : module.named_buffers()) own[named.name] = named.value;
  std::unordered_map<std::string, at::Tensor> statistics;
  torch::jit::Module twin =
      BuildModule(InDoublePrecision(layer), [&](const std::string& name, const TensorSlot& slot) {
        if (!IsStatistic(slot.name)) return own.at(name);
        return statistics[name] = at::zeros(slot.shape, at::kDouble);
      });
  TrainBatchNorms(twin);
  {
    const torch::jit::GraphOptimizerEnabledGuard run_once_as_written(false);
    twin.forward({input.to(at::kDouble)});
  }
  for (const auto& [name, statistic] : statistics) {
    own.at(name).copy_(RoundMantissa(statistic / kMomentum));
  }
}

}  // namespace edgebench::worker::zoo
