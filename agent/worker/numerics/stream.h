#pragma once

#include <cstddef>

namespace edgebench::worker {

// sum[i] = first[i] + factor * second[i], the triad of STREAM (McCalpin, 1995). The arrays
// do not overlap.
void Triad(const float* first, const float* second, float factor, float* sum, size_t count);

}  // namespace edgebench::worker
