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
  // With all levels for the activations the weights have to be coarser, the more so the
  // more even their sizes are; with half of them they need not be. Which is nearest to
  // fp32 depends on the model, and is tried on the first batch.
  absl::Status ChooseLevels();
  void UseLevels(int levels, const ActivationRanges& all_levels);

  absl::StatusOr<QuantizedModel> TryConvert(const std::set<std::string>& keep);
  // Runs the model on the first batch; the operator that LibTorch has no int8 kernel for,
  // if any.
  absl::StatusOr<std::optional<std::string>> OperatorWithoutKernel(const QuantizedModel& quantized);

  Int8Static::Options static_options_;
  ActivationRanges ranges_;
  ModelInputs sample_;                          // the first batch
  std::vector<at::Tensor> sample_outputs_;      // of the last conversion
  std::map<std::string, std::string> refused_;  // layers, and why
  std::string refused_layer_;                   // by the last TryConvert
};

}  // namespace edgebench::worker
