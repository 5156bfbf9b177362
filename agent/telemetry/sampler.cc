#include "agent/telemetry/sampler.h"

#include <utility>

namespace edgebench::agent {

Sampler::Sampler(std::vector<std::unique_ptr<ChannelSource>> sources, Clock& clock,
                 absl::Duration period)
    : clock_(clock),
      recorder_(std::move(sources), clock.NowNanos(), absl::ToInt64Nanoseconds(period)),
      thread_([this] { Run(); }) {}

Sampler::~Sampler() { Stop(); }

void Sampler::Run() {
  while (!stop_.Wait(AddRow())) continue;
}

void Sampler::Stop() {
  if (!thread_.joinable()) return;
  stop_.Notify();
  thread_.join();
}

absl::Duration Sampler::AddRow() {
  absl::MutexLock lock(&mutex_);
  recorder_.AddRow(clock_.NowNanos());
  return absl::Nanoseconds(recorder_.period_nanos());
}

void Sampler::MarkMeasureStart() {
  absl::MutexLock lock(&mutex_);
  const int64_t now = clock_.NowNanos();
  recorder_.MarkMeasureStart(now);
  recorder_.AddRow(now);
}

v1::Telemetry Sampler::Finish() {
  Stop();
  absl::MutexLock lock(&mutex_);
  return recorder_.ToProto();
}

}  // namespace edgebench::agent
