#pragma once

#include <torch/script.h>

#include <vector>

#include "absl/status/statusor.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// How near `actual`, the quantized model's output tensors, are to `reference`,
// the fp32 model's for the same input. All tensors of an output count as one
// vector of values; sums are taken in double precision:
//   sqnr_db             10 log10(sum r^2 / sum (r - a)^2); unset when there is
//                       no error (bit_identical says so) or no signal
//   cosine              unset when either vector is zero
//   top1_agreement      share of rows with the same largest element; set when
//                       there is one output of shape [N, classes]
//   max_abs_difference
//   outputs             the same of each tensor by itself, where there are several
// NaN or infinity in an output leaves unset what it makes meaningless.
//   INTERNAL  the numbers of tensors or their shapes differ; names the two
absl::StatusOr<v1::Parity> MeasureParity(const std::vector<at::Tensor>& reference,
                                         const std::vector<at::Tensor>& actual);

}  // namespace edgebench::worker
