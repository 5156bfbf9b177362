#include "agent/worker/numerics/stream.h"

namespace edgebench::worker {

void Triad(const float* __restrict first, const float* __restrict second, float factor,
           float* __restrict sum, size_t count) {
  for (size_t i = 0; i < count; ++i) sum[i] = first[i] + factor * second[i];
}

}  // namespace edgebench::worker
