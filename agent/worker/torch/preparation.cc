#include "agent/worker/torch/preparation.h"

#include <malloc.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/worker/torch/coverage.h"
#include "agent/worker/torch/held_out.h"
#include "agent/worker/torch/inputs.h"
#include "agent/worker/torch/layer_table.h"
#include "agent/worker/torch/model_loader.h"
#include "agent/worker/torch/model_sizes.h"
#include "agent/worker/torch/model_source.h"
#include "agent/worker/torch/multiply_adds.h"
#include "agent/worker/torch/optimizer.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/page_release.h"
#include "agent/worker/torch/quantization_stages.h"
#include "agent/worker/torch/target.h"
#include "agent/worker/torch/torch_errors.h"
#include "agent/worker/torch/torch_info.h"
#include "common/names.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

using Outputs = std::vector<at::Tensor>;

// Speech features are taken every 10 ms, as in Kaldi and ESPnet.
constexpr int64_t kNanosecondsPerFrame = 10'000'000;

constexpr char kSeededSource[] = "1 seeded random batch";

// One model's way through the stages.
class Preparation {
 public:
  Preparation(const v1::WorkerRequest::RunJob& job, JobObserver& observer, v1::JobResult& result)
      : job_(job),
        settings_(job.settings()),
        observer_(observer),
        result_(result),
        facts_(*result.mutable_model()) {}

  absl::StatusOr<PreparedModel> Run() {
    observer_.EnterStage(v1::STAGE_LOAD);
    EDGEBENCH_RETURN_IF_ERROR(UseSettings());
    if (!job_.stored_model_path().empty()) return LoadStored();
    EDGEBENCH_RETURN_IF_ERROR(Load());
    if (settings_.kind() == v1::JOB_KIND_INSPECT) return Describe();
    EDGEBENCH_RETURN_IF_ERROR(MakeModelInputs());
    EDGEBENCH_RETURN_IF_ERROR(RunReference());
    if (plan_.quantize) {
      EDGEBENCH_RETURN_IF_ERROR(QuantizeModel());
      EDGEBENCH_RETURN_IF_ERROR(CheckQuantized());
    }
    facts_.set_model_bytes(SizeOfModel());
    EDGEBENCH_RETURN_IF_ERROR(OptimizeAndCheck());
    model_.names = std::move(coverage_.names);
    return std::move(model_);
  }

 private:
  absl::Status UseSettings() {
    EDGEBENCH_ASSIGN_OR_RETURN(model_.device, ChooseDevice(settings_.target()));
    EDGEBENCH_ASSIGN_OR_RETURN(engine_, ChooseEngine(settings_.engine()));
    if (!engine_.empty()) UseQuantizedEngine(engine_);
    const int threads = std::max(settings_.threads(), 1);
    UseThreads(threads);
    result_.set_threads(threads);
    return absl::OkStatus();
  }

  absl::Status Load() {
    const bool will_run = settings_.kind() != v1::JOB_KIND_INSPECT;
    EDGEBENCH_ASSIGN_OR_RETURN(source_, OpenModel(job_, /*condition=*/will_run));
    EDGEBENCH_ASSIGN_OR_RETURN(
        plan_, PlanPrecision(settings_.kind(), settings_.precision(), source_.stored));
    EDGEBENCH_RETURN_IF_ERROR(CheckDeviceRuns(model_.device, plan_.precision));
    // Kernels are probed, and weights are read, on the CPU.
    if (plan_.quantize && !model_.device.is_cpu()) {
      return absl::UnimplementedError(absl::StrCat(
          "edgebench makes ", PrecisionName(plan_.precision), " models for the CPU only, not for ",
          model_.device.str(), "; use --target cpu, or bench a file that is stored in it"));
    }
    for (const std::string& note : source_.notes) result_.add_notes(note);
    if (!plan_.note.empty()) result_.add_notes(plan_.note);
    result_.set_precision(plan_.precision);
    if (RunsInt8()) {
      if (engine_.empty()) {
        return absl::UnimplementedError("this LibTorch has no engine for quantized operators");
      }
      result_.set_engine(engine_);
    }
    // A model so large that it is mapped: what is freed is to go back to the system at
    // once, rather than be kept for the next inference.
    if (source_.drop_pages) mallopt(M_MMAP_THRESHOLD, 1 << 20);
    // Exchanged, because a Module has no move constructor: moving would leave
    // a second owner, and the fp32 weights would outlive quantization.
    model_.module = std::exchange(source_.module, torch::jit::Module());
    model_.module.to(model_.device);
    facts_.set_random_weights(source_.random_weights);
    const std::optional<int64_t> parameters = CountParameters(model_.module);
    if (parameters.has_value()) facts_.set_parameters(*parameters);
    return absl::OkStatus();
  }

  // A cold start: nothing runs before the inference that is measured.
  absl::StatusOr<PreparedModel> LoadStored() {
    EDGEBENCH_ASSIGN_OR_RETURN(
        model_.module, LoadModelFile(job_.stored_model_path(), settings_.model().display_name()));
    model_.module.to(model_.device);
    observer_.EnterStage(v1::STAGE_CHECK);
    EDGEBENCH_ASSIGN_OR_RETURN(source_, DescribeInputs(job_));
    EDGEBENCH_RETURN_IF_ERROR(MakeModelInputs());
    result_.set_optimize(v1::OPTIMIZE_NONE);
    plan_.precision = StoredPrecision(model_.module);
    result_.set_precision(plan_.precision);
    if (RunsInt8()) result_.set_engine(engine_);
    return std::move(model_);
  }

  absl::StatusOr<PreparedModel> Describe() {
    facts_.set_model_bytes(SizeOfModel());
    result_.add_notes(Signature(model_.module));
    // Without inputs, a file can be described but not run.
    if (!source_.input_specs.empty()) EDGEBENCH_RETURN_IF_ERROR(DescribeLayers());
    return std::move(model_);
  }

  absl::Status DescribeLayers() {
    EDGEBENCH_RETURN_IF_ERROR(MakeModelInputs());
    EDGEBENCH_ASSIGN_OR_RETURN(auto layers, ListLayers(model_.module, model_.inputs));
    int64_t multiply_adds = 0;
    bool known = true;
    for (v1::ModelFacts::Layer& layer : layers) {
      known = known && layer.has_flops();
      multiply_adds += layer.flops();
      *facts_.add_layers() = std::move(layer);
    }
    if (known && multiply_adds > 0) facts_.set_flops(multiply_adds);
    return absl::OkStatus();
  }

  absl::Status MakeModelInputs() {
    EDGEBENCH_ASSIGN_OR_RETURN(specs_, ParseInputSpecs(source_.input_specs));
    EDGEBENCH_RETURN_IF_ERROR(CheckSignature(model_.module, specs_.size()));
    EDGEBENCH_ASSIGN_OR_RETURN(model_.inputs, DrawInputs(settings_.seed()));
    for (const c10::IValue& input : model_.inputs) {
      facts_.add_inputs(DescribeTensor(input.toTensor()));
    }
    const InputSizes& sizes = source_.sizes;
    if (source_.takes_speech && sizes.frames) {
      facts_.set_audio_ns(sizes.batch * *sizes.frames * kNanosecondsPerFrame);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<ModelInputs> DrawInputs(int64_t seed) const {
    EDGEBENCH_ASSIGN_OR_RETURN(ModelInputs inputs, MakeInputs(specs_, source_.sizes, seed));
    for (c10::IValue& input : inputs) input = input.toTensor().to(model_.device);
    return inputs;
  }

  // The outputs of the model before anything was done to it, and its work.
  absl::Status RunReference() {
    observer_.EnterStage(v1::STAGE_REFERENCE);
    std::optional<ReleaseAfterOperators> release;
    if (source_.drop_pages) release.emplace(source_.drop_pages);
    absl::StatusOr<Outputs> outputs;
    const ModelInputs fed = CopyInputs(model_.inputs);
    const std::optional<int64_t> multiply_adds =
        CountMultiplyAdds([&] { outputs = RunModule(model_.module, fed); });
    EDGEBENCH_RETURN_IF_ERROR(outputs.status());
    if (!SameInputs(fed, model_.inputs)) {
      result_.add_notes(
          "the model writes into its inputs: each measured inference sees what the one before it "
          "left there");
    }
    reference_ = *std::move(outputs);
    expected_ = reference_;
    if (multiply_adds.has_value()) facts_.set_flops(*multiply_adds);
    for (const at::Tensor& output : reference_) facts_.add_outputs(DescribeTensor(output));
    return absl::OkStatus();
  }

  absl::Status QuantizeModel() {
    // Writing a file's content anew would read all of its weights.
    facts_.set_fp32_model_bytes(source_.file_bytes.has_value()
                                    ? *source_.file_bytes
                                    : SerializedSize(model_.module, source_.drop_pages));
    const QuantizationTask task{job_,   plan_.precision, engine_,
                                specs_, source_.sizes,   source_.drop_pages};
    held_out_ = {{{model_.inputs, reference_}}, kSeededSource};
    malloc_trim(0);  // what the reference inference took
    EDGEBENCH_ASSIGN_OR_RETURN(QuantizedModel quantized,
                               QuantizeForJob(model_.module, task, held_out_, observer_, result_));
    model_.module = std::exchange(quantized.module, torch::jit::Module());
    coverage_.decisions = std::move(quantized.decisions);
    *result_.mutable_sizes() = SizesOf(model_.module);
    const bool packs_later = engine_ == "qnnpack";
    if (quantized.packed_bytes.value_or(0) > 0 && !packs_later) {
      result_.mutable_sizes()->set_packed_bytes(*quantized.packed_bytes);
    }
    source_.file_bytes.reset();
    // What the fp32 model held goes back to the system, so that it counts
    // neither for the limit nor for the peak of the stages to come.
    if (source_.drop_pages) source_.drop_pages();
    malloc_trim(0);
    return absl::OkStatus();
  }

  // In a stage of its own: a kernel that crashes here is no fault of the optimizer.
  absl::Status CheckQuantized() {
    observer_.EnterStage(v1::STAGE_CHECK);
    EDGEBENCH_ASSIGN_OR_RETURN(expected_,
                               RunQuantized(model_.module, CopyInputs(model_.inputs), engine_));
    return absl::OkStatus();
  }

  // A quantize job saves the model as it is: what the optimizer makes of it
  // belongs to one machine and cannot be stored.
  absl::Status OptimizeAndCheck() {
    observer_.EnterStage(v1::STAGE_OPTIMIZE);
    coverage_.names = NamesOfOperators(model_.module);
    const bool saves = settings_.kind() == v1::JOB_KIND_QUANTIZE;
    const bool rounds = plan_.quantize || RunsInt8();
    const double tolerance = rounds ? kInt8Tolerance : kFloatTolerance;
    EDGEBENCH_ASSIGN_OR_RETURN(
        OptimizedModule optimized,
        OptimizeModule(model_.module, saves ? v1::OPTIMIZE_NONE : AskedLevel(), model_.inputs,
                       expected_, tolerance));
    model_.module = std::move(optimized.module);
    malloc_trim(0);
    result_.set_optimize(optimized.level);
    for (const std::string& note : optimized.notes) Warn(note);
    return Assess();
  }

  // What became of the precision, and how far its outputs lie from those of fp32.
  absl::Status Assess() {
    if (!plan_.quantize && !RunsInt8()) return absl::OkStatus();
    coverage_.requested = plan_.precision;
    v1::Coverage& coverage = *result_.mutable_coverage();
    coverage = MeasureCoverage(model_.module, CopyInputs(model_.inputs), coverage_);
    if (coverage.int8_ops() == 0) result_.clear_engine();  // none was used
    if (!plan_.quantize) return absl::OkStatus();          // there is no fp32 model to compare with
    EDGEBENCH_ASSIGN_OR_RETURN(*result_.mutable_parity(),
                               ParityOn(held_out_, model_.module, engine_));
    result_.mutable_parity()->set_random_weights(source_.random_weights);
    coverage.set_unchanged(ChangedNothing());
    if (coverage.unchanged()) {
      Warn(absl::StrCat(PrecisionName(plan_.precision),
                        " changed nothing: what ran is the fp32 model"));
    }
    AssessTraining();
    return absl::OkStatus();
  }

  void AssessTraining() {
    const v1::TrainingReport& training = result_.training();
    const v1::Parity& parity = result_.parity();
    if (!training.has_sqnr_db_before() || !parity.has_sqnr_db()) return;
    if (parity.sqnr_db() >= training.sqnr_db_before()) return;
    Warn(
        absl::StrFormat("training made parity worse, %.1f dB before and %.1f dB after: lower "
                        "--learning-rate, give more calibration data, or take int8-static",
                        training.sqnr_db_before(), parity.sqnr_db()));
  }

  void Warn(const std::string& warning) {
    observer_.Warn(warning);
    result_.add_notes(warning);
  }

  bool ChangedNothing() const {
    const auto stays = [](const OperatorDecision& decision) { return !decision.reason.empty(); };
    return result_.coverage().covered_ops() == 0 && !StoresNarrowWeights(model_.module) &&
           std::all_of(coverage_.decisions.begin(), coverage_.decisions.end(), stays);
  }

  v1::Optimize AskedLevel() const {
    return settings_.optimize() == v1::OPTIMIZE_UNSPECIFIED ? v1::OPTIMIZE_FULL
                                                            : settings_.optimize();
  }

  bool RunsInt8() const {
    return plan_.precision == v1::PRECISION_INT8_DYNAMIC ||
           plan_.precision == v1::PRECISION_INT8_STATIC ||
           plan_.precision == v1::PRECISION_INT8_QAT;
  }

  // A file that is run unchanged has the size that users see.
  int64_t SizeOfModel() const {
    const bool saves = settings_.kind() == v1::JOB_KIND_QUANTIZE;
    if (source_.file_bytes.has_value() && !saves) return *source_.file_bytes;
    return SerializedSize(model_.module);
  }

  const v1::WorkerRequest::RunJob& job_;
  const v1::JobSettings& settings_;
  JobObserver& observer_;
  v1::JobResult& result_;
  v1::ModelFacts& facts_;

  std::string engine_;  // empty when this LibTorch has none
  SourceModel source_;  // its module moves to model_
  PrecisionPlan plan_;
  std::vector<InputSpec> specs_;
  Outputs reference_;  // of the model as it was loaded
  Outputs expected_;   // of the model that is optimized
  HeldOut held_out_;   // where the job quantizes
  CoverageContext coverage_;
  PreparedModel model_;
};

}  // namespace

absl::StatusOr<PreparedModel> PrepareModel(const v1::WorkerRequest::RunJob& job,
                                           JobObserver& observer, v1::JobResult& result) {
  return Preparation(job, observer, result).Run();
}

}  // namespace edgebench::worker
