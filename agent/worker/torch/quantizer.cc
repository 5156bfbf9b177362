#include "agent/worker/torch/quantizer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <regex>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/torch/activation_observers.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/quantization/calibration.h"
#include "agent/worker/torch/quantization/frozen_model.h"
#include "agent/worker/torch/quantization/graph.h"
#include "agent/worker/torch/quantization/half_precision.h"
#include "agent/worker/torch/quantization/int8_dynamic.h"
#include "agent/worker/torch/quantization/int8_static.h"
#include "agent/worker/torch/quantization/kernel_probe.h"
#include "agent/worker/torch/quantization/training.h"
#include "agent/worker/torch/quantization/weight_storage.h"
#include "agent/worker/torch/quantizer_checks.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "common/suggest.h"

namespace edgebench::worker {
namespace {

using torch::jit::Module;

constexpr char kKeptByUser[] = "kept fp32 by --keep";
constexpr char kKeptForBound[] = "kept fp32 for --min-sqnr";

// Where pairs of products are added in 16 bits, PyTorch's convention is to use 7 bits of
// the activations. Of ONEDNN it is known which products make a pair, and weights that
// heed it leave the activations all 8.
bool NeedsReducedRange(const std::string& engine) {
  return engine != "onednn" && AddsProductsIn16Bits(engine);
}

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

// "encoder.*" stands for all operators below encoder.
bool Matches(const std::string& pattern, const std::string& name) {
  if (absl::EndsWith(pattern, "*")) {
    return absl::StartsWith(name, pattern.substr(0, pattern.size() - 1));
  }
  return pattern == name;
}

absl::Status CheckKept(const std::vector<std::string>& patterns,
                       const std::vector<std::string>& names) {
  for (const std::string& pattern : patterns) {
    const bool matches = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return Matches(pattern, name);
    });
    if (matches) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--keep: the model has no operator \"", pattern, "\" that could be quantized.",
                     DidYouMean(pattern, names), " Operators: ", absl::StrJoin(names, ", ")));
  }
  return absl::OkStatus();
}

// What all methods have in common.
class FrozenQuantizer : public Quantizer {
 public:
  FrozenQuantizer(FrozenModel model, QuantizeOptions options)
      : options_(std::move(options)),
        scheme_(options_.weight_scheme == "per-tensor" ? WeightScheme::kPerTensor
                                                       : WeightScheme::kPerChannel),
        frozen_(std::move(model)) {}

  absl::Status Calibrate(const CalibrationBatches&) override { return absl::OkStatus(); }

  absl::StatusOr<std::vector<double>> Train(const CalibrationBatches&,
                                            const TrainOptions&) override {
    return absl::UnimplementedError(
        absl::StrCat(PrecisionName(options_.precision), " trains nothing; int8-qat does"));
  }

 protected:
  WeightPacker::Options Packing() const {
    return {scheme_, options_.engine == "onednn" && AddsProductsIn16Bits(options_.engine),
            options_.on_weights_read};
  }

  std::function<std::string(const Layer&)> KeepReason(const std::set<std::string>& keep) const {
    return [this, keep](const Layer& layer) -> std::string {
      const auto matches = [&](const std::string& pattern) { return Matches(pattern, layer.name); };
      if (std::any_of(options_.keep_fp32.begin(), options_.keep_fp32.end(), matches)) {
        return kKeptByUser;
      }
      return keep.count(layer.name) != 0 ? kKeptForBound : "";
    };
  }

  const QuantizeOptions options_;
  const WeightScheme scheme_;
  FrozenModel frozen_;
};

class DynamicQuantizer final : public FrozenQuantizer {
 public:
  using FrozenQuantizer::FrozenQuantizer;

  absl::StatusOr<QuantizedModel> Convert(const std::set<std::string>& keep) override {
    DynamicOptions options;
    options.packing = Packing();
    options.reduce_range = NeedsReducedRange(options_.engine);
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

class StaticQuantizer final : public FrozenQuantizer {
 public:
  StaticQuantizer(FrozenModel model, QuantizeOptions options)
      : FrozenQuantizer(std::move(model), std::move(options)) {
    FoldBatchNorm(frozen_);
    static_options_.engine = options_.engine;
    static_options_.packing = Packing();
    static_options_.reduce_range = NeedsReducedRange(options_.engine);
  }

  absl::Status Calibrate(const CalibrationBatches& batches) override {
    Int8Static precision(static_options_, frozen_.module, ranges_);
    const Region region(*frozen_.graph(), precision, KeepReason({}));
    // The same, with a copy of the first batch for a trial of what comes out.
    const CalibrationBatches with_sample = [&](const BatchConsumer& consume) {
      return batches([&](const ModelInputs& inputs) {
        if (sample_.empty()) sample_ = CopyInputs(inputs);
        return consume(inputs);
      });
    };
    EDGEBENCH_ASSIGN_OR_RETURN(
        ranges_,
        worker::Calibrate(frozen_, Watched(region), options_.observer, Levels(), with_sample));
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<double>> Train(const CalibrationBatches& batches,
                                            const TrainOptions& options) override {
    if (options_.precision != v1::PRECISION_INT8_QAT)
      return FrozenQuantizer::Train(batches, options);
    Int8Static precision(static_options_, frozen_.module, ranges_);
    const Region region(*frozen_.graph(), precision, KeepReason({}));
    return TrainForInt8(frozen_, region, ranges_, Levels(), static_options_.packing, batches,
                        options);
  }

  absl::StatusOr<QuantizedModel> Convert(const std::set<std::string>& keep) override {
    // Each round leaves out what turned out to have no kernel.
    constexpr int kMostRounds = 32;
    for (int round = 0; round < kMostRounds; ++round) {
      absl::StatusOr<QuantizedModel> converted = TryConvert(keep);
      if (!converted.ok()) {
        if (!absl::IsUnimplemented(converted.status()) || refused_layer_.empty()) return converted;
        refused_[std::exchange(refused_layer_, "")] = std::string(converted.status().message());
        continue;
      }
      const std::optional<std::string> missing = OperatorWithoutKernel(*converted);
      if (!missing.has_value()) return converted;
      static_options_.without_kernel.insert(*missing);
    }
    return absl::UnimplementedError("int8-static finds no graph that this engine can run");
  }

 private:
  int Levels() const { return static_options_.reduce_range ? 127 : 255; }

  // What one layer leaves another may have to take in when an operator between them
  // turns out to stay fp32: each input is watched, not only those from outside.
  static std::vector<torch::jit::Value*> Watched(const Region& region) {
    std::vector<torch::jit::Value*> watched = region.ranged();
    std::set<torch::jit::Value*> known(watched.begin(), watched.end());
    for (const RegionLayer& planned : region.layers()) {
      if (known.insert(planned.layer.input()).second) watched.push_back(planned.layer.input());
    }
    return watched;
  }

  absl::StatusOr<QuantizedModel> TryConvert(const std::set<std::string>& keep) {
    FrozenModel model = frozen_.Clone();
    Int8Static precision(static_options_, model.module, ranges_);
    const auto kept = KeepReason(keep);
    Region region(*model.graph(), precision, [&](const Layer& layer) -> std::string {
      const auto refused = refused_.find(layer.name);
      return refused != refused_.end() ? refused->second : kept(layer);
    });
    const absl::Status lowered = region.Lower();
    refused_layer_ = precision.refused_layer();
    EDGEBENCH_RETURN_IF_ERROR(lowered);
    return QuantizedModel{model.module, region.decisions(), precision.packed_bytes()};
  }

  // Runs the model once; the operator that LibTorch has no int8 kernel for, if any.
  std::optional<std::string> OperatorWithoutKernel(const QuantizedModel& quantized) {
    static const std::regex pattern(R"(Could not run '([\w:]+)(?:\.\w+)?' with arguments)");
    const FrozenModel model{quantized.module};
    try {
      RunGraph(model.graph(), model.StackFor(CopyInputs(sample_)));
    } catch (const std::exception& error) {
      const std::string text = error.what();
      std::smatch match;
      if (!std::regex_search(text, match, pattern)) throw;
      if (!static_options_.without_kernel.insert(match[1].str()).second) throw;
      return match[1].str();
    }
    return std::nullopt;
  }

  Int8Static::Options static_options_;
  ActivationRanges ranges_;
  ModelInputs sample_;
  std::map<std::string, std::string> refused_;  // layers, and why
  std::string refused_layer_;                   // by the last TryConvert
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
