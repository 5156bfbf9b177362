#include "agent/power/job_energy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/energy_meter.h"
#include "common/proto_time.h"

namespace edgebench::agent {
namespace {

// Readings of the idle phase that are aimed at, whatever the source's period.
constexpr int kIdleReadings = 10;
// Below this share of the time the figure is mostly about something else.
constexpr double kMostlyInferences = 0.9;

double SecondsOfInferences(const v1::LatencySamples& latency) {
  double seconds = 0;
  for (const int64_t nanos : latency.measured_ns()) seconds += static_cast<double>(nanos) / 1e9;
  return seconds;
}

}  // namespace

JobEnergy::JobEnergy(const JobPower& power, const std::string& target, Clock& clock)
    : clock_(clock), idle_length_(power.idle) {
  auto source = power.open(target);
  problem_ = source.status();
  if (source.ok()) source_ = *std::move(source);
}

void JobEnergy::MeasureIdle(const std::function<bool(absl::Duration)>& wait) {
  if (source_ == nullptr || idle_length_ <= absl::ZeroDuration()) return;
  const absl::Duration length = std::max(idle_length_, kIdleReadings * source_->info().period);
  PowerRecorder recorder(*source_, clock_);
  TimeWindow window;
  window.start_nanos = clock_.NowNanos();
  const int64_t end_nanos = window.start_nanos + absl::ToInt64Nanoseconds(length);
  bool whole = true;
  while (whole && clock_.NowNanos() < end_nanos) {
    whole = wait(absl::Nanoseconds(end_nanos - clock_.NowNanos()));
  }
  window.end_nanos = clock_.NowNanos();
  idle_samples_ = recorder.Finish();
  if (whole) idle_ = window;
}

void JobEnergy::Enter(v1::Stage stage) {
  if (stage != v1::STAGE_MEASURE) return;
  recorder_.reset();
  measured_.reset();
  start_nanos_ = clock_.NowNanos();
  start_time_ = clock_.WallNow();
  if (source_ != nullptr) recorder_ = std::make_unique<PowerRecorder>(*source_, clock_);
}

void JobEnergy::End() {
  if (!start_time_) return;
  measured_ = TimeWindow{start_nanos_, clock_.NowNanos()};
  end_time_ = clock_.WallNow();
  if (recorder_ == nullptr) return;
  samples_ = recorder_->Finish();
  recorder_.reset();
  trouble_ = source_->Trouble();
}

v1::Energy JobEnergy::Of(const v1::JobResult& result) const {
  v1::Energy energy = Measured(result);
  // For a meter's log, where nothing here measured.
  if (measured_) {
    *energy.mutable_window_start_time() = ToProto(*start_time_);
    *energy.mutable_window_end_time() = ToProto(end_time_);
  }
  return energy;
}

v1::Energy JobEnergy::Measured(const v1::JobResult& result) const {
  v1::Energy energy;
  energy.set_inferences(result.latency().measured_ns_size());
  if (source_ == nullptr) {
    energy.set_reason(std::string(problem_.message()));
    return energy;
  }
  if (!measured_) {
    energy.set_source(source_->info().name);
    energy.set_reason("the job did not measure");
    return energy;
  }
  PowerTrace trace;
  trace.source = source_->info().name;
  trace.rails = source_->info().rails;
  trace.notes = source_->info().notes;
  trace.trouble = trouble_;
  trace.samples = idle_samples_;
  trace.samples.insert(trace.samples.end(), samples_.begin(), samples_.end());
  energy = MeasureEnergy(trace, idle_, *measured_, energy.inferences());
  const double share = SecondsOfInferences(result.latency()) / measured_->seconds();
  if (energy.has_joules_gross() && share < kMostlyInferences) {
    energy.add_notes(absl::StrCat("the inferences took ", std::lround(100 * share),
                                  " % of the time whose energy this is"));
  }
  return energy;
}

}  // namespace edgebench::agent
