#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/worker/torch/held_out.h"
#include "agent/worker/torch/quantizer.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// Share of the work that is done, 0 to 1.
using ShareDone = std::function<void(double)>;

// Quantizes each operator alone and measures how far the outputs then lie from those in
// fp32, on the inputs held out: worst first. `quantized` is what converting all of them gave.
//   codes as Quantizer::Convert and RunQuantized
absl::StatusOr<std::vector<v1::OperatorSensitivity>> RankOperators(Quantizer& quantizer,
                                                                   const QuantizedModel& quantized,
                                                                   const std::string& engine,
                                                                   const HeldOut& held_out,
                                                                   const ShareDone& progress);

// Which operators stay fp32 so that the outputs have at least `min_sqnr_db`: as few of
// the ranked ones, from the worst on, as will do. Found by bisection, which takes the
// error to fall with each operator that stays.
//   codes as Quantizer::Convert and RunQuantized
absl::StatusOr<std::set<std::string>> OperatorsToKeep(
    Quantizer& quantizer, const std::vector<v1::OperatorSensitivity>& ranking,
    const std::string& engine, const HeldOut& held_out, double min_sqnr_db,
    const ShareDone& progress);

}  // namespace edgebench::worker
