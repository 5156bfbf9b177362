#include "agent/worker/torch/activation_observers.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/worker/numerics/float_kernels.h"
#include "agent/worker/numerics/range_search.h"
#include "agent/worker/numerics/value_histogram.h"

namespace edgebench::worker {
namespace {

// Values per thread that are worth a thread.
constexpr int64_t kGrain = 65536;

// How far a batch moves the range of moving-average, as in PyTorch.
constexpr double kAveraging = 0.01;

// What percentile leaves out at each end.
constexpr double kTail = 0.00005;

// Calls scan(values, count) for parts of the tensor, on all threads. The order of
// values does not matter, so any memory format that has no gaps will do.
template <typename Scan>
void ForEachPart(const at::Tensor& values, const Scan& scan) {
  const at::Tensor floats = values.detach().to(at::kFloat);
  const at::Tensor dense = floats.is_non_overlapping_and_dense() ? floats : floats.contiguous();
  const float* data = dense.data_ptr<float>();
  at::parallel_for(0, dense.numel(), kGrain, [&](int64_t begin, int64_t end) {
    scan(data + begin, static_cast<size_t>(end - begin));
  });
}

FloatExtremes ExtremesOf(const at::Tensor& values) {
  FloatExtremes all;
  std::mutex mutex;
  ForEachPart(values, [&](const float* part, size_t count) {
    const FloatExtremes extremes = FindExtremes(part, count);
    const std::lock_guard<std::mutex> lock(mutex);
    all.low = std::min(all.low, extremes.low);
    all.high = std::max(all.high, extremes.high);
    all.finite = all.finite && extremes.finite;
  });
  return all;
}

absl::Status CheckSeen(bool finite, bool any) {
  if (!finite) return absl::InvalidArgumentError("NaN or infinity");
  if (!any) return absl::InvalidArgumentError("no values were observed");
  return absl::OkStatus();
}

class MinMaxObserver : public ActivationObserver {
 public:
  MinMaxObserver(int levels, bool averages) : levels_(levels), averages_(averages) {}

  void Observe(const at::Tensor& values) override {
    if (values.numel() == 0) return;
    const FloatExtremes extremes = ExtremesOf(values);
    finite_ = finite_ && extremes.finite;
    if (averages_ && any_) {
      low_ += kAveraging * (extremes.low - low_);
      high_ += kAveraging * (extremes.high - high_);
    } else {
      low_ = std::min<double>(low_, extremes.low);
      high_ = std::max<double>(high_, extremes.high);
    }
    any_ = true;
  }

  absl::StatusOr<AffineParameters> Parameters() const override {
    const absl::Status seen = CheckSeen(finite_, any_);
    if (!seen.ok()) return seen;
    return ParametersOfRange(low_, high_, levels_);
  }

 private:
  int levels_;
  bool averages_;
  double low_ = 0;
  double high_ = 0;
  bool any_ = false;
  bool finite_ = true;
};

class HistogramObserver : public ActivationObserver {
 public:
  using Choose = std::function<ValueRange(const ValueHistogram&, int levels)>;

  HistogramObserver(int levels, Choose choose) : levels_(levels), choose_(std::move(choose)) {}

  void Observe(const at::Tensor& values) override {
    std::mutex mutex;
    ForEachPart(values, [&](const float* part, size_t count) {
      ValueHistogram histogram;
      histogram.Add(part, count);
      const std::lock_guard<std::mutex> lock(mutex);
      histogram_.Merge(histogram);
    });
  }

  absl::StatusOr<AffineParameters> Parameters() const override {
    const absl::Status seen = CheckSeen(histogram_.finite(), histogram_.total() > 0);
    if (!seen.ok()) return seen;
    const ValueRange range = choose_(histogram_, levels_);
    return ParametersOfRange(range.low, range.high, levels_);
  }

 private:
  int levels_;
  Choose choose_;
  ValueHistogram histogram_;
};

ValueRange PercentileRange(const ValueHistogram& histogram, int /*levels*/) {
  return CentralRange(histogram, kTail);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ActivationObserver>> MakeActivationObserver(const std::string& name,
                                                                           int levels) {
  if (levels < 1 || levels > 255) {
    return absl::InvalidArgumentError(absl::StrCat("no range has ", levels, " levels above 0"));
  }
  if (name == "min-max") return std::make_unique<MinMaxObserver>(levels, /*averages=*/false);
  if (name == "moving-average") return std::make_unique<MinMaxObserver>(levels, /*averages=*/true);
  if (name == "histogram") return std::make_unique<HistogramObserver>(levels, ShrunkRange);
  if (name == "percentile") return std::make_unique<HistogramObserver>(levels, PercentileRange);
  if (name == "mse") return std::make_unique<HistogramObserver>(levels, BestRange);
  return absl::InvalidArgumentError(absl::StrCat("no observer is named ", name, "; there are ",
                                                 absl::StrJoin(ActivationObserverNames(), ", ")));
}

}  // namespace edgebench::worker
