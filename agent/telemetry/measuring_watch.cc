#include "agent/telemetry/measuring_watch.h"

#include <unistd.h>

#include <utility>

#include "agent/telemetry/conditions.h"

namespace edgebench::agent {
namespace {

// Over less time, ticks of 10 ms do not tell a tenth of a core; the warm-up, which runs
// the same model, is then counted as well.
constexpr int64_t kLongEnoughNanos = 1'000'000'000;

}  // namespace

absl::Duration TelemetryPeriod(const v1::JobSettings& settings) {
  const int32_t hertz = settings.telemetry_hz();
  return hertz > 0 ? absl::Seconds(1) / hertz : absl::ZeroDuration();
}

MeasuringWatch::MeasuringWatch(pid_t worker, Clock& clock, Options options)
    : worker_(worker), clock_(clock), options_(std::move(options)), cpu_(options_.root, worker) {}

void MeasuringWatch::Enter(v1::Stage stage) {
  if (stage == v1::STAGE_WARM_UP && !warm_up_) {
    before_ = ReadConditions(options_.root);
    if (options_.period > absl::ZeroDuration()) {
      sampler_ = std::make_unique<Sampler>(options_.channels(worker_), clock_, options_.period);
    }
    warm_up_ = cpu_.Read(clock_.NowNanos());
  } else if (stage == v1::STAGE_MEASURE && warm_up_ && !measuring_) {
    measuring_ = cpu_.Read(clock_.NowNanos());
    if (sampler_) sampler_->MarkMeasureStart();
  }
}

void MeasuringWatch::Conclude(v1::JobResult& result) {
  if (!warm_up_) return;
  const CpuTimes end = cpu_.Read(clock_.NowNanos());
  const bool long_enough = measuring_ && end.at_nanos - measuring_->at_nanos >= kLongEnoughNanos;
  *result.mutable_cpu_use() =
      UseBetween(long_enough ? *measuring_ : *warm_up_, end, sysconf(_SC_CLK_TCK));
  if (sampler_) {
    *result.mutable_telemetry() = sampler_->Finish();
    sampler_.reset();
  }
  *result.mutable_conditions_before() = std::move(before_);
  *result.mutable_conditions_after() = ReadConditions(options_.root);
}

}  // namespace edgebench::agent
