#pragma once

#include "absl/status/status.h"
#include "agent/worker/model_runner.h"
#include "common/clock.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// Measures the roofs of the roofline model (Williams, Waterman, Patterson: Roofline, 2009,
// Communications of the ACM 52(4)), with one thread and with those of the job:
//   FP32       at::matmul of several sizes, and a convolution: what models call
//   INT8       the linear layer and the convolution of the job's quantized engine; absent
//              where this LibTorch has no engine
//   BANDWIDTH  a[i] = b[i] + s * c[i] and a[i] = b[i] in arrays far larger than the caches
//              (McCalpin: STREAM, 1995), counting 3 and 2 arrays as STREAM does
// Each is the workload with the best median of several runs. Writes result.peaks, engine,
// threads, notes.
//   UNIMPLEMENTED  the target is not the CPU, or there is no such engine
absl::Status MeasureRooflinePeaks(const v1::JobSettings& settings, Clock& clock,
                                  JobObserver& observer, v1::JobResult& result);

}  // namespace edgebench::worker
