#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench {

// The text of each enumerator as users type it and as it is stored:
// "int8-dynamic", "invalid_model", "QUEUED", "warm-up", "freeze", "benchmark".
// UNSPECIFIED is "". The parsers answer INVALID_ARGUMENT with the allowed names
// and the nearest one.

std::string PrecisionName(v1::Precision precision);
std::string OptimizeName(v1::Optimize optimize);
std::string JobKindName(v1::JobKind kind);
std::string JobStateName(v1::JobState state);
std::string StageName(v1::Stage stage);
std::string OutcomeName(v1::Outcome outcome);
std::string ScenarioName(v1::Scenario scenario);
std::string HugePagesName(v1::HugePages huge_pages);
std::string PeakQuantityName(v1::RooflinePeaks::Quantity quantity);  // "fp32", "bandwidth"

// Whether a job passes one stage before the other. Their numbers do not tell.
bool ComesBefore(v1::Stage earlier, v1::Stage later);

absl::StatusOr<v1::Precision> ParsePrecision(absl::string_view name);
absl::StatusOr<v1::Optimize> ParseOptimize(absl::string_view name);

// All names in the order of the enumerators, without UNSPECIFIED.
std::vector<std::string> PrecisionNames();
std::vector<std::string> OptimizeNames();
std::vector<std::string> ScenarioNames();
std::vector<std::string> HugePagesNames();

// The engine that stands for the best of the device.
inline constexpr char kAutoEngine[] = "auto";

// What --engine takes: "auto" first, and the quantized engines that some LibTorch has.
// Whether a device has one shows there.
const std::vector<std::string>& EngineNames();

// How ranges are found from calibration data, see docs/quantization.md.
const std::vector<std::string>& ObserverNames();
// What has one scale of its own: each output channel of a weight, or the weight.
const std::vector<std::string>& WeightSchemeNames();
// Of quantization-aware training.
const std::vector<std::string>& TrainingOptimizerNames();

// SUCCEEDED, FAILED, CANCELLED, INTERRUPTED.
bool IsFinal(v1::JobState state);

// The final state that goes with the outcome of a job: FAILED for all but ok,
// cancelled and interrupted.
v1::JobState FinalState(v1::Outcome outcome);

}  // namespace edgebench
