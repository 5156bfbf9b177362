#include "agent/worker/torch/roofline_peaks.h"

#include <ATen/Parallel.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/script.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/worker/numerics/stream.h"
#include "agent/worker/profile/cpu_cache.h"
#include "agent/worker/torch/quantizer.h"
#include "agent/worker/torch/target.h"
#include "agent/worker/torch/torch_info.h"
#include "common/quantities.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr int kRuns = 15;
constexpr int kUntimedRuns = 2;
// A run repeats a workload for at least so long: far beyond what reading the clock costs.
constexpr int64_t kRunNs = 20'000'000;

// STREAM asks for arrays of at least four times the caches.
constexpr int64_t kArraysOverCaches = 4;
constexpr int64_t kSmallestArrayBytes = int64_t{64} << 20;
constexpr int64_t kMemoryOverArray = 8;  // of the job's limit
constexpr int64_t kGrain = 32'768;

// What is run to see how fast it can go.
struct Workload {
  std::string name;
  double amount = 0;  // of multiply-adds or bytes in one call
  std::function<void()> run;
};

using Quantity = v1::RooflinePeaks::Quantity;

int64_t TimeOf(const Workload& workload, int64_t repeats, Clock& clock) {
  const int64_t start_ns = clock.NowNanos();
  for (int64_t i = 0; i < repeats; ++i) workload.run();
  return std::max<int64_t>(clock.NowNanos() - start_ns, 1);
}

std::vector<double> RatesOf(const Workload& workload, Clock& clock) {
  for (int i = 0; i < kUntimedRuns; ++i) workload.run();
  const int64_t repeats = std::max<int64_t>(kRunNs / TimeOf(workload, 1, clock), 1);
  std::vector<double> rates;
  for (int run = 0; run < kRuns; ++run) {
    const auto time_ns = static_cast<double>(TimeOf(workload, repeats, clock));
    rates.push_back(workload.amount * static_cast<double>(repeats) * 1e9 / time_ns);
  }
  return rates;
}

double MiddleOf(std::vector<double> rates) {
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  return *middle;
}

v1::RooflinePeaks::Peak BestOf(Quantity quantity, const std::vector<Workload>& workloads,
                               Clock& clock) {
  v1::RooflinePeaks::Peak peak;
  peak.set_quantity(quantity);
  double best = 0;
  for (const Workload& workload : workloads) {
    const std::vector<double> rates = RatesOf(workload, clock);
    if (MiddleOf(rates) <= best) continue;
    best = MiddleOf(rates);
    peak.set_workload(workload.name);
    peak.mutable_per_second()->Assign(rates.begin(), rates.end());
  }
  return peak;
}

// A 3x3 convolution as in the middle of a ResNet: 128 to 128 channels, 28x28 pixels.
constexpr int64_t kChannels = 128, kPixels = 28, kKernel = 3;
constexpr double kConvolutionMultiplyAdds =
    1.0 * kChannels * kChannels * kKernel * kKernel * kPixels * kPixels;
constexpr char kConvolutionName[] = "conv2d 3x3, 128 to 128 channels, 28x28";

// The smaller one fits into the caches of most processors, the largest into those of few.
constexpr int64_t kMatrixSizes[] = {256, 512, 1024};

std::string MatrixName(const char* kind, int64_t size) {
  return absl::StrCat(kind, " ", size, "x", size, "x", size);
}

std::vector<Workload> Fp32Workloads() {
  std::vector<Workload> workloads;
  for (const int64_t size : kMatrixSizes) {
    const at::Tensor a = at::rand({size, size}), b = at::rand({size, size});
    at::Tensor product = at::empty({size, size});
    workloads.push_back({MatrixName("matmul", size),
                         static_cast<double>(size) * static_cast<double>(size * size),
                         [a, b, product]() mutable { at::matmul_out(product, a, b); }});
  }
  const at::Tensor image = at::rand({1, kChannels, kPixels, kPixels});
  const at::Tensor weight = at::rand({kChannels, kChannels, kKernel, kKernel});
  workloads.push_back({kConvolutionName, kConvolutionMultiplyAdds, [image, weight] {
                         at::conv2d(image, weight, {}, /*stride=*/1, /*padding=*/1);
                       }});
  return workloads;
}

// An operator of the namespace quantized, which only the dispatcher knows.
c10::IValue CallQuantized(const char* name, const char* overload, torch::jit::Stack arguments) {
  c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).callBoxed(&arguments);
  return arguments.at(0);
}

// Values of few bits, so that no engine's sums overflow.
at::Tensor Quantized(at::IntArrayRef shape, at::ScalarType type) {
  const int64_t zero_point = type == at::kQUInt8 ? 64 : 0;
  return at::quantize_per_tensor(at::rand(shape) - 0.5, /*scale=*/0.02, zero_point, type);
}

std::vector<Workload> Int8Workloads() {
  constexpr double kScale = 0.5;
  constexpr int64_t kZeroPoint = 64;
  std::vector<Workload> workloads;
  for (const int64_t size : kMatrixSizes) {
    const at::Tensor input = Quantized({size, size}, at::kQUInt8);
    const c10::IValue packed = CallQuantized("quantized::linear_prepack", "",
                                             {Quantized({size, size}, at::kQInt8), c10::IValue()});
    workloads.push_back(
        {MatrixName("quantized linear", size),
         static_cast<double>(size) * static_cast<double>(size * size), [input, packed] {
           CallQuantized("quantized::linear", "", {input, packed, kScale, kZeroPoint});
         }});
  }
  const at::Tensor image = Quantized({1, kChannels, kPixels, kPixels}, at::kQUInt8)
                               .contiguous(at::MemoryFormat::ChannelsLast);
  const c10::List<int64_t> ones({1, 1});
  const c10::IValue packed =
      CallQuantized("quantized::conv2d_prepack", "",
                    {Quantized({kChannels, kChannels, kKernel, kKernel}, at::kQInt8), c10::IValue(),
                     /*stride=*/ones, /*padding=*/ones, /*dilation=*/ones, /*groups=*/int64_t{1}});
  workloads.push_back(
      {absl::StrCat("quantized ", kConvolutionName), kConvolutionMultiplyAdds, [image, packed] {
         CallQuantized("quantized::conv2d", "new", {image, packed, kScale, kZeroPoint});
       }});
  return workloads;
}

// The arrays, and how large they are.
struct Arrays {
  at::Tensor a, b, c;
  int64_t bytes = 0;  // of each
};

Arrays MakeArrays(int64_t bytes) {
  const int64_t elements = bytes / static_cast<int64_t>(sizeof(float));
  Arrays arrays{at::empty(elements), at::empty(elements), at::empty(elements), bytes};
  // By the threads that will use them, for their memory to lie near them.
  at::parallel_for(0, elements, kGrain, [&](int64_t begin, int64_t end) {
    std::fill(arrays.a.data_ptr<float>() + begin, arrays.a.data_ptr<float>() + end, 0.0f);
    std::fill(arrays.b.data_ptr<float>() + begin, arrays.b.data_ptr<float>() + end, 1.0f);
    std::fill(arrays.c.data_ptr<float>() + begin, arrays.c.data_ptr<float>() + end, 2.0f);
  });
  return arrays;
}

void RunTriad(const Arrays& arrays) {
  float* const a = arrays.a.data_ptr<float>();
  const float* const b = arrays.b.data_ptr<float>();
  const float* const c = arrays.c.data_ptr<float>();
  at::parallel_for(0, arrays.a.numel(), kGrain, [=](int64_t begin, int64_t end) {
    Triad(b + begin, c + begin, /*factor=*/3, a + begin, static_cast<size_t>(end - begin));
  });
}

void RunCopy(const Arrays& arrays) {
  float* const a = arrays.a.data_ptr<float>();
  const float* const b = arrays.b.data_ptr<float>();
  at::parallel_for(0, arrays.a.numel(), kGrain,
                   [=](int64_t begin, int64_t end) { std::copy(b + begin, b + end, a + begin); });
}

std::vector<Workload> BandwidthWorkloads(int64_t array_bytes) {
  const Arrays arrays = MakeArrays(array_bytes);
  const auto bytes = static_cast<double>(arrays.bytes);
  const std::string size = FormatBytes(arrays.bytes);
  return {{absl::StrCat("triad of 3 arrays of ", size), 3 * bytes, [arrays] { RunTriad(arrays); }},
          {absl::StrCat("copy of an array of ", size), 2 * bytes, [arrays] { RunCopy(arrays); }}};
}

// Far larger than the caches, and small enough for the job; with a note where it cannot be
// both, or where the caches are unknown.
int64_t ChooseArrayBytes(const v1::JobSettings& settings, v1::JobResult& result) {
  const std::optional<int64_t> caches = LastLevelCacheBytes("");
  const int64_t wanted = std::max(kArraysOverCaches * caches.value_or(0), kSmallestArrayBytes);
  const int64_t largest =
      settings.has_memory_limit_bytes() ? settings.memory_limit_bytes() / kMemoryOverArray : wanted;
  if (largest < wanted) {
    result.add_notes(absl::StrCat(
        "bandwidth: arrays of ", FormatBytes(largest), " instead of ", FormatBytes(wanted),
        ", because the memory limit leaves no more; the figure may be that of the caches"));
  } else if (!caches.has_value()) {
    result.add_notes(
        absl::StrCat("bandwidth: the size of the caches is unknown here; the arrays of ",
                     FormatBytes(wanted), " are taken to be larger"));
  }
  return std::max<int64_t>(std::min(wanted, largest), static_cast<int64_t>(sizeof(float)));
}

// One after the other, so that only one kind's memory is held.
struct Series {
  Quantity quantity;
  std::function<std::vector<Workload>()> workloads;
};

}  // namespace

absl::Status MeasureRooflinePeaks(const v1::JobSettings& settings, Clock& clock,
                                  JobObserver& observer, v1::JobResult& result) {
  EDGEBENCH_ASSIGN_OR_RETURN(const at::Device device, ChooseDevice(settings.target()));
  if (!device.is_cpu())
    return absl::UnimplementedError("the peaks of the CPU only can be measured; use --target cpu");
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string engine, ChooseEngine(settings.engine()));
  if (!engine.empty()) UseQuantizedEngine(engine);
  result.set_engine(engine);
  const int threads = std::max(settings.threads(), 1);
  result.set_threads(threads);
  const int64_t array_bytes = ChooseArrayBytes(settings, result);

  std::vector<Series> all = {{v1::RooflinePeaks::QUANTITY_FP32, Fp32Workloads}};
  if (engine.empty()) {
    result.add_notes("int8: this LibTorch has no engine for quantized operators");
  } else {
    all.push_back({v1::RooflinePeaks::QUANTITY_INT8, Int8Workloads});
  }
  all.push_back({v1::RooflinePeaks::QUANTITY_BANDWIDTH,
                 [array_bytes] { return BandwidthWorkloads(array_bytes); }});

  const c10::InferenceMode no_gradients;
  const std::vector<int> counts = threads > 1 ? std::vector<int>{1, threads} : std::vector<int>{1};
  const auto parts = static_cast<double>(all.size() * counts.size());
  for (const int count : counts) {
    UseThreads(count);
    for (const Series& series : all) {
      v1::RooflinePeaks::Peak& peak = *result.mutable_peaks()->add_peaks();
      peak = BestOf(series.quantity, series.workloads(), clock);
      peak.set_threads(count);
      v1::Progress progress;
      progress.set_fraction(result.peaks().peaks_size() / parts);
      observer.ReportProgress(progress);
    }
  }
  return absl::OkStatus();
}

}  // namespace edgebench::worker
