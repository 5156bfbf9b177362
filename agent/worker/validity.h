#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/worker/measure.h"
#include "agent/worker/process_memory.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// Notices swapping between its construction and Reasons().
class SwapWatch {
 public:
  // Not owned; outlives the watch.
  explicit SwapWatch(const ProcessMemory& memory);

  // "swapped: ..." when this process lies partly in swap or the system wrote
  // pages there meanwhile.
  std::vector<std::string> Reasons() const;

 private:
  const ProcessMemory& memory_;
  std::optional<int64_t> pages_out_before_;
};

// Whether the figures may be believed, and why not. A fixed number of samples
// is what was asked for and never counts as unconverged.
v1::Validity JudgeValidity(const MeasureOptions& options, const Measurement& measurement,
                           const std::vector<std::string>& other_reasons);

}  // namespace edgebench::worker
