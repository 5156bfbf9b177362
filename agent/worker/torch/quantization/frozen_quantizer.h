#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "agent/worker/torch/quantization/frozen_model.h"
#include "agent/worker/torch/quantization/layers.h"
#include "agent/worker/torch/quantization/packing.h"
#include "agent/worker/torch/quantizer.h"

namespace edgebench::worker {

// Whether a name of --keep means the operator: "encoder.*" stands for all below encoder.
bool IsKeptBy(const std::string& pattern, const std::string& operator_name);

// What all methods have in common: a frozen model, and what stays fp32 of it.
class FrozenQuantizer : public Quantizer {
 public:
  FrozenQuantizer(FrozenModel model, QuantizeOptions options);

  absl::Status Calibrate(const CalibrationBatches&) override { return absl::OkStatus(); }
  absl::StatusOr<std::vector<double>> Train(const CalibrationBatches&,
                                            const TrainOptions&) override;

 protected:
  // Activations have at most these many levels above 0.
  static constexpr int kAllLevels = 255;
  static constexpr int kHalfTheLevels = 127;

  // Where pairs of products are added in 16 bits, PyTorch's convention is to use 7 bits of
  // the activations. Of ONEDNN it is known which products make a pair, so that weights can
  // heed it, and leave the activations more.
  bool NeedsReducedRange() const;
  bool WeightsHeedPairs() const;

  WeightPacker::Options Packing() const;
  std::function<std::string(const Layer&)> KeepReason(const std::set<std::string>& keep) const;

  const QuantizeOptions options_;
  const WeightScheme scheme_;
  FrozenModel frozen_;
};

}  // namespace edgebench::worker
