#include "agent/worker/torch/quantizer.h"

#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/fold_conv_bn.h>
#include <torch/csrc/jit/passes/quantization/finalize.h>
#include <torch/csrc/jit/passes/quantization/insert_observers.h>
#include <torch/csrc/jit/passes/quantization/insert_quant_dequant.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/version.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/torch/observers.h"
#include "agent/worker/torch/quantizer_checks.h"
#include "agent/worker/torch/quantizer_touch_up.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "common/suggest.h"

namespace edgebench::worker {
namespace {

using torch::jit::Module;
using torch::jit::QuantType;

// Engines that add products in 16 bits saturate when all 8 bits of the
// activations are used: FBGEMM always, ONEDNN where the processor lacks VNNI.
bool NeedsReducedRange(const std::string& engine) {
  if (engine == "fbgemm" || engine == "x86") return true;
#if defined(__x86_64__)
  if (engine == "onednn") return !__builtin_cpu_supports("avx512vnni");
#endif
  return false;
}

// ONEDNN of LibTorch 2.6 confuses input with output channels where they differ
// in number: its transposed convolutions are then noise. They stay fp32 there.
bool TransposesRightly(const std::string& engine) {
  return TORCH_VERSION_MAJOR < 2 || engine != "onednn";
}

absl::StatusOr<QuantType> TypeFor(v1::Precision precision) {
  switch (precision) {
    case v1::PRECISION_INT8_DYNAMIC:
      return QuantType::DYNAMIC;
    case v1::PRECISION_INT8_STATIC:
      return QuantType::STATIC;
    default:
      return absl::UnimplementedError(absl::StrCat(
          "precision ", PrecisionName(precision),
          " is not available yet in this version; available: int8-dynamic, int8-static"));
  }
}

absl::Status CheckOptions(const QuantizeOptions& options, QuantType type,
                          const std::vector<ModelInputs>& calibration) {
  const std::vector<std::string> engines = QuantizedEngines();
  if (std::find(engines.begin(), engines.end(), options.engine) == engines.end()) {
    return absl::UnimplementedError(absl::StrCat("this LibTorch has no quantized engine \"",
                                                 options.engine,
                                                 "\"; it has: ", absl::StrJoin(engines, ", ")));
  }
  const std::vector<std::string> observers = ActivationObserverNames();
  if (std::find(observers.begin(), observers.end(), options.observer) == observers.end()) {
    return absl::UnimplementedError(absl::StrCat(
        "observer \"", options.observer, "\" is not available in this version.",
        DidYouMean(options.observer, observers), " Available: ", absl::StrJoin(observers, ", ")));
  }
  if (type == QuantType::STATIC && calibration.empty()) {
    return absl::InvalidArgumentError(
        "int8-static needs at least one set of calibration inputs, and there is none");
  }
  return absl::OkStatus();
}

// The observers for each part of the module; "" stands for all that are not named.
torch::jit::QConfigDict ObserversFor(const Module& module, QuantType type,
                                     const std::string& engine) {
  const Module activation = type == QuantType::DYNAMIC ? DynamicActivationObserver()
                                                       : MinMaxObserver(NeedsReducedRange(engine));
  torch::jit::QConfigDict observers = {
      {"", std::make_tuple(activation, PerChannelWeightObserver())}};
  for (const auto& part : module.named_modules()) {
    if (!absl::StrContains(part.value.type()->name()->name(), "ConvTranspose")) continue;
    if (TransposesRightly(engine)) {
      observers[part.name] = std::make_tuple(activation, PerTensorWeightObserver());
    } else {
      observers[part.name] = c10::nullopt;
    }
  }
  return observers;
}

// What the observers saw must be finite, or no scale fits it.
absl::Status CheckObserved(const Module& prepared) {
  for (const auto& named : prepared.named_modules()) {
    // InsertObservers names them so; ReLU6 too has a min_val, which is a number.
    const bool is_observer = named.name.find("_observer_") != std::string::npos;
    if (!is_observer || !named.value.hasattr("min_val")) continue;
    const at::Tensor low = named.value.attr("min_val").toTensor();
    const at::Tensor high = named.value.attr("max_val").toTensor();
    if (std::isfinite(low.item<float>()) && std::isfinite(high.item<float>())) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("calibration met NaN or infinity at ", named.name,
                     "; check the calibration data and the model's fp32 outputs"));
  }
  return absl::OkStatus();
}

absl::Status Calibrate(Module& prepared, const std::vector<ModelInputs>& calibration) {
  const torch::jit::GraphOptimizerEnabledGuard run_as_written(false);
  for (const ModelInputs& inputs : calibration) prepared.forward(inputs);
  return CheckObserved(prepared);
}

void TouchUp(torch::jit::Graph& graph, QuantType type, bool reduce_range) {
  if (type == QuantType::DYNAMIC) {
    SetDynamicReduceRange(graph, reduce_range);
    return;
  }
  if (!reduce_range) FoldBoundedReluIntoScale(graph);
  MakeClampInputsContiguous(graph);
}

// The same steps, in the same order, as PyTorch's torch.ao.quantization.quantize_jit.
absl::StatusOr<Module> RunPasses(const Module& module, QuantType type, const std::string& engine,
                                 const std::vector<ModelInputs>& calibration) {
  // Shares the tensors; FoldConvBatchNorm copies what it is given.
  Module work = module.clone(/*inplace=*/true);
  RemoveDropout(work);
  Module folded = torch::jit::FoldConvBatchNorm(work);
  Module prepared =
      torch::jit::InsertObservers(folded, "forward", ObserversFor(folded, type, engine),
                                  /*inplace=*/true, type);
  if (type == QuantType::STATIC) EDGEBENCH_RETURN_IF_ERROR(Calibrate(prepared, calibration));
  Module converted = torch::jit::InsertQuantDeQuant(prepared, "forward", /*inplace=*/true,
                                                    /*debug=*/false, type);
  Module finished = torch::jit::Finalize(converted, type);
  auto graph = finished.get_method("forward").graph();
  torch::jit::ConstantPropagation(graph);
  TouchUp(*graph, type, NeedsReducedRange(engine));
  torch::jit::EliminateDeadCode(graph);
  return finished;
}

}  // namespace

absl::StatusOr<torch::jit::Module> Quantize(const torch::jit::Module& module,
                                            const QuantizeOptions& options,
                                            const std::vector<ModelInputs>& calibration) {
  EDGEBENCH_ASSIGN_OR_RETURN(const QuantType type, TypeFor(options.precision));
  EDGEBENCH_RETURN_IF_ERROR(CheckOptions(options, type, calibration));
  EDGEBENCH_RETURN_IF_ERROR(CheckQuantizable(module));
  UseQuantizedEngine(options.engine);
  return RunPasses(module, type, options.engine, calibration);
}

}  // namespace edgebench::worker
