#pragma once

#include <torch/script.h>

#include <string>

#include "absl/status/statusor.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::worker {

// "" and "cpu" are the CPU, "cuda:N" a CUDA device.
//   UNIMPLEMENTED  LibTorch holds no CUDA code, or there is no such device: says
//                  which of the two; or no such kind of target
absl::StatusOr<at::Device> ChooseDevice(const std::string& target);

//   UNIMPLEMENTED  the precision does not run there
absl::Status CheckDeviceRuns(const at::Device& device, v1::Precision precision);

// "" and "auto" are the default engine, "" again when there is none at all.
//   UNIMPLEMENTED  no such engine here; lists those that exist
absl::StatusOr<std::string> ChooseEngine(const std::string& engine);

}  // namespace edgebench::worker
