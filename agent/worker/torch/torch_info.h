#pragma once

#include <torch/script.h>

#include <string>

#include "edgebench/v1/capabilities.pb.h"

namespace edgebench::worker {

// Which library serves BLAS in this process.
struct BlasLibrary {
  std::string name;  // "openblas 0.3.21 (openmp)", "reference", "mkl"
  std::string path;  // resolved; empty when linked statically
};

// Asked of the dynamic linker, and of the library itself for its version: what
// lies behind libblas.so.3 decides fp32 latency by a factor of up to nine.
BlasLibrary FindBlas();

// Whether this LibTorch holds CUDA code, and how many devices it sees.
bool BuiltWithCuda();
int CudaDevices();

// The instructions that LibTorch's own kernels use, out of at::show_config():
// "AVX2", "Z VECTOR"; "default" for those of every processor; empty when it tells none.
std::string CpuCapabilityIn(const std::string& config);

// Version, build, BLAS, quantized engines, CUDA devices.
v1::TorchInfo DescribeTorch();

// Sets the threads of LibTorch and of the BLAS behind it, which counts its own.
void UseThreads(int threads);

}  // namespace edgebench::worker
