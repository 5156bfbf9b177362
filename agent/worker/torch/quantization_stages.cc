#include "agent/worker/torch/quantization_stages.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/worker/torch/calibration_data.h"
#include "agent/worker/torch/inputs.h"
#include "agent/worker/torch/operator_ranking.h"
#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/torch_errors.h"
#include "common/names.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

// Calibration batches are drawn apart from the input that parity is measured on.
constexpr int64_t kCalibrationSeed = 1'000'003;
constexpr int kDefaultCalibrationBatches = 2;

QuantizeOptions OptionsOf(const QuantizationTask& task) {
  const v1::JobSettings& settings = task.job.settings();
  QuantizeOptions options;
  options.precision = task.precision;
  options.engine = task.engine;
  if (!settings.observer().empty()) options.observer = settings.observer();
  if (!settings.weight_scheme().empty()) options.weight_scheme = settings.weight_scheme();
  options.embeddings = settings.quantize_embeddings();
  options.keep_fp32.assign(settings.keep_fp32().begin(), settings.keep_fp32().end());
  options.on_weights_read = task.on_weights_read;
  return options;
}

class Stages {
 public:
  Stages(const torch::jit::Module& module, const QuantizationTask& task, HeldOut& held_out,
         JobObserver& observer, v1::JobResult& result)
      : module_(module),
        task_(task),
        held_out_(held_out),
        settings_(task.job.settings()),
        observer_(observer),
        result_(result) {}

  absl::StatusOr<QuantizedModel> Run() {
    observer_.EnterStage(IsCalibrated() ? v1::STAGE_CALIBRATE : v1::STAGE_QUANTIZE);
    EDGEBENCH_RETURN_IF_ERROR(OpenData());
    EDGEBENCH_ASSIGN_OR_RETURN(quantizer_, Quantizer::Create(module_, OptionsOf(task_)));
    if (IsCalibrated()) EDGEBENCH_RETURN_IF_ERROR(quantizer_->Calibrate(batches_));
    if (task_.precision == v1::PRECISION_INT8_QAT) EDGEBENCH_RETURN_IF_ERROR(Train());
    if (IsCalibrated()) observer_.EnterStage(v1::STAGE_QUANTIZE);
    EDGEBENCH_ASSIGN_OR_RETURN(QuantizedModel quantized, quantizer_->Convert({}));
    const bool ranks = settings_.sensitivity() || settings_.has_min_sqnr_db();
    observer_.EnterStage(ranks ? v1::STAGE_RANK : v1::STAGE_CHECK);
    EDGEBENCH_RETURN_IF_ERROR(HoldOutData());
    if (!ranks) return quantized;
    return Rank(std::move(quantized));
  }

 private:
  bool IsCalibrated() const {
    return task_.precision == v1::PRECISION_INT8_STATIC ||
           task_.precision == v1::PRECISION_INT8_QAT;
  }

  absl::Status OpenData() {
    if (settings_.has_calibration()) return OpenUsersData();
    return IsCalibrated() ? DrawData() : absl::OkStatus();
  }

  absl::Status DrawData() {
    const int batches = settings_.has_calibration_batches() ? settings_.calibration_batches()
                                                            : kDefaultCalibrationBatches;
    const std::string source =
        absl::StrCat(batches, " seeded random batch", batches == 1 ? "" : "es");
    result_.set_calibration_source(source);
    result_.add_notes(absl::StrCat("no calibration data: ", source));
    batches_ = [this, batches](const BatchConsumer& consume) -> absl::Status {
      for (int batch = 0; batch < batches; ++batch) {
        EDGEBENCH_ASSIGN_OR_RETURN(
            const ModelInputs inputs,
            MakeInputs(task_.specs, task_.sizes, settings_.seed() + kCalibrationSeed + batch));
        EDGEBENCH_RETURN_IF_ERROR(consume(inputs));
        ReportShare(batch + 1, batches);
      }
      return absl::OkStatus();
    };
    return absl::OkStatus();
  }

  absl::Status OpenUsersData() {
    EDGEBENCH_ASSIGN_OR_RETURN(
        data_, ReadCalibration(task_.job.calibration_path(), settings_.calibration_name(),
                               {InputNames(module_, task_.specs.size()), task_.specs, task_.sizes},
                               settings_.image_preprocessing()));
    if (!IsCalibrated()) return absl::OkStatus();
    result_.set_calibration_source(data_->source());
    batches_ = [this, held_out = HeldOutBatches(data_->batches())](
                   const BatchConsumer& consume) -> absl::Status {
      for (int64_t batch = 0; batch < data_->batches(); ++batch) {
        if (std::binary_search(held_out.begin(), held_out.end(), batch)) continue;
        EDGEBENCH_ASSIGN_OR_RETURN(const ModelInputs inputs, data_->Batch(batch));
        EDGEBENCH_RETURN_IF_ERROR(consume(inputs));
        ReportShare(batch + 1, data_->batches());
      }
      return absl::OkStatus();
    };
    return absl::OkStatus();
  }

  // Not before the quantize stages, whose time is that of quantizing.
  absl::Status HoldOutData() {
    if (data_ == nullptr || is_held_out_) return absl::OkStatus();
    is_held_out_ = true;
    EDGEBENCH_ASSIGN_OR_RETURN(held_out_, HoldOut(module_, *data_, settings_.calibration_name(),
                                                  IsCalibrated(), task_.on_weights_read));
    return absl::OkStatus();
  }

  void ReportShare(int64_t done, int64_t all) {
    v1::Progress progress;
    progress.set_fraction(static_cast<double>(done) / static_cast<double>(all));
    observer_.ReportProgress(progress);
  }

  // What training starts from.
  absl::Status MeasureUntrained(v1::TrainingReport& report) {
    EDGEBENCH_RETURN_IF_ERROR(HoldOutData());
    EDGEBENCH_ASSIGN_OR_RETURN(QuantizedModel untrained, quantizer_->Convert({}));
    EDGEBENCH_ASSIGN_OR_RETURN(const v1::Parity parity,
                               ParityOn(held_out_, untrained.module, task_.engine));
    if (parity.has_sqnr_db()) report.set_sqnr_db_before(parity.sqnr_db());
    return absl::OkStatus();
  }

  absl::Status Train() {
    observer_.EnterStage(v1::STAGE_TRAIN);
    TrainOptions options;
    const v1::Training& training = settings_.training();
    if (training.has_steps()) options.steps = training.steps();
    if (training.has_learning_rate()) options.learning_rate = training.learning_rate();
    if (!training.optimizer().empty()) options.optimizer = training.optimizer();
    v1::TrainingReport& report = *result_.mutable_training();
    EDGEBENCH_RETURN_IF_ERROR(MeasureUntrained(report));
    options.on_step = [&](int step, double loss) {
      v1::Progress progress;
      progress.set_fraction(static_cast<double>(step) / options.steps);
      progress.set_step(step);
      progress.set_loss(loss);
      observer_.ReportProgress(progress);
      if (step == options.steps || !observer_.FinishRequested()) return true;
      report.set_finished_early(true);
      return false;
    };
    EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<double> losses,
                               quantizer_->Train(batches_, options));
    report.mutable_loss()->Add(losses.begin(), losses.end());
    return absl::OkStatus();
  }

  // Ranked on the inputs that parity is measured on: the bound is to hold there.
  absl::StatusOr<QuantizedModel> Rank(QuantizedModel quantized) {
    const auto share_done = [this](double share) {
      v1::Progress progress;
      progress.set_fraction(share);
      observer_.ReportProgress(progress);
    };
    EDGEBENCH_ASSIGN_OR_RETURN(
        std::vector<v1::OperatorSensitivity> ranking,
        RankOperators(*quantizer_, quantized, task_.engine, held_out_, share_done));
    std::set<std::string> keep;
    if (settings_.has_min_sqnr_db()) {
      EDGEBENCH_ASSIGN_OR_RETURN(keep,
                                 OperatorsToKeep(*quantizer_, ranking, task_.engine, held_out_,
                                                 settings_.min_sqnr_db(), share_done));
    }
    for (v1::OperatorSensitivity& each : ranking) {
      each.set_kept_fp32(keep.count(each.name()) != 0);
      *result_.add_sensitivity() = each;
    }
    if (keep.empty()) return quantized;
    return quantizer_->Convert(keep);
  }

  const torch::jit::Module& module_;
  const QuantizationTask& task_;
  HeldOut& held_out_;
  const v1::JobSettings& settings_;
  JobObserver& observer_;
  v1::JobResult& result_;
  std::unique_ptr<CalibrationData> data_;
  bool is_held_out_ = false;  // part of the data is in held_out_
  CalibrationBatches batches_;
  std::unique_ptr<Quantizer> quantizer_;
};

}  // namespace

absl::StatusOr<QuantizedModel> QuantizeForJob(const torch::jit::Module& module,
                                              const QuantizationTask& task, HeldOut& held_out,
                                              JobObserver& observer, v1::JobResult& result) {
  return Guarded(absl::StrCat(PrecisionName(task.precision), " cannot be applied to this model"),
                 absl::StatusCode::kUnimplemented,
                 [&] { return Stages(module, task, held_out, observer, result).Run(); });
}

}  // namespace edgebench::worker
