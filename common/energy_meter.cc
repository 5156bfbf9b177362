#include "common/energy_meter.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/distributions.h"
#include "common/energy_curve.h"
#include "common/status_macros.h"

namespace edgebench {
namespace {

constexpr int kBlocks = 10;
constexpr int kIdleBlocks = 5;
// Of a normal distribution: its standard deviation over its median absolute deviation, and
// the variance of a sample's median over that of its mean, pi / 2.
constexpr double kNormalMad = 1.4826;
constexpr double kMedianOverMean = 1.5708;
// A smaller share of the gross figure than any sensor resolves.
constexpr double kLeastShare = 1e-6;

using Curves = std::vector<EnergyCurve>;

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

absl::StatusOr<Curves> CountedCurves(const PowerTrace& trace, TimeWindow window, int least) {
  Curves curves;
  for (size_t rail = 0; rail < trace.rails.size(); ++rail) {
    if (!trace.rails[rail].counted) continue;
    EDGEBENCH_ASSIGN_OR_RETURN(EnergyCurve curve, EnergyCurve::Over(trace, rail, window, least));
    curves.push_back(std::move(curve));
  }
  if (curves.empty()) return absl::FailedPreconditionError("no rail of the source is counted");
  return curves;
}

double MeanWatts(const Curves& curves, TimeWindow span) {
  double watts = 0;
  for (const EnergyCurve& curve : curves) watts += curve.MeanWatts(span);
  return watts;
}

// Mean power between every two readings of the first curve that follow each other, as far
// as both lie in the window.
std::vector<double> PowerBetweenReadings(const Curves& curves, TimeWindow window) {
  std::vector<double> watts;
  const std::vector<int64_t>& times = curves.front().times();
  for (size_t i = 1; i < times.size(); ++i) {
    if (times[i - 1] < window.start_nanos || times[i] > window.end_nanos) continue;
    watts.push_back(MeanWatts(curves, {times[i - 1], times[i]}));
  }
  return watts;
}

// A figure in W, and what is known of its error.
struct Estimate {
  double watts = 0;
  double variance = 0;  // of `watts`
  double degrees = 0;   // of freedom, of the variance
};

Estimate OverBlocks(const Curves& curves, TimeWindow window, int most_blocks) {
  size_t readings = curves.front().times().size();
  for (const EnergyCurve& curve : curves) readings = std::min(readings, curve.times().size());
  const int blocks = std::clamp(static_cast<int>(readings / 2), 2, most_blocks);
  const int64_t length = window.end_nanos - window.start_nanos;
  const double mean = MeanWatts(curves, window);
  double squares = 0;
  for (int i = 0; i < blocks; ++i) {
    const TimeWindow block{window.start_nanos + length / blocks * i,
                           window.start_nanos + length / blocks * (i + 1)};
    const double difference = MeanWatts(curves, block) - mean;
    squares += difference * difference;
  }
  return {mean, squares / (blocks - 1) / blocks, static_cast<double>(blocks - 1)};
}

struct IdlePower {
  Estimate estimate;
  double spread = 0;
};

absl::StatusOr<IdlePower> MeasureIdle(const PowerTrace& trace,
                                      const std::optional<TimeWindow>& window) {
  if (!window) return absl::FailedPreconditionError("it was not measured (--power-idle 0)");
  EDGEBENCH_ASSIGN_OR_RETURN(const Curves curves, CountedCurves(trace, *window, kMinIdleReadings));
  const std::vector<double> watts = PowerBetweenReadings(curves, *window);
  const double median = MedianOf(watts);
  std::vector<double> deviations;
  for (const double value : watts) deviations.push_back(std::abs(value - median));
  Estimate estimate = OverBlocks(curves, *window, kIdleBlocks);
  estimate.watts = median;
  estimate.variance *= kMedianOverMean;
  return IdlePower{estimate, kNormalMad * MedianOf(deviations)};
}

// Welch and Satterthwaite's degrees of freedom of the sum of two variances.
double DegreesOfSum(const Estimate& a, const Estimate& b) {
  const double sum = a.variance + b.variance;
  const double parts = a.variance * a.variance / a.degrees + b.variance * b.variance / b.degrees;
  return parts > 0 ? sum * sum / parts : a.degrees + b.degrees;
}

void AddRails(const PowerTrace& trace, const std::optional<TimeWindow>& idle, TimeWindow measured,
              v1::Energy& energy) {
  for (size_t i = 0; i < trace.rails.size(); ++i) {
    v1::Energy::Rail& rail = *energy.add_rails();
    rail.set_name(trace.rails[i].name);
    rail.set_counted(trace.rails[i].counted);
    if (const auto curve = EnergyCurve::Over(trace, i, measured, kMinPowerReadings); curve.ok()) {
      rail.set_watts_mean(curve->MeanWatts(measured));
    }
    if (!idle) continue;
    if (auto curve = EnergyCurve::Over(trace, i, *idle, kMinIdleReadings); curve.ok()) {
      rail.set_idle_watts(MedianOf(PowerBetweenReadings({*std::move(curve)}, *idle)));
    }
  }
}

void AddPerInference(const Estimate& gross, const Estimate& idle, TimeWindow measured,
                     v1::Energy& energy) {
  const double seconds = measured.seconds();
  energy.set_joules_net((gross.watts - idle.watts) * seconds);
  if (energy.inferences() <= 0) {
    energy.set_reason("no inference was measured");
    return;
  }
  if (energy.joules_net() <= kLeastShare * energy.joules_gross()) {
    energy.set_reason(absl::StrFormat(
        "no more power while measuring (%.3g W) than idle before it (%.3g W): the source does "
        "not see what the job uses, or the device was not idle",
        gross.watts, idle.watts));
    return;
  }
  const double inferences = static_cast<double>(energy.inferences());
  const double error = std::sqrt(gross.variance + idle.variance);
  const double margin =
      StudentTQuantile(0.975, DegreesOfSum(gross, idle)) * error * seconds / inferences;
  energy.set_joules_per_inference(energy.joules_net() / inferences);
  energy.set_joules_per_inference_low(energy.joules_per_inference() - margin);
  energy.set_joules_per_inference_high(energy.joules_per_inference() + margin);
}

}  // namespace

v1::Energy MeasureEnergy(const PowerTrace& trace, const std::optional<TimeWindow>& idle,
                         TimeWindow measured, int64_t inferences) {
  v1::Energy energy;
  energy.set_source(trace.source);
  energy.set_inferences(inferences);
  for (const std::string& note : trace.notes) energy.add_notes(note);
  AddRails(trace, idle, measured, energy);
  const auto curves = CountedCurves(trace, measured, kMinPowerReadings);
  if (!curves.ok()) {
    energy.set_reason(std::string(curves.status().message()));
    return energy;
  }
  const Estimate gross = OverBlocks(*curves, measured, kBlocks);
  energy.set_joules_gross(gross.watts * measured.seconds());
  energy.set_mean_watts(gross.watts);
  const std::vector<double> watts = PowerBetweenReadings(*curves, measured);
  energy.set_peak_watts(*std::max_element(watts.begin(), watts.end()));
  const auto idle_power = MeasureIdle(trace, idle);
  if (!idle_power.ok()) {
    energy.set_reason(absl::StrCat("no idle power: ", idle_power.status().message()));
    return energy;
  }
  energy.set_idle_watts(idle_power->estimate.watts);
  energy.set_idle_watts_spread(idle_power->spread);
  AddPerInference(gross, idle_power->estimate, measured, energy);
  return energy;
}

}  // namespace edgebench
