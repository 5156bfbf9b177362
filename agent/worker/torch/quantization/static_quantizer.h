#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/worker/torch/quantization/frozen_quantizer.h"
#include "agent/worker/torch/quantization/int8_static.h"
#include "agent/worker/torch/quantization/region.h"

namespace edgebench::worker {

// int8-static, and int8-qat, which trains in between.
class StaticQuantizer final : public FrozenQuantizer {
 public:
  StaticQuantizer(FrozenModel model, QuantizeOptions options);

  absl::Status Calibrate(const CalibrationBatches& batches) override;
  absl::StatusOr<std::vector<double>> Train(const CalibrationBatches& batches,
                                            const TrainOptions& options) override;
  absl::StatusOr<QuantizedModel> Convert(const std::set<std::string>& keep) override;

 private:
  // How many levels above 0 the ranges of activations get, on this engine.
  int ChooseLevels(const Region& region) const;

  absl::StatusOr<QuantizedModel> TryConvert(const std::set<std::string>& keep);
  // Runs the model once; the operator that LibTorch has no int8 kernel for, if any.
  std::optional<std::string> OperatorWithoutKernel(const QuantizedModel& quantized);

  Int8Static::Options static_options_;
  ActivationRanges ranges_;
  ModelInputs sample_;                          // the first batch
  std::map<std::string, std::string> refused_;  // layers, and why
  std::string refused_layer_;                   // by the last TryConvert
};

}  // namespace edgebench::worker
