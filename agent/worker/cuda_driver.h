#pragma once

#include <cstddef>
#include <optional>

#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::worker {

// Entry points of NVIDIA's driver, found at run time: nothing links CUDA. It is
// the driver and not NVML because it numbers devices as CUDA does, in its order
// and under CUDA_VISIBLE_DEVICES, and because a Jetson has no NVML. Each answers
// 0 when it succeeds.
struct CudaDriver {
  int (*init)(unsigned flags) = nullptr;
  int (*get)(int* device, int ordinal) = nullptr;
  int (*name)(char* name, int size, int device) = nullptr;
  int (*memory)(size_t* bytes, int device) = nullptr;
  int (*attribute)(int* value, int attribute, int device) = nullptr;
};

// nullopt on a device without the driver, or with one that lacks one of these.
std::optional<CudaDriver> OpenCudaDriver();

// Name, memory and compute capability of the device with this index. What the
// driver does not say stays unset.
void DescribeCudaDevice(const CudaDriver& driver, v1::CudaDevice& device);

}  // namespace edgebench::worker
