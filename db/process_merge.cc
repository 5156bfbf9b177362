#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/distributions.h"
#include "common/job_result.h"
#include "common/names.h"
#include "db/result_store.h"

namespace edgebench::db {
namespace {

bool IsOk(const Measurement& m) { return m.result.outcome() == v1::OUTCOME_OK; }

// What a single process says of the interval of its latency says nothing of that of all.
bool IsOfOneProcess(const v1::JobResult& result, const std::string& reason) {
  const bool has_rate = result.has_throughput() || result.has_server();
  return ReasonCode(reason) == kUnconverged && !has_rate;
}

bool Converged(const v1::JobSettings& settings, const LatencySummary& latency) {
  return latency.relative_ci && *latency.relative_ci <= settings.target_ci();
}

// Each reached the goal by itself: more time would change nothing.
bool AllConverged(const std::vector<Measurement>& processes) {
  return processes.size() > 1 &&
         std::all_of(processes.begin(), processes.end(),
                     [](const Measurement& p) { return p.result.latency().converged(); });
}

std::string Unconverged(const v1::JobSettings& settings, const std::vector<Measurement>& processes,
                        const LatencySummary& latency) {
  const std::string goal = absl::StrFormat("goal ±%.3g %%", settings.target_ci() * 100);
  if (!latency.relative_ci) {
    return absl::StrCat(kUnconverged, ": no interval from ", latency.samples,
                        " samples, 6 are needed, ", goal);
  }
  return absl::StrFormat("%s: interval ±%.3g %% over %d processes with %d samples, %s",
                         AllConverged(processes) ? kProcessesDiffer : kUnconverged,
                         *latency.relative_ci * 100, latency.processes, latency.samples, goal);
}

std::string Incomplete(const std::vector<Measurement>& processes, size_t failed,
                       const Measurement& first_failed) {
  std::string reason =
      absl::StrCat("incomplete: ", failed, " of ", processes.size(), " processes ended as ",
                   OutcomeName(first_failed.result.outcome()));
  if (!first_failed.result.message().empty())
    absl::StrAppend(&reason, ": ", first_failed.result.message());
  return reason;
}

v1::Validity ValidityOf(const std::vector<Measurement>& processes, const Measurement& merged) {
  v1::Validity validity;
  std::set<std::string> codes;
  for (const Measurement& process : processes) {
    for (const std::string& reason : process.result.validity().reasons()) {
      if (!IsOfOneProcess(process.result, reason) && codes.insert(ReasonCode(reason)).second)
        validity.add_reasons(reason);
    }
  }
  const auto failed = std::find_if_not(processes.begin(), processes.end(), IsOk);
  if (failed != processes.end()) {
    const auto count = processes.size() -
                       static_cast<size_t>(std::count_if(processes.begin(), processes.end(), IsOk));
    validity.add_reasons(Incomplete(processes, count, *failed));
  }
  const v1::JobSettings& settings = merged.result.settings();
  const bool steady =
      settings.scenario() == v1::SCENARIO_UNSPECIFIED || settings.scenario() == v1::SCENARIO_STEADY;
  const bool has_goal = steady && !settings.has_fixed_samples() && settings.has_target_ci();
  if (has_goal && !Converged(settings, merged.latency))
    validity.add_reasons(Unconverged(settings, processes, merged.latency));
  validity.set_valid(validity.reasons().empty());
  return validity;
}

// The higher of both, where known.
template <typename Has, typename Get, typename Set>
void KeepHighest(const v1::JobResult& other, v1::JobResult& result, Has has, Get get, Set set) {
  if (!(other.*has)()) return;
  if (!(result.*has)() || (other.*get)() > (result.*get)()) (result.*set)((other.*get)());
}

void AddNotes(const v1::JobResult& other, v1::JobResult& result) {
  for (const std::string& note : other.notes()) {
    const auto& notes = result.notes();
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) result.add_notes(note);
  }
}

}  // namespace

Measurement MeasurementOfJob(const SubmittedJob& job, const v1::JobResult& result,
                             absl::Time stored_time) {
  Measurement measurement;
  measurement.job_id = job.job_id;
  measurement.run_id = job.run_id;
  measurement.device = job.device;
  measurement.stored_time = stored_time;
  measurement.result = result;
  const auto& measured = result.latency().measured_ns();
  measurement.processes = {{measured.begin(), measured.end()}};
  measurement.latency = SummarizeProcesses(measurement.processes);
  return measurement;
}

namespace {

int64_t MedianOf(const std::vector<const v1::JobResult*>& results,
                 int64_t (v1::ColdStart::*part)() const) {
  std::vector<int64_t> values;
  for (const v1::JobResult* result : results) values.push_back((result->cold().*part)());
  return static_cast<int64_t>(Median(values).value_or(0));
}

// Each part by itself: their medians need not be of one process.
void MergeColdStarts(const std::vector<const v1::JobResult*>& results, v1::JobResult& merged) {
  if (!merged.has_cold()) return;
  v1::ColdStart& cold = *merged.mutable_cold();
  cold.set_start_ns(MedianOf(results, &v1::ColdStart::start_ns));
  cold.set_load_ns(MedianOf(results, &v1::ColdStart::load_ns));
  cold.set_first_ns(MedianOf(results, &v1::ColdStart::first_ns));
  cold.set_second_ns(MedianOf(results, &v1::ColdStart::second_ns));
}

// A figure that each process knows with an interval of its own.
struct Figure {
  double value = 0;
  std::optional<double> low, high;
};

// The mean of the figures, with the t interval of their differences, but no narrower than the
// intervals that they have of themselves. No interval where one of them has none.
Figure MeanOf(const std::vector<Figure>& figures) {
  const auto count = static_cast<double>(figures.size());
  Figure mean;
  double own_half = 0, squares = 0;
  bool all_have_intervals = true;
  for (const Figure& figure : figures) {
    mean.value += figure.value / count;
    all_have_intervals = all_have_intervals && figure.low && figure.high;
    own_half += (figure.high.value_or(0) - figure.low.value_or(0)) / 2 / count;
  }
  if (!all_have_intervals) return mean;
  double half = own_half / std::sqrt(count);
  if (figures.size() > 1) {
    for (const Figure& figure : figures) squares += std::pow(figure.value - mean.value, 2);
    const double error = std::sqrt(squares / (count - 1) / count);
    half = std::max(half, StudentTQuantile(0.975, count - 1) * error);
  }
  mean.low = mean.value - half;
  mean.high = mean.value + half;
  return mean;
}

std::optional<double> IfKnown(bool known, double value) {
  if (!known) return std::nullopt;
  return value;
}

void MergeThroughput(const std::vector<const v1::JobResult*>& results, v1::JobResult& merged) {
  if (!merged.has_throughput()) return;
  v1::Throughput& all = *merged.mutable_throughput();
  all.set_inferences(0);
  all.set_window_ns(0);
  std::vector<Figure> rates;
  for (const v1::JobResult* result : results) {
    const v1::Throughput& one = result->throughput();
    all.set_inferences(all.inferences() + one.inferences());
    all.set_window_ns(all.window_ns() + one.window_ns());
    rates.push_back({one.per_second(), IfKnown(one.has_per_second_low(), one.per_second_low()),
                     IfKnown(one.has_per_second_high(), one.per_second_high())});
  }
  const Figure rate = MeanOf(rates);
  all.set_per_second(rate.value);
  all.clear_per_second_low();
  all.clear_per_second_high();
  if (rate.low) all.set_per_second_low(*rate.low);
  if (rate.high) all.set_per_second_high(*rate.high);
}

// Of the processes that have one; the rails and the power are those of the first.
void MergeEnergy(const std::vector<const v1::JobResult*>& results, v1::JobResult& merged) {
  std::vector<Figure> figures;
  int64_t inferences = 0;
  for (const v1::JobResult* result : results) {
    const v1::Energy& one = result->energy();
    if (!one.has_joules_per_inference()) continue;
    if (figures.empty()) *merged.mutable_energy() = one;
    inferences += one.inferences();
    figures.push_back(
        {one.joules_per_inference(),
         IfKnown(one.has_joules_per_inference_low(), one.joules_per_inference_low()),
         IfKnown(one.has_joules_per_inference_high(), one.joules_per_inference_high())});
  }
  if (figures.size() < 2) return;
  const Figure joules = MeanOf(figures);
  v1::Energy& energy = *merged.mutable_energy();
  energy.set_inferences(inferences);
  energy.set_joules_per_inference(joules.value);
  energy.clear_joules_per_inference_low();
  energy.clear_joules_per_inference_high();
  if (joules.low) energy.set_joules_per_inference_low(*joules.low);
  if (joules.high) energy.set_joules_per_inference_high(*joules.high);
}

}  // namespace

Measurement MergeProcesses(std::vector<Measurement> of_one_cell) {
  if (of_one_cell.size() == 1) return std::move(of_one_cell.front());
  const auto ok = std::find_if(of_one_cell.begin(), of_one_cell.end(), IsOk);
  if (ok == of_one_cell.end()) return std::move(of_one_cell.back());
  Measurement merged = *ok;
  merged.id = of_one_cell.back().id;
  merged.stored_time = of_one_cell.back().stored_time;
  merged.processes.clear();
  v1::LatencySamples& latency = *merged.result.mutable_latency();
  latency.Clear();
  std::vector<const v1::JobResult*> results;
  for (const Measurement& process : of_one_cell) {
    if (!IsOk(process)) continue;
    results.push_back(&process.result);
    for (const auto& samples : process.processes) merged.processes.push_back(samples);
    latency.mutable_warm_up_ns()->MergeFrom(process.result.latency().warm_up_ns());
    latency.mutable_measured_ns()->MergeFrom(process.result.latency().measured_ns());
    KeepHighest(process.result, merged.result, &v1::JobResult::has_peak_rss_bytes,
                &v1::JobResult::peak_rss_bytes, &v1::JobResult::set_peak_rss_bytes);
    KeepHighest(process.result, merged.result, &v1::JobResult::has_job_peak_rss_bytes,
                &v1::JobResult::job_peak_rss_bytes, &v1::JobResult::set_job_peak_rss_bytes);
    AddNotes(process.result, merged.result);
  }
  MergeColdStarts(results, merged.result);
  MergeThroughput(results, merged.result);
  MergeEnergy(results, merged.result);
  merged.latency = SummarizeProcesses(merged.processes);
  latency.set_converged(Converged(merged.result.settings(), merged.latency));
  *merged.result.mutable_validity() = ValidityOf(of_one_cell, merged);
  return merged;
}

}  // namespace edgebench::db
