#include "agent/worker/torch/profiler.h"

#include <ATen/record_function.h>
#include <sys/syscall.h>
#include <torch/csrc/jit/api/function_impl.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/worker/profile/call_recorder.h"
#include "agent/worker/profile/profile_builder.h"
#include "agent/worker/torch/described_operators.h"
#include "agent/worker/torch/graph_marks.h"
#include "agent/worker/torch/inline_forks.h"
#include "agent/worker/torch/operator_tally.h"
#include "agent/worker/torch/outputs.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// LibTorch's executor observes the first run of a graph and compiles it before the second;
// the others bring caches and the allocator to where they stay.
constexpr int kSettlingRuns = 5;

constexpr double kReportInterval = 0.1;  // of the whole

// Passes on what the callbacks and the marks tell.
class Recording final : public MarkObserver {
 public:
  Recording(CallRecorder& recorder, const std::vector<MarkedOperator>& marked)
      : recorder_(recorder), marked_(marked) {}

  void OnEnter(size_t place, c10::ArrayRef<c10::IValue>) override {
    recorder_.Enter(marked_[place].function.c_str());
  }
  void OnLeave(size_t, c10::ArrayRef<c10::IValue>) override { recorder_.Leave(); }

 private:
  CallRecorder& recorder_;
  const std::vector<MarkedOperator>& marked_;
};

using Recorded = OperatorTally<CallRecorder>;

std::unique_ptr<at::ObserverContext> OnStart(const at::RecordFunction& function) {
  Recorded::Current().Enter(function.name());
  return nullptr;
}

void OnEnd(const at::RecordFunction&, at::ObserverContext*) { Recorded::Current().Leave(); }

// The model with marks around what would be hidden.
class MarkedModel {
 public:
  explicit MarkedModel(const PreparedModel& model)
      : model_(model),
        method_(model.module.get_method("forward")),
        marked_(MarkHiddenOperators(*method_.graph())),
        function_("profiled", marked_.graph, /*function_creator=*/nullptr) {}

  const std::vector<MarkedOperator>& operators() const { return marked_.operators; }

  void Run() {
    const c10::InferenceMode no_gradients;
    torch::jit::Stack stack{c10::IValue(model_.module._ivalue())};
    stack.insert(stack.end(), model_.inputs.begin(), model_.inputs.end());
    // The graph alone does not know the defaults of arguments.
    method_.function().getSchema().checkAndNormalizeInputs(stack);
    RunInline(function_, std::move(stack));
  }

 private:
  const PreparedModel& model_;
  torch::jit::Method method_;
  MarkedGraph marked_;
  torch::jit::GraphFunction function_;
};

class Profiler {
 public:
  Profiler(const PreparedModel& model, Clock& clock)
      : model_(model), clock_(clock), marked_(model), recorder_(clock) {}

  std::vector<DescribedOperator> Describe() {
    for (int run = 0; run < kSettlingRuns; ++run) marked_.Run();
    return DescribeOperators({model_.names, marked_.operators()}, [&] { marked_.Run(); });
  }

  absl::Status Time(ProfileBuilder& builder) {
    recorder_.Clear();
    int64_t start_ns = 0, end_ns = 0;
    {
      Recording recording(recorder_, marked_.operators());
      const Recorded calls(recorder_, at::RecordFunctionCallback(OnStart, OnEnd));
      const MarkScope marks(recording);
      start_ns = clock_.NowNanos();
      marked_.Run();
      end_ns = clock_.NowNanos();
    }
    return builder.Add(recorder_.calls(), start_ns, end_ns - start_ns, syscall(SYS_gettid));
  }

 private:
  const PreparedModel& model_;
  Clock& clock_;
  MarkedModel marked_;
  CallRecorder recorder_;
};

// When the pairs are enough.
class Budget {
 public:
  Budget(const ProfileOptions& options, Clock& clock)
      : options_(options), clock_(clock), start_ns_(clock.NowNanos()) {}

  double SpentAfter(int pairs) const {
    const double by_count =
        static_cast<double>(pairs) / options_.fixed_pairs.value_or(options_.max_pairs);
    if (options_.fixed_pairs.has_value()) return by_count;
    if (pairs < options_.min_pairs) return std::min(by_count, 0.99);
    const auto spent = absl::Nanoseconds(clock_.NowNanos() - start_ns_);
    return std::max(by_count, absl::FDivDuration(spent, options_.max_time));
  }

 private:
  const ProfileOptions& options_;
  Clock& clock_;
  const int64_t start_ns_;
};

}  // namespace

absl::Status ProfileOperators(const PreparedModel& model,
                              const std::function<absl::Status()>& run_plain,
                              const ProfileOptions& options, Clock& clock, JobObserver& observer,
                              v1::JobResult& result) {
  if (!model.device.is_cpu()) {
    return absl::UnimplementedError(
        absl::StrCat("profile times operators on the CPU only: on ", model.device.str(),
                     " they are started one by one and run behind each other; use --target cpu"));
  }
  Profiler profiler(model, clock);
  ProfileBuilder builder(profiler.Describe());
  const Budget budget(options, clock);
  double next_report = 0;
  for (int pairs = 0; budget.SpentAfter(pairs) < 1; ++pairs) {
    const int64_t start_ns = clock.NowNanos();
    EDGEBENCH_RETURN_IF_ERROR(run_plain());
    result.mutable_latency()->add_measured_ns(clock.NowNanos() - start_ns);
    EDGEBENCH_RETURN_IF_ERROR(profiler.Time(builder));
    const double spent = std::min(budget.SpentAfter(pairs + 1), 1.0);
    if (spent < next_report) continue;
    next_report = spent + kReportInterval;
    v1::Progress progress;
    progress.set_samples(pairs + 1);
    progress.set_fraction(spent);
    observer.ReportProgress(progress);
  }
  *result.mutable_profile() = builder.Build();
  return absl::OkStatus();
}

}  // namespace edgebench::worker
