#include "agent/worker/torch/quantization/frozen_quantizer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/torch/quantization/kernel_probe.h"
#include "common/names.h"

namespace edgebench::worker {
namespace {

constexpr char kKeptByUser[] = "kept fp32 by --keep";
constexpr char kKeptForBound[] = "kept fp32 for --min-sqnr";

}  // namespace

bool IsKeptBy(const std::string& pattern, const std::string& operator_name) {
  if (absl::EndsWith(pattern, "*")) {
    return absl::StartsWith(operator_name, pattern.substr(0, pattern.size() - 1));
  }
  return pattern == operator_name;
}

FrozenQuantizer::FrozenQuantizer(FrozenModel model, QuantizeOptions options)
    : options_(std::move(options)),
      scheme_(options_.weight_scheme == "per-tensor" ? WeightScheme::kPerTensor
                                                     : WeightScheme::kPerChannel),
      frozen_(std::move(model)) {}

absl::StatusOr<std::vector<double>> FrozenQuantizer::Train(const CalibrationBatches&,
                                                           const TrainOptions&) {
  return absl::UnimplementedError(
      absl::StrCat(PrecisionName(options_.precision), " trains nothing; int8-qat does"));
}

bool FrozenQuantizer::NeedsReducedRange() const {
  return options_.engine != "onednn" && AddsProductsIn16Bits(options_.engine);
}

bool FrozenQuantizer::WeightsHeedPairs() const {
  return options_.engine == "onednn" && AddsProductsIn16Bits(options_.engine);
}

WeightPacker::Options FrozenQuantizer::Packing() const {
  return {scheme_, WeightsHeedPairs() ? kAllLevels : 0, options_.on_weights_read};
}

std::function<std::string(const Layer&)> FrozenQuantizer::KeepReason(
    const std::set<std::string>& keep) const {
  return [this, keep](const Layer& layer) -> std::string {
    const auto matches = [&](const std::string& pattern) { return IsKeptBy(pattern, layer.name); };
    if (std::any_of(options_.keep_fp32.begin(), options_.keep_fp32.end(), matches)) {
      return kKeptByUser;
    }
    return keep.count(layer.name) != 0 ? kKeptForBound : "";
  };
}

}  // namespace edgebench::worker
