#pragma once

#include <vector>

#include "agent/diagnosis/observation.h"
#include "edgebench/v1/diagnosis.pb.h"

namespace edgebench::agent {

// What would spoil figures on a device, with the command that mends it. Every check says
// something: that it found nothing, or could not look, is a finding too. Pure.
//   reference-blas, blas-threads, no-libtorch, no-int8-engine, cuda-without-device, governor,
//   turbo, swap, throttled, temperature, busy-neighbour, steal, virtual-machine, cpu-quota,
//   full-disk, little-memory, power-mode
std::vector<v1::Finding> Diagnose(const Observation& seen);

}  // namespace edgebench::agent
