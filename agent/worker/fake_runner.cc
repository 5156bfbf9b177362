#include "agent/worker/fake_runner.h"

#include <new>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr char kModel[] = "fake";
constexpr char kContent[] = "the fake model";

std::vector<v1::Stage> StagesOf(const v1::JobSettings& settings) {
  if (settings.kind() == v1::JOB_KIND_INSPECT) return {v1::STAGE_LOAD};
  if (settings.precision() == v1::PRECISION_INT8_QAT)
    return {v1::STAGE_LOAD, v1::STAGE_REFERENCE, v1::STAGE_TRAIN, v1::STAGE_QUANTIZE};
  if (settings.kind() == v1::JOB_KIND_QUANTIZE)
    return {v1::STAGE_LOAD, v1::STAGE_REFERENCE, v1::STAGE_QUANTIZE};
  return {v1::STAGE_LOAD, v1::STAGE_REFERENCE, v1::STAGE_OPTIMIZE};
}

}  // namespace

FakeRunner::FakeRunner(FakeClock& clock, FakeScript script)
    : clock_(clock), script_(std::move(script)) {}

absl::Status FakeRunner::Fail() const {
  if (script_.fails_by_bad_alloc) throw std::bad_alloc();
  return script_.failure;
}

absl::Status FakeRunner::Prepare(const v1::WorkerRequest::RunJob& job, JobObserver& observer,
                                 v1::JobResult& result) {
  const v1::JobSettings& settings = job.settings();
  for (const v1::Stage stage : StagesOf(settings)) {
    observer.EnterStage(stage);
    if (stage == script_.failing_stage) return Fail();
    if (!settings.target().empty() && settings.target() != "cpu") {
      return absl::UnimplementedError(absl::StrCat("target ", settings.target(), ": only cpu"));
    }
    if (settings.model().zoo_name() != kModel) {
      return absl::InvalidArgumentError(
          absl::StrCat(settings.model().display_name(), " is no fake model"));
    }
    clock_.Advance(absl::Milliseconds(10));
    if (stage == v1::STAGE_TRAIN) Train(settings.training(), observer, *result.mutable_training());
  }
  result.set_threads(settings.threads());
  result.set_precision(v1::PRECISION_FP32);
  result.mutable_model()->set_parameters(1);
  result.mutable_model()->set_model_bytes(sizeof kContent - 1);
  return absl::OkStatus();
}

void FakeRunner::Train(const v1::Training& settings, JobObserver& observer,
                       v1::TrainingReport& report) {
  for (int step = 1; step <= settings.steps() && !report.finished_early(); ++step) {
    script_.during_step(step);
    report.add_loss(1.0 / step);
    v1::Progress progress;
    progress.set_step(step);
    progress.set_loss(1.0 / step);
    observer.ReportProgress(progress);
    report.set_finished_early(step < settings.steps() && observer.FinishRequested());
  }
}

absl::Status FakeRunner::RunOnce() {
  absl::MutexLock lock(&mutex_);
  const int call = calls_++;
  if (script_.failing_call == call) return Fail();
  script_.during_call();
  clock_.Advance(script_.duration(call));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<InferenceStream>> FakeRunner::NewStream() {
  class Stream final : public InferenceStream {
   public:
    explicit Stream(FakeRunner& runner) : runner_(runner) {}
    absl::Status RunOnce() override { return runner_.RunOnce(); }

   private:
    FakeRunner& runner_;
  };
  return std::make_unique<Stream>(*this);
}

absl::Status FakeRunner::Profile(const ProfileOptions& options, Clock& clock, JobObserver&,
                                 v1::JobResult& result) {
  const int pairs = options.fixed_pairs.value_or(options.min_pairs);
  v1::ProfileReport& profile = *result.mutable_profile();
  v1::ProfileReport::Operator& only = *profile.add_operators();
  only.set_kind(kModel);
  only.set_calls(1);
  for (int inference = 0; inference < 2 * pairs; ++inference) {
    const int64_t start_ns = clock.NowNanos();
    EDGEBENCH_RETURN_IF_ERROR(RunOnce());
    const int64_t duration_ns = clock.NowNanos() - start_ns;
    if (inference % 2 == 0) {
      result.mutable_latency()->add_measured_ns(duration_ns);
    } else {
      profile.add_profiled_ns(duration_ns);
      only.set_total_ns(duration_ns);
      only.set_share(1);
    }
  }
  return absl::OkStatus();
}

absl::Status FakeRunner::MeasurePeaks(const v1::WorkerRequest::RunJob& job, Clock&, JobObserver&,
                                      v1::JobResult& result) {
  if (script_.failing_stage == v1::STAGE_MEASURE) return Fail();
  v1::RooflinePeaks::Peak& peak = *result.mutable_peaks()->add_peaks();
  peak.set_quantity(v1::RooflinePeaks::QUANTITY_FP32);
  peak.set_threads(job.settings().threads());
  peak.add_per_second(1e9);
  result.set_threads(job.settings().threads());
  return absl::OkStatus();
}

absl::Status FakeRunner::Save(const std::string& path) {
  if (script_.failing_stage == v1::STAGE_SAVE) return Fail();
  const absl::Status written = WriteFileAtomically(path, kContent);
  return written.ok() ? written : NotWritten(written);
}

FakeBackend::FakeBackend(FakeClock& clock, FakeScript script)
    : clock_(clock), script_(std::move(script)) {}

v1::WorkerMessage::Description FakeBackend::Describe() {
  v1::WorkerMessage::Description description;
  description.mutable_torch()->set_version("none");
  description.add_zoo()->set_name(kModel);
  return description;
}

std::unique_ptr<ModelRunner> FakeBackend::NewRunner() {
  return std::make_unique<FakeRunner>(clock_, script_);
}

}  // namespace edgebench::worker
