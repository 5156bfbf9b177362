#include "agent/worker/torch/parity.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/outputs.h"

namespace edgebench::worker {
namespace {

struct Sums {
  double reference_squared = 0;
  double actual_squared = 0;
  double product = 0;
  double error_squared = 0;
  double max_error = 0;
};

at::Tensor AsDoubles(const at::Tensor& tensor) {
  const at::Tensor values = tensor.is_quantized() ? tensor.dequantize() : tensor;
  return values.to(at::kCPU, at::kDouble).flatten();
}

void Accumulate(const at::Tensor& reference, const at::Tensor& actual, Sums& sums) {
  if (reference.numel() == 0) return;
  const at::Tensor r = AsDoubles(reference);
  const at::Tensor a = AsDoubles(actual);
  const at::Tensor error = r - a;
  sums.reference_squared += r.dot(r).item<double>();
  sums.actual_squared += a.dot(a).item<double>();
  sums.product += r.dot(a).item<double>();
  sums.error_squared += error.dot(error).item<double>();
  const double largest = error.abs().max().item<double>();
  // NaN must win, and it compares false.
  if (!(largest <= sums.max_error)) sums.max_error = largest;
}

std::string ShapeOf(const at::Tensor& tensor) {
  std::ostringstream text;
  text << tensor.sizes();
  return text.str();
}

absl::Status CheckComparable(const std::vector<at::Tensor>& reference,
                             const std::vector<at::Tensor>& actual) {
  if (reference.size() != actual.size()) {
    return absl::InternalError(absl::StrCat("the fp32 model has ", reference.size(),
                                            " output tensors and the quantized one ",
                                            actual.size()));
  }
  for (size_t i = 0; i < reference.size(); ++i) {
    if (reference[i].sizes() == actual[i].sizes()) continue;
    return absl::InternalError(absl::StrCat("output ", i, " has the shape ", ShapeOf(reference[i]),
                                            " in the fp32 model and ", ShapeOf(actual[i]),
                                            " in the quantized one"));
  }
  return absl::OkStatus();
}

bool BitIdentical(const std::vector<at::Tensor>& reference, const std::vector<at::Tensor>& actual) {
  return std::equal(reference.begin(), reference.end(), actual.begin(),
                    [](const at::Tensor& r, const at::Tensor& a) {
                      return r.scalar_type() == a.scalar_type() && r.equal(a);
                    });
}

bool HasClassScores(const at::Tensor& output) {
  return output.is_floating_point() && output.dim() == 2 && output.size(0) > 0 &&
         output.size(1) > 1;
}

double Top1Agreement(const at::Tensor& reference, const at::Tensor& actual) {
  return reference.argmax(1).eq(actual.argmax(1)).to(at::kDouble).mean().item<double>();
}

// Into v1::Parity, or v1::Parity::Output for one tensor of several.
template <typename Figures>
void SetFigures(const Sums& sums, Figures& figures) {
  if (std::isfinite(sums.max_error)) figures.set_max_abs_difference(sums.max_error);
  const double sqnr = 10 * std::log10(sums.reference_squared / sums.error_squared);
  if (std::isfinite(sqnr)) figures.set_sqnr_db(sqnr);
  const double cosine =
      sums.product / std::sqrt(sums.reference_squared) / std::sqrt(sums.actual_squared);
  if (std::isfinite(cosine)) figures.set_cosine(std::clamp(cosine, -1.0, 1.0));
}

void AddOutput(const at::Tensor& reference, const at::Tensor& actual, v1::Parity& parity) {
  v1::Parity::Output& output = *parity.add_outputs();
  Sums sums;
  Accumulate(reference, actual, sums);
  SetFigures(sums, output);
  output.set_bit_identical(BitIdentical({reference}, {actual}));
  output.set_shape(DescribeTensor(reference));
  if (HasClassScores(reference)) output.set_top1_agreement(Top1Agreement(reference, actual));
}

}  // namespace

absl::StatusOr<v1::Parity> MeasureParity(const std::vector<at::Tensor>& reference,
                                         const std::vector<at::Tensor>& actual) {
  if (absl::Status status = CheckComparable(reference, actual); !status.ok()) return status;
  Sums sums;
  for (size_t i = 0; i < reference.size(); ++i) Accumulate(reference[i], actual[i], sums);

  v1::Parity parity;
  SetFigures(sums, parity);
  parity.set_bit_identical(BitIdentical(reference, actual));
  if (reference.size() == 1 && HasClassScores(reference[0])) {
    parity.set_top1_agreement(Top1Agreement(reference[0], actual[0]));
  }
  for (size_t i = 0; reference.size() > 1 && i < reference.size(); ++i) {
    AddOutput(reference[i], actual[i], parity);
  }
  return parity;
}

}  // namespace edgebench::worker
