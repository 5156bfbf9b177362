#include "agent/worker/torch/optimizer.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/quantization/weight_storage.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/names.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// They are to stay as they are: as constants they would be widened once and for all.
std::vector<std::string> NamesOfNarrowWeights(const torch::jit::Module& module) {
  std::vector<std::string> names;
  for (const auto& attribute : module.named_attributes(/*recurse=*/false)) {
    if (absl::StartsWith(attribute.name, kStoredPrefix)) names.push_back(attribute.name);
  }
  return names;
}

torch::jit::Module Transform(const torch::jit::Module& module, v1::Optimize level) {
  if (level == v1::OPTIMIZE_NONE) return module;
  torch::jit::Module frozen = torch::jit::freeze(module, NamesOfNarrowWeights(module));
  return level == v1::OPTIMIZE_FULL ? torch::jit::optimize_for_inference(frozen) : frozen;
}

v1::Optimize NextLower(v1::Optimize level) {
  return level == v1::OPTIMIZE_FULL ? v1::OPTIMIZE_FREEZE : v1::OPTIMIZE_NONE;
}

absl::StatusOr<torch::jit::Module> TransformAndCheck(const torch::jit::Module& module,
                                                     v1::Optimize level, const ModelInputs& inputs,
                                                     const std::vector<at::Tensor>& expected,
                                                     double tolerance) {
  EDGEBENCH_ASSIGN_OR_RETURN(
      torch::jit::Module transformed,
      Guarded("the optimization failed", absl::StatusCode::kInternal,
              [&]() -> absl::StatusOr<torch::jit::Module> { return Transform(module, level); }));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<at::Tensor> outputs,
                             RunModule(transformed, CopyInputs(inputs)));
  const std::string difference = DifferenceBetween(expected, outputs, tolerance);
  if (!difference.empty()) return absl::InternalError("it changed the outputs: " + difference);
  return transformed;
}

double Norm(const at::Tensor& tensor) { return tensor.norm().item<double>(); }

std::string DifferenceOf(const at::Tensor& expected, const at::Tensor& actual, double tolerance) {
  if (expected.sizes() != actual.sizes() || expected.scalar_type() != actual.scalar_type()) {
    return absl::StrCat(DescribeTensor(expected), " became ", DescribeTensor(actual));
  }
  if (!expected.is_floating_point()) return "";
  // Infinities and NaNs must be where they were; the rest is compared by norm.
  const at::Tensor before = expected.to(at::kDouble);
  const at::Tensor after = actual.to(at::kDouble);
  const at::Tensor finite = before.isfinite();
  if (!finite.equal(after.isfinite())) return "values became or ceased to be infinite";
  const double scale = Norm(before.masked_select(finite));
  const double error = Norm((before - after).masked_select(finite));
  if (error <= tolerance * scale) return "";
  return absl::StrFormat("relative difference %.3g, allowed %.3g", error / scale, tolerance);
}

}  // namespace

std::string DifferenceBetween(const std::vector<at::Tensor>& expected,
                              const std::vector<at::Tensor>& actual, double tolerance) {
  if (expected.size() != actual.size()) {
    return absl::StrCat(expected.size(), " output tensors became ", actual.size());
  }
  const c10::InferenceMode no_gradients;
  for (size_t i = 0; i < expected.size(); ++i) {
    std::string difference = DifferenceOf(expected[i], actual[i], tolerance);
    if (!difference.empty()) return difference;
  }
  return "";
}

absl::StatusOr<OptimizedModule> OptimizeModule(const torch::jit::Module& module, v1::Optimize asked,
                                               const ModelInputs& inputs,
                                               const std::vector<at::Tensor>& expected,
                                               double tolerance) {
  OptimizedModule result;
  for (v1::Optimize level = asked; level != v1::OPTIMIZE_NONE; level = NextLower(level)) {
    absl::StatusOr<torch::jit::Module> transformed =
        TransformAndCheck(module, level, inputs, expected, tolerance);
    if (transformed.ok()) {
      result.module = *std::move(transformed);
      result.level = level;
      return result;
    }
    if (absl::IsResourceExhausted(transformed.status())) return transformed.status();
    result.notes.push_back(absl::StrCat("--optimize ", OptimizeName(level), " was given up for ",
                                        OptimizeName(NextLower(level)), ": ",
                                        transformed.status().message()));
  }
  result.module = module;
  result.level = v1::OPTIMIZE_NONE;
  return result;
}

}  // namespace edgebench::worker
