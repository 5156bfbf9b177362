#include "agent/worker/torch/quantizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/torch/activation_observers.h"
#include "agent/worker/torch/quantization/frozen_model.h"
#include "agent/worker/torch/quantization/frozen_quantizer.h"
#include "agent/worker/torch/quantization/half_precision.h"
#include "agent/worker/torch/quantization/int8_dynamic.h"
#include "agent/worker/torch/quantization/static_quantizer.h"
#include "agent/worker/torch/quantization/weight_storage.h"
#include "agent/worker/torch/quantizer_checks.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "common/suggest.h"

namespace edgebench::worker {
namespace {

using torch::jit::Module;

bool IsStatic(v1::Precision precision) {
  return precision == v1::PRECISION_INT8_STATIC || precision == v1::PRECISION_INT8_QAT;
}

absl::Status CheckOptions(const QuantizeOptions& options) {
  const std::vector<std::string> engines = QuantizedEngines();
  if (std::find(engines.begin(), engines.end(), options.engine) == engines.end()) {
    return absl::UnimplementedError(absl::StrCat("this LibTorch has no quantized engine \"",
                                                 options.engine,
                                                 "\"; it has: ", absl::StrJoin(engines, ", ")));
  }
  const std::vector<std::string> observers = ActivationObserverNames();
  if (IsStatic(options.precision) &&
      std::find(observers.begin(), observers.end(), options.observer) == observers.end()) {
    return absl::UnimplementedError(absl::StrCat("there is no observer \"", options.observer, "\".",
                                                 DidYouMean(options.observer, observers),
                                                 " Observers: ", absl::StrJoin(observers, ", ")));
  }
  return absl::OkStatus();
}

absl::Status CheckKept(const std::vector<std::string>& patterns,
                       const std::vector<std::string>& names) {
  for (const std::string& pattern : patterns) {
    const bool matches = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return IsKeptBy(pattern, name);
    });
    if (matches) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--keep: the model has no operator \"", pattern, "\" that could be quantized.",
                     DidYouMean(pattern, names), " Operators: ", absl::StrJoin(names, ", ")));
  }
  return absl::OkStatus();
}

class DynamicQuantizer final : public FrozenQuantizer {
 public:
  using FrozenQuantizer::FrozenQuantizer;

  absl::StatusOr<QuantizedModel> Convert(const std::set<std::string>& keep) override {
    DynamicOptions options;
    options.packing = Packing();
    options.reduce_range = NeedsReducedRange();
    options.embeddings = options_.embeddings;
    options.keep_reason = KeepReason(keep);
    return LowerDynamically(frozen_.Clone(), options);
  }
};

class WeightOnlyQuantizer final : public FrozenQuantizer {
 public:
  using FrozenQuantizer::FrozenQuantizer;

  absl::StatusOr<QuantizedModel> Convert(const std::set<std::string>& keep) override {
    FrozenModel model = frozen_.Clone();
    WeightStorageOptions options;
    options.scheme = scheme_;
    options.embeddings = options_.embeddings;
    options.keep_reason = KeepReason(keep);
    options.on_weights_read = options_.on_weights_read;
    EDGEBENCH_ASSIGN_OR_RETURN(auto decisions, StoreWeights(model, options));
    return QuantizedModel{model.module, std::move(decisions)};
  }
};

class HalfQuantizer final : public FrozenQuantizer {
 public:
  using FrozenQuantizer::FrozenQuantizer;

  absl::StatusOr<QuantizedModel> Convert(const std::set<std::string>& keep) override {
    const at::ScalarType type =
        options_.precision == v1::PRECISION_FP16 ? at::kHalf : at::kBFloat16;
    FrozenModel model = frozen_.Clone();
    HalfPrecision precision(type);
    Region region(*model.graph(), precision, KeepReason(keep));
    EDGEBENCH_RETURN_IF_ERROR(region.Lower());
    // What has no kernel computes in fp32, from weights in half precision.
    WeightStorageOptions storage;
    storage.type = type;
    storage.keep_reason = KeepReason(keep);
    storage.on_weights_read = options_.on_weights_read;
    EDGEBENCH_RETURN_IF_ERROR(StoreWeights(model, storage).status());
    return QuantizedModel{model.module, region.decisions()};
  }
};

absl::StatusOr<std::unique_ptr<Quantizer>> Make(FrozenModel frozen,
                                                const QuantizeOptions& options) {
  switch (options.precision) {
    case v1::PRECISION_INT8_DYNAMIC:
      return std::make_unique<DynamicQuantizer>(std::move(frozen), options);
    case v1::PRECISION_INT8_STATIC:
    case v1::PRECISION_INT8_QAT:
      return std::make_unique<StaticQuantizer>(std::move(frozen), options);
    case v1::PRECISION_INT8_WEIGHT_ONLY:
      return std::make_unique<WeightOnlyQuantizer>(std::move(frozen), options);
    case v1::PRECISION_FP16:
    case v1::PRECISION_BF16:
      return std::make_unique<HalfQuantizer>(std::move(frozen), options);
    default:
      return absl::UnimplementedError(
          absl::StrCat(PrecisionName(options.precision), " is no precision to quantize to"));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Quantizer>> Quantizer::Create(const Module& module,
                                                             const QuantizeOptions& options) {
  EDGEBENCH_RETURN_IF_ERROR(CheckOptions(options));
  EDGEBENCH_RETURN_IF_ERROR(CheckQuantizable(module, options.on_weights_read));
  if (options.on_weights_read) options.on_weights_read();
  UseQuantizedEngine(options.engine);
  FrozenModel frozen = Freeze(module);
  std::vector<std::string> names;
  for (const Layer& layer : FindLayers(*frozen.graph())) names.push_back(layer.name);
  EDGEBENCH_RETURN_IF_ERROR(CheckKept(options.keep_fp32, names));
  return Make(std::move(frozen), options);
}

absl::StatusOr<QuantizedModel> Quantize(const Module& module, const QuantizeOptions& options,
                                        const std::vector<ModelInputs>& calibration) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::unique_ptr<Quantizer> quantizer,
                             Quantizer::Create(module, options));
  EDGEBENCH_RETURN_IF_ERROR(quantizer->Calibrate([&](const BatchConsumer& consume) -> absl::Status {
    for (const ModelInputs& inputs : calibration) EDGEBENCH_RETURN_IF_ERROR(consume(inputs));
    return absl::OkStatus();
  }));
  return quantizer->Convert({});
}

}  // namespace edgebench::worker
