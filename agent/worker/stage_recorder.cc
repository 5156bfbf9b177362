#include "agent/worker/stage_recorder.h"

#include <algorithm>

namespace edgebench::worker {
namespace {

std::optional<int64_t> Larger(std::optional<int64_t> a, std::optional<int64_t> b) {
  if (!a.has_value()) return b;
  if (!b.has_value()) return a;
  return std::max(*a, *b);
}

bool HoldsOnlyTheMeasuredModel(v1::Stage stage) {
  return stage == v1::STAGE_WARM_UP || stage == v1::STAGE_MEASURE;
}

bool Quantizes(v1::Stage stage) {
  return stage == v1::STAGE_CALIBRATE || stage == v1::STAGE_TRAIN || stage == v1::STAGE_QUANTIZE ||
         stage == v1::STAGE_RANK;
}

}  // namespace

StageRecorder::StageRecorder(Clock& clock, ProcessMemory& memory, absl::Duration startup)
    : clock_(clock), memory_(memory), startup_ns_(absl::ToInt64Nanoseconds(startup)) {}

void StageRecorder::Enter(v1::Stage stage) {
  if (stage == current_) return;
  Leave();
  current_ = stage;
  stage_peak_known_ = memory_.ResetPeak();
  entered_ns_ = clock_.NowNanos() - (stage == v1::STAGE_START ? startup_ns_ : 0);
}

void StageRecorder::Leave() {
  const int64_t now_ns = clock_.NowNanos();
  const std::optional<int64_t> peak = memory_.PeakResidentBytes();
  earlier_peak_bytes_ = Larger(earlier_peak_bytes_, peak);
  if (current_ == v1::STAGE_UNSPECIFIED) return;
  v1::StageReport& report = reports_.emplace_back();
  report.set_stage(current_);
  report.set_duration_ns(now_ns - entered_ns_);
  // Where the peak cannot be reset it is that of the whole life, not of the stage.
  if (stage_peak_known_ && peak.has_value()) report.set_peak_rss_bytes(*peak);
}

std::optional<int64_t> StageRecorder::JobPeakBytes() const {
  return Larger(earlier_peak_bytes_, memory_.PeakResidentBytes());
}

void StageRecorder::Finish(v1::JobResult& result) {
  Leave();
  result.set_stage(current_);
  std::optional<int64_t> measured_peak;
  std::optional<int64_t> quantize_ns;
  for (const v1::StageReport& report : reports_) {
    *result.add_stages() = report;
    if (HoldsOnlyTheMeasuredModel(report.stage()) && report.has_peak_rss_bytes()) {
      measured_peak = Larger(measured_peak, report.peak_rss_bytes());
    }
    if (Quantizes(report.stage())) quantize_ns = quantize_ns.value_or(0) + report.duration_ns();
  }
  if (!measured_peak.has_value()) measured_peak = earlier_peak_bytes_;
  if (measured_peak.has_value()) result.set_peak_rss_bytes(*measured_peak);
  if (earlier_peak_bytes_.has_value()) result.set_job_peak_rss_bytes(*earlier_peak_bytes_);
  if (quantize_ns.has_value()) result.set_quantize_duration_ns(*quantize_ns);
}

}  // namespace edgebench::worker
