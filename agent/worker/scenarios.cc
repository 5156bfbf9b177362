#include "agent/worker/scenarios.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/worker/measure.h"
#include "agent/worker/server_scenario.h"
#include "agent/worker/throughput.h"
#include "agent/worker/validity.h"
#include "agent/worker/warm_up.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/stats.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

MeasureOptions OptionsFrom(const v1::JobSettings& settings) {
  MeasureOptions options;
  if (settings.has_fixed_samples()) options.fixed_samples = settings.fixed_samples();
  if (settings.has_target_ci()) options.target_ci = settings.target_ci();
  if (settings.has_min_samples()) options.min_samples = settings.min_samples();
  if (settings.has_max_time()) options.max_time = FromProto(settings.max_time());
  options.max_samples = std::max(options.max_samples, options.min_samples);
  options.until_max_time = settings.scenario() == v1::SCENARIO_SUSTAINED;
  return options;
}

// What keeps the figures from being the steady state's.
std::optional<std::string> ReasonAgainst(const WarmUpReport& warm_up) {
  if (warm_up.stable) return std::nullopt;
  const size_t calls = warm_up.samples_ns.size();
  if (!warm_up.last_change.has_value()) {
    return absl::StrCat("unsettled: too few calls to tell whether the latency had settled: ", calls,
                        " in the warm-up; a longer --max-time leaves time for more");
  }
  return absl::StrFormat(
      "unsettled: the latency was still changing when the warm-up ended after %d calls (the last "
      "windows differ by %.1f %%)",
      calls, *warm_up.last_change * 100);
}

// The reason against the figures, where there is one, is told at once.
absl::StatusOr<std::optional<std::string>> WarmUpAndTell(const ScenarioContext& context,
                                                         v1::LatencySamples& latency) {
  context.observer.EnterStage(v1::STAGE_WARM_UP);
  WarmUpOptions options;
  options.max_time = WarmUpTime(OptionsFrom(context.settings).max_time);
  EDGEBENCH_ASSIGN_OR_RETURN(const WarmUpReport warm_up,
                             WarmUp(context.runner, context.clock, options));
  latency.mutable_warm_up_ns()->Add(warm_up.samples_ns.begin(), warm_up.samples_ns.end());
  std::optional<std::string> unsettled = ReasonAgainst(warm_up);
  if (unsettled) context.observer.Warn(*unsettled);
  return unsettled;
}

void SetValidity(const std::vector<std::string>& reasons, v1::JobResult& result) {
  for (const std::string& reason : reasons) result.mutable_validity()->add_reasons(reason);
  result.mutable_validity()->set_valid(reasons.empty());
}

absl::Status MeasureLatency(const ScenarioContext& context, v1::JobResult& result) {
  const MeasureOptions options = OptionsFrom(context.settings);
  v1::LatencySamples& latency = *result.mutable_latency();
  const SwapWatch swap(context.memory);
  EDGEBENCH_ASSIGN_OR_RETURN(const auto unsettled, WarmUpAndTell(context, latency));
  context.observer.EnterStage(v1::STAGE_MEASURE);
  EDGEBENCH_ASSIGN_OR_RETURN(
      const Measurement measurement,
      Measure(context.runner, context.clock, options,
              [&](const v1::Progress& progress) { context.observer.ReportProgress(progress); }));
  latency.mutable_measured_ns()->Add(measurement.samples_ns.begin(), measurement.samples_ns.end());
  latency.set_converged(measurement.converged);
  std::vector<std::string> reasons = swap.Reasons();
  if (unsettled) reasons.push_back(*unsettled);
  *result.mutable_validity() = JudgeValidity(options, measurement, reasons);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> TimeOfOne(const ScenarioContext& context) {
  const int64_t before_ns = context.clock.NowNanos();
  EDGEBENCH_RETURN_IF_ERROR(context.runner.RunOnce());
  return context.clock.NowNanos() - before_ns;
}

// How long starting and loading took is known when the job's stages are.
absl::Status MeasureCold(const ScenarioContext& context, v1::JobResult& result) {
  const SwapWatch swap(context.memory);
  context.observer.EnterStage(v1::STAGE_MEASURE);
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t first_ns, TimeOfOne(context));
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t second_ns, TimeOfOne(context));
  result.mutable_cold()->set_first_ns(first_ns);
  result.mutable_cold()->set_second_ns(second_ns);
  result.mutable_latency()->add_measured_ns(first_ns);
  SetValidity(swap.Reasons(), result);
  return absl::OkStatus();
}

void ReportShare(const ScenarioContext& context, double share) {
  v1::Progress progress;
  progress.set_fraction(std::clamp(share, 0.0, 1.0));
  context.observer.ReportProgress(progress);
}

absl::Status MeasureStreams(const ScenarioContext& context, v1::JobResult& result) {
  const SwapWatch swap(context.memory);
  EDGEBENCH_ASSIGN_OR_RETURN(const auto unsettled,
                             WarmUpAndTell(context, *result.mutable_latency()));
  EDGEBENCH_ASSIGN_OR_RETURN(const InferenceStreams streams,
                             MakeStreams(context.runner, context.settings.streams()));
  context.observer.EnterStage(v1::STAGE_MEASURE);
  EDGEBENCH_ASSIGN_OR_RETURN(
      const ThroughputMeasurement measurement,
      MeasureThroughput(streams, context.clock, OptionsFrom(context.settings).max_time,
                        [&](double share) { ReportShare(context, share); }));
  v1::Throughput& throughput = *result.mutable_throughput();
  throughput.set_streams(context.settings.streams());
  throughput.set_inferences(measurement.inferences);
  throughput.set_window_ns(absl::ToInt64Nanoseconds(measurement.window));
  throughput.set_per_second(measurement.rate.per_second);
  if (measurement.rate.low) throughput.set_per_second_low(*measurement.rate.low);
  if (measurement.rate.high) throughput.set_per_second_high(*measurement.rate.high);
  result.mutable_latency()->mutable_measured_ns()->Add(measurement.latencies_ns.begin(),
                                                       measurement.latencies_ns.end());
  std::vector<std::string> reasons = swap.Reasons();
  if (unsettled) reasons.push_back(*unsettled);
  if (!measurement.rate.low) {
    reasons.push_back(absl::StrCat("unconverged: only ", measurement.inferences,
                                   " inferences within the time; a longer --max-time gives more"));
  }
  SetValidity(reasons, result);
  return absl::OkStatus();
}

// Why the rate that was found is not the answer; nullopt where it is.
std::optional<std::string> ReasonAgainst(const v1::ServerReport& report,
                                         const ServerOptions& options, bool time_was_over) {
  if (report.trials().empty()) {
    return absl::StrFormat(
        "unconverged: no trial ended within the time, as the %d queries of the first, at %.3g per "
        "second, take some %s; a longer --max-time leaves time for several",
        options.queries, options.first_rate,
        absl::FormatDuration(
            absl::Ceil(absl::Seconds(options.queries / options.first_rate), absl::Seconds(1))));
  }
  if (!report.has_rate_per_second()) {
    return absl::StrFormat(
        "unconverged: no rate was found that holds the bound; the lowest of %d, %.3g per second, "
        "does not%s",
        report.trials_size(), report.failing_rate_per_second(),
        time_was_over ? "; a longer --max-time tries lower ones" : "");
  }
  constexpr double kCloseEnough = 1.06;
  if (report.has_failing_rate_per_second() &&
      report.failing_rate_per_second() / report.rate_per_second() <= kCloseEnough)
    return std::nullopt;
  if (!report.has_failing_rate_per_second()) {
    return absl::StrFormat("unconverged: %.3g per second holds the bound, and more was not tried%s",
                           report.rate_per_second(),
                           time_was_over ? "; a longer --max-time tries it" : "");
  }
  return absl::StrFormat(
      "unconverged: %.3g per second holds the bound and %.3g does not; a longer --max-time tells "
      "what lies between",
      report.rate_per_second(), report.failing_rate_per_second());
}

absl::Status MeasureServer(const ScenarioContext& context, v1::JobResult& result) {
  const SwapWatch swap(context.memory);
  EDGEBENCH_ASSIGN_OR_RETURN(const auto unsettled,
                             WarmUpAndTell(context, *result.mutable_latency()));
  EDGEBENCH_ASSIGN_OR_RETURN(const InferenceStreams streams,
                             MakeStreams(context.runner, context.settings.streams()));
  context.observer.EnterStage(v1::STAGE_MEASURE);
  ServerOptions options;
  options.latency_bound = FromProto(context.settings.latency_bound());
  options.max_time = OptionsFrom(context.settings).max_time;
  options.seed = static_cast<uint64_t>(context.settings.seed());
  options.wait_until = context.wait_until;
  // Half of what the streams could serve if nobody waited.
  const auto& warm_up = result.latency().warm_up_ns();
  const double typical_ns = std::max(Median({warm_up.begin(), warm_up.end()}).value_or(1), 1.0);
  options.first_rate = 0.5 * context.settings.streams() * 1e9 / typical_ns;
  const int64_t start_ns = context.clock.NowNanos();
  EDGEBENCH_ASSIGN_OR_RETURN(
      *result.mutable_server(),
      FindServerRate(streams, context.clock, options, [&](const v1::ServerReport&) {
        ReportShare(context, static_cast<double>(context.clock.NowNanos() - start_ns) /
                                 absl::ToDoubleNanoseconds(options.max_time));
      }));
  std::vector<std::string> reasons = swap.Reasons();
  if (unsettled) reasons.push_back(*unsettled);
  const absl::Duration spent = absl::Nanoseconds(context.clock.NowNanos() - start_ns);
  const bool time_was_over = spent >= options.max_time;
  if (const auto reason = ReasonAgainst(result.server(), options, time_was_over)) {
    reasons.push_back(*reason);
  }
  SetValidity(reasons, result);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunScenario(const ScenarioContext& context, v1::JobResult& result) {
  switch (context.settings.scenario()) {
    case v1::SCENARIO_UNSPECIFIED:
    case v1::SCENARIO_STEADY:
    case v1::SCENARIO_SUSTAINED:
      return MeasureLatency(context, result);
    case v1::SCENARIO_COLD:
      return MeasureCold(context, result);
    case v1::SCENARIO_THROUGHPUT:
      return MeasureStreams(context, result);
    case v1::SCENARIO_SERVER:
      return MeasureServer(context, result);
    default:
      return absl::UnimplementedError(
          absl::StrCat("this worker has no scenario ", context.settings.scenario()));
  }
}

absl::Status ProfileOperators(const ScenarioContext& context, v1::JobResult& result) {
  ProfileOptions options;
  if (context.settings.has_fixed_samples()) options.fixed_pairs = context.settings.fixed_samples();
  if (context.settings.has_max_time()) options.max_time = FromProto(context.settings.max_time());
  const SwapWatch swap(context.memory);
  EDGEBENCH_ASSIGN_OR_RETURN(const auto unsettled,
                             WarmUpAndTell(context, *result.mutable_latency()));
  context.observer.EnterStage(v1::STAGE_MEASURE);
  EDGEBENCH_RETURN_IF_ERROR(
      context.runner.Profile(options, context.clock, context.observer, result));
  result.mutable_latency()->set_converged(true);  // as many as there were to be
  std::vector<std::string> reasons = swap.Reasons();
  if (unsettled) reasons.push_back(*unsettled);
  SetValidity(reasons, result);
  return absl::OkStatus();
}

absl::Status MeasurePeaks(const ScenarioContext& context, const v1::WorkerRequest::RunJob& job,
                          v1::JobResult& result) {
  const SwapWatch swap(context.memory);
  context.observer.EnterStage(v1::STAGE_MEASURE);
  EDGEBENCH_RETURN_IF_ERROR(
      context.runner.MeasurePeaks(job, context.clock, context.observer, result));
  SetValidity(swap.Reasons(), result);
  return absl::OkStatus();
}

}  // namespace edgebench::worker
