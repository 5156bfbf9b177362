#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::controller {

// The flags that say how a model is quantized, as typed. What is not given is
// the agent's default.
struct QuantizationOptions {
  std::string observer, weight_scheme, embeddings;
  std::vector<std::string> keep;  // "fp32:a,b"
  std::optional<double> min_sqnr_db;
  bool sensitivity = false;

  std::string calibration;  // a path
  std::optional<int32_t> calibration_batches, image_resize;
  std::string image_mean, image_std;  // "0.5,0.5,0.5"

  std::optional<int32_t> qat_steps;
  std::optional<double> learning_rate;
  std::string optimizer;
};

// --observer and --calibration to --optimizer, in groups of the help.
void AddQuantizationFlags(CLI::App& command, QuantizationOptions& options);

// Sets all but the calibration data, which are a file (calibration_choice.h).
// INVALID_ARGUMENT names the flag and what it accepts.
absl::Status ApplyQuantization(const QuantizationOptions& options, v1::JobSettings& settings);

// INVALID_ARGUMENT names a flag that has no use for any of these precisions.
absl::Status CheckUseOf(const QuantizationOptions& options,
                        const std::vector<v1::Precision>& precisions);

// Clears what is of other precisions than that of the settings: in a grid each
// cell is given its own.
void ClearWhatIsOfOthers(v1::JobSettings& settings);

// FAILED_PRECONDITION when the agent of a device would pass over some of these
// settings, because it is older than they are.
absl::Status CheckAgentKnows(const std::string& device, const v1::Capabilities& capabilities,
                             const v1::JobSettings& settings);

}  // namespace edgebench::controller
