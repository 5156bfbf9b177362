#include "agent/worker/torch/parity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/outputs.h"

namespace edgebench::worker {
namespace {

at::Tensor AsDoubles(const at::Tensor& tensor) {
  const at::Tensor values = tensor.is_quantized() ? tensor.dequantize() : tensor;
  return values.to(at::kCPU, at::kDouble).flatten();
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

bool HasClassScores(const at::Tensor& output) {
  return output.is_floating_point() && output.dim() == 2 && output.size(0) > 0 &&
         output.size(1) > 1;
}

// Labels, such as tokens: the difference of two says nothing.
bool HoldsLabels(const at::Tensor& output) {
  return at::isIntegralType(output.scalar_type(), /*includeBool=*/true);
}

// NaN must win, and it compares false.
double Larger(double a, double b) { return b <= a ? a : b; }

}  // namespace

void ParityMeter::Sums::Add(const at::Tensor& reference, const at::Tensor& actual) {
  bit_identical =
      bit_identical && reference.scalar_type() == actual.scalar_type() && reference.equal(actual);
  if (shape.empty()) shape = DescribeTensor(reference);
  labels = HoldsLabels(reference);
  scores = scores && HasClassScores(reference);
  if (reference.numel() == 0) return;
  if (labels) {
    rows += reference.numel();
    agreeing_rows += reference.eq(actual).sum().item<int64_t>();
    return;
  }
  if (scores) {
    rows += reference.size(0);
    agreeing_rows += reference.argmax(1).eq(actual.argmax(1)).sum().item<int64_t>();
  }
  const at::Tensor r = AsDoubles(reference);
  const at::Tensor a = AsDoubles(actual);
  const at::Tensor error = r - a;
  reference_squared += r.dot(r).item<double>();
  actual_squared += a.dot(a).item<double>();
  product += r.dot(a).item<double>();
  error_squared += error.dot(error).item<double>();
  max_error = Larger(max_error, error.abs().max().item<double>());
}

// Into v1::Parity, or v1::Parity::Output for one tensor of several.
template <typename Figures>
void ParityMeter::Sums::Write(Figures& figures) const {
  figures.set_bit_identical(bit_identical);
  if (!labels && std::isfinite(max_error)) figures.set_max_abs_difference(max_error);
  const double sqnr = 10 * std::log10(reference_squared / error_squared);
  if (std::isfinite(sqnr)) figures.set_sqnr_db(sqnr);
  const double cosine = product / std::sqrt(reference_squared) / std::sqrt(actual_squared);
  if (std::isfinite(cosine)) figures.set_cosine(std::clamp(cosine, -1.0, 1.0));
  if ((!scores && !labels) || rows == 0) return;
  figures.set_top1_agreement(static_cast<double>(agreeing_rows) / static_cast<double>(rows));
  figures.set_top1_rows(rows);
}

absl::Status ParityMeter::Add(const std::vector<at::Tensor>& reference,
                              const std::vector<at::Tensor>& actual) {
  if (absl::Status status = CheckComparable(reference, actual); !status.ok()) return status;
  if (outputs_.empty()) outputs_.resize(reference.size());
  if (outputs_.size() != reference.size()) {
    return absl::InternalError(absl::StrCat("the fp32 model has ", outputs_.size(),
                                            " output tensors for one batch and ", reference.size(),
                                            " for another"));
  }
  for (size_t i = 0; i < reference.size(); ++i) outputs_[i].Add(reference[i], actual[i]);
  return absl::OkStatus();
}

v1::Parity ParityMeter::Parity() const {
  Sums all;
  all.scores = outputs_.size() == 1 && outputs_[0].scores;
  all.labels = !outputs_.empty() && std::all_of(outputs_.begin(), outputs_.end(),
                                                [](const Sums& output) { return output.labels; });
  for (const Sums& output : outputs_) {
    all.reference_squared += output.reference_squared;
    all.actual_squared += output.actual_squared;
    all.product += output.product;
    all.error_squared += output.error_squared;
    all.max_error = Larger(all.max_error, output.max_error);
    all.bit_identical = all.bit_identical && output.bit_identical;
    all.rows += output.rows;
    all.agreeing_rows += output.agreeing_rows;
  }
  v1::Parity parity;
  all.Write(parity);
  for (size_t i = 0; outputs_.size() > 1 && i < outputs_.size(); ++i) {
    v1::Parity::Output& output = *parity.add_outputs();
    outputs_[i].Write(output);
    output.set_shape(outputs_[i].shape);
  }
  return parity;
}

double ComparableSqnr(const v1::Parity& parity) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (parity.has_sqnr_db()) return parity.sqnr_db();
  return parity.bit_identical() ? kInfinity : -kInfinity;
}

absl::StatusOr<v1::Parity> MeasureParity(const std::vector<at::Tensor>& reference,
                                         const std::vector<at::Tensor>& actual) {
  ParityMeter meter;
  if (absl::Status status = meter.Add(reference, actual); !status.ok()) return status;
  return meter.Parity();
}

}  // namespace edgebench::worker
