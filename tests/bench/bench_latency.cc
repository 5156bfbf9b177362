// How far the latency that the worker measures lies from a bare loop over the
// same module in the same process: what the harness adds to each inference.
//
// Blocks of both alternate, each going first in half of the pairs, so that drift
// of the machine hits both alike; the figure is the median of the pairs' ratios.
#include <torch/script.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/worker/measure.h"
#include "agent/worker/torch/torch_backend.h"
#include "agent/worker/torch/torch_runner.h"
#include "agent/worker/warm_up.h"
#include "common/clock.h"
#include "common/names.h"
#include "common/quantities.h"
#include "common/stats.h"
#include "common/status_macros.h"
#include "tests/bench/row.h"

namespace edgebench::bench {
namespace {

constexpr int kPairs = 40;
constexpr absl::Duration kBlockTime = absl::Milliseconds(80);
constexpr double kGoal = 0.01;
// Ratios are kept as whole numbers, for the statistics of samples.
constexpr double kScale = 1e6;

class SilentObserver final : public worker::JobObserver {
 public:
  void EnterStage(v1::Stage) override {}
  void Warn(const std::string&) override {}
  void ReportProgress(const v1::Progress&) override {}
  bool FinishRequested() override { return false; }
};

v1::WorkerRequest::RunJob JobFor(const std::string& model, v1::Precision precision) {
  v1::WorkerRequest::RunJob job;
  job.set_job_id("bench");
  v1::JobSettings& settings = *job.mutable_settings();
  settings.set_kind(v1::JOB_KIND_BENCHMARK);
  settings.mutable_model()->set_zoo_name(model);
  settings.mutable_model()->set_display_name(model);
  settings.set_precision(precision);
  settings.set_batch(1);
  settings.set_image_size(224);
  settings.set_target("cpu");
  settings.set_threads(1);
  settings.set_engine("auto");
  settings.set_optimize(v1::OPTIMIZE_FREEZE);
  settings.set_seed(0);
  settings.set_observer("min-max");
  settings.set_calibration_batches(1);
  return job;
}

// Nanoseconds per inference, as anybody would time it.
double BareLoop(torch::jit::Module module, const worker::ModelInputs& inputs, int calls,
                Clock& clock) {
  const c10::InferenceMode no_gradients;
  const int64_t start = clock.NowNanos();
  for (int i = 0; i < calls; ++i) module.forward(inputs);
  return static_cast<double>(clock.NowNanos() - start) / calls;
}

// Nanoseconds per inference, as the worker measures it.
absl::StatusOr<double> AsTheWorker(worker::TorchRunner& runner, int calls, Clock& clock) {
  worker::MeasureOptions options;
  options.fixed_samples = calls;
  EDGEBENCH_ASSIGN_OR_RETURN(const worker::Measurement measurement,
                             worker::Measure(runner, clock, options, [](const v1::Progress&) {}));
  return Mean(measurement.samples_ns).value_or(0);
}

void Report(const std::string& what, double per_call, const std::vector<int64_t>& ratios) {
  const double difference = Median(ratios).value_or(0) / kScale - 1;
  const Interval interval = MedianConfidenceInterval(ratios).value_or(Interval{});
  const double low = static_cast<double>(interval.low) / kScale - 1;
  const double high = static_cast<double>(interval.high) / kScale - 1;
  PrintRow(absl::StrFormat("latency by the worker against a bare loop, %s", what),
           absl::StrFormat("%+.2f %% (%+.2f to %+.2f) of %s", 100 * difference, 100 * low,
                           100 * high, FormatNanos(per_call)),
           absl::StrFormat("within %.0f %%", 100 * kGoal), std::abs(difference) <= kGoal);
}

absl::Status Compare(const std::string& model, v1::Precision precision) {
  RealClock clock;
  SilentObserver observer;
  worker::TorchRunner runner;
  v1::JobResult result;
  EDGEBENCH_RETURN_IF_ERROR(runner.Prepare(JobFor(model, precision), observer, result));
  EDGEBENCH_ASSIGN_OR_RETURN(const worker::WarmUpReport warm_up,
                             worker::WarmUp(runner, clock, worker::WarmUpOptions()));
  const torch::jit::Module& module = runner.model().module;
  const worker::ModelInputs& inputs = runner.model().inputs;
  const int64_t last = warm_up.samples_ns.back();
  const int calls =
      1 + static_cast<int>(absl::ToInt64Nanoseconds(kBlockTime) / std::max<int64_t>(last, 1));
  BareLoop(module, inputs, calls, clock);

  std::vector<int64_t> ratios;
  double bare = 0;
  for (int pair = 0; pair < kPairs; ++pair) {
    const bool bare_first = pair % 2 == 0;
    if (bare_first) bare = BareLoop(module, inputs, calls, clock);
    EDGEBENCH_ASSIGN_OR_RETURN(const double measured, AsTheWorker(runner, calls, clock));
    if (!bare_first) bare = BareLoop(module, inputs, calls, clock);
    ratios.push_back(std::llround(kScale * measured / bare));
  }
  Report(absl::StrCat(model, " ", PrecisionName(precision)), bare, ratios);
  return absl::OkStatus();
}

absl::Status Main() {
  // Once per process, as the worker does.
  const std::unique_ptr<worker::Backend> backend = *worker::MakeTorchBackend();
  EDGEBENCH_RETURN_IF_ERROR(Compare("mobilenet_v3_small", v1::PRECISION_FP32));
  EDGEBENCH_RETURN_IF_ERROR(Compare("mobilenet_v3_small", v1::PRECISION_INT8_STATIC));
  return Compare("resnet18", v1::PRECISION_FP32);
}

}  // namespace
}  // namespace edgebench::bench

int main() {
  if (const absl::Status status = edgebench::bench::Main(); !status.ok()) {
    std::fprintf(stderr, "bench_latency: %s\n", status.ToString().c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
