#pragma once

#include <torch/script.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::worker {

// How near the quantized model's output tensors are to the fp32 model's for the same
// inputs, over one batch or several. All tensors of all outputs count as one vector of
// values, but for those of whole numbers; sums are taken in double precision:
//   sqnr_db             10 log10(sum r^2 / sum (r - a)^2); unset when there is
//                       no error (bit_identical says so) or no signal
//   cosine              unset when either vector is zero
//   top1_agreement      share of the top1_rows rows with the same largest element; set
//                       when there is one output of shape [N, classes]. Of whole
//                       numbers, such as tokens: the share of those that are equal
//   max_abs_difference
//   outputs             the same of each tensor by itself, where there are several
// NaN or infinity in an output leaves unset what it makes meaningless.
class ParityMeter {
 public:
  // The outputs of one batch, of the fp32 and of the quantized model.
  //   INTERNAL  the numbers of tensors or their shapes differ; names the two
  absl::Status Add(const std::vector<at::Tensor>& reference, const std::vector<at::Tensor>& actual);

  v1::Parity Parity() const;

 private:
  struct Sums {
    double reference_squared = 0;
    double actual_squared = 0;
    double product = 0;
    double error_squared = 0;
    double max_error = 0;
    bool bit_identical = true;
    // Of class scores; none once an output had another shape.
    bool scores = true;
    bool labels = false;  // whole numbers
    int64_t rows = 0;
    int64_t agreeing_rows = 0;
    std::string shape;  // of the first batch

    void Add(const at::Tensor& reference, const at::Tensor& actual);
    template <typename Figures>
    void Write(Figures& figures) const;
  };

  std::vector<Sums> outputs_;
};

// For comparing: infinite where nothing differs, and minus infinity where there is no
// number, as with NaN.
double ComparableSqnr(const v1::Parity& parity);

// Of one batch.
absl::StatusOr<v1::Parity> MeasureParity(const std::vector<at::Tensor>& reference,
                                         const std::vector<at::Tensor>& actual);

}  // namespace edgebench::worker
