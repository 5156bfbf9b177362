#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "edgebench/v1/result.pb.h"

namespace edgebench {

// Of what ran, where that is known: a file measured as it is stored turns out to
// be something. Else what was asked for.
v1::Precision PrecisionOf(const v1::JobResult& result);

// Those of what ran, else those it was to run with: a job that was ended from
// outside could not say. nullopt when nobody said.
std::optional<int> ThreadsOf(const v1::JobResult& result);

// What the measured model takes of memory, with its activations: the highest resident set of
// warm-up and measuring less that of the stage start, in which LibTorch is loaded and nothing
// else. nullopt where the kernel tells no peaks of stages, or it did not come to measuring.
std::optional<int64_t> ModelMemoryBytes(const v1::JobResult& result);

// The code before the colon of a reason of Validity: "swapped" of "swapped: 12 MB lay in swap".
std::string ReasonCode(const std::string& reason);

// The code of an interval that stayed wider than its goal; it is true all the same.
inline constexpr char kUnconverged[] = "unconverged";
// How its reason begins where each process reached the goal, and they differ.
inline constexpr char kProcessesDiffer[] = "unconverged: processes differ";

}  // namespace edgebench
