#pragma once

#include <CLI/App.hpp>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "controller/job_options.h"

namespace edgebench::controller {

// What to measure, as typed: models, and along which axes.
struct BenchOptions {
  std::vector<std::string> models, devices, precisions;
  std::vector<int32_t> batches;
  std::array<std::vector<int32_t>, 3> sizes;  // of InputSizesOfModels()
  std::vector<double> ctc_weights;
  JobOptions job;
};

// MODEL... and all flags that say what and how to measure. The same words are keys of a plan.
void AddBenchFlags(CLI::App& command, BenchOptions& options);

}  // namespace edgebench::controller
