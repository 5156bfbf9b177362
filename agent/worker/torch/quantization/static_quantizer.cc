#include "agent/worker/torch/quantization/static_quantizer.h"

#include <algorithm>
#include <regex>
#include <utility>

#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/quantization/calibration.h"
#include "agent/worker/torch/quantization/graph.h"
#include "agent/worker/torch/quantization/training.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// 7.5 bits. With all 8 the weights, which heed pairs, have to be coarser by up to a bit;
// with 7 not at all, but then the activations are.
constexpr int kCompromiseLevels = 181;

// What one layer leaves another may have to take in when an operator between them
// turns out to stay fp32: each input is watched, not only those from outside.
std::vector<torch::jit::Value*> Watched(const Region& region) {
  std::vector<torch::jit::Value*> watched = region.ranged();
  std::set<torch::jit::Value*> known(watched.begin(), watched.end());
  for (const RegionLayer& planned : region.layers()) {
    if (known.insert(planned.layer.input()).second) watched.push_back(planned.layer.input());
  }
  return watched;
}

}  // namespace

StaticQuantizer::StaticQuantizer(FrozenModel model, QuantizeOptions options)
    : FrozenQuantizer(std::move(model), std::move(options)) {
  FoldBatchNorm(frozen_);
  static_options_.engine = options_.engine;
  static_options_.packing = Packing();
}

absl::Status StaticQuantizer::Calibrate(const CalibrationBatches& batches) {
  Int8Static precision(static_options_, frozen_.module, ranges_);
  const Region region(*frozen_.graph(), precision, KeepReason({}));
  static_options_.levels = ChooseLevels(region);
  if (WeightsHeedPairs()) static_options_.packing.levels_in_16_bits = static_options_.levels;
  // The same, with a copy of the first batch for a trial of what comes out.
  const CalibrationBatches with_sample = [&](const BatchConsumer& consume) {
    return batches([&](const ModelInputs& inputs) {
      if (sample_.empty()) sample_ = CopyInputs(inputs);
      return consume(inputs);
    });
  };
  EDGEBENCH_ASSIGN_OR_RETURN(ranges_, worker::Calibrate(frozen_, Watched(region), options_.observer,
                                                        static_options_.levels, with_sample));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> StaticQuantizer::Train(const CalibrationBatches& batches,
                                                           const TrainOptions& options) {
  if (options_.precision != v1::PRECISION_INT8_QAT) return FrozenQuantizer::Train(batches, options);
  Int8Static precision(static_options_, frozen_.module, ranges_);
  const Region region(*frozen_.graph(), precision, KeepReason({}));
  return TrainForInt8(frozen_, region, ranges_, static_options_.levels, static_options_.packing,
                      batches, options);
}

absl::StatusOr<QuantizedModel> StaticQuantizer::Convert(const std::set<std::string>& keep) {
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

int StaticQuantizer::ChooseLevels(const Region& region) const {
  if (NeedsReducedRange()) return kHalfTheLevels;
  if (!WeightsHeedPairs()) return kAllLevels;
  // A bounded activation costs nothing where the largest level is its bound.
  const bool is_bounded =
      std::any_of(region.layers().begin(), region.layers().end(), [](const RegionLayer& planned) {
        return planned.activation != nullptr && IsBoundedRelu(*planned.activation);
      });
  return is_bounded ? kAllLevels : kCompromiseLevels;
}

absl::StatusOr<QuantizedModel> StaticQuantizer::TryConvert(const std::set<std::string>& keep) {
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

std::optional<std::string> StaticQuantizer::OperatorWithoutKernel(const QuantizedModel& quantized) {
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

}  // namespace edgebench::worker
