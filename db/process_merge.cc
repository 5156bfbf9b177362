#include "db/process_merge.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/job_result.h"
#include "common/names.h"

namespace edgebench::db {
namespace {

bool IsOk(const Measurement& m) { return m.result.outcome() == v1::OUTCOME_OK; }

// What a single process says of its own interval says nothing of that of all.
bool IsOfOneProcess(const std::string& reason) { return ReasonCode(reason) == kUnconverged; }

bool Converged(const v1::JobSettings& settings, const LatencySummary& latency) {
  return latency.relative_ci && *latency.relative_ci <= settings.target_ci();
}

std::string Unconverged(const v1::JobSettings& settings, const LatencySummary& latency) {
  const std::string goal = absl::StrFormat("goal ±%.3g %%", settings.target_ci() * 100);
  if (!latency.relative_ci) {
    return absl::StrCat(kUnconverged, ": no interval from ", latency.samples,
                        " samples, 6 are needed, ", goal);
  }
  return absl::StrFormat("%s: interval ±%.3g %% over %d processes with %d samples, %s",
                         kUnconverged, *latency.relative_ci * 100, latency.processes,
                         latency.samples, goal);
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
    for (const std::string& reason : process.result.validity().reasons())
      if (!IsOfOneProcess(reason) && codes.insert(ReasonCode(reason)).second)
        validity.add_reasons(reason);
  }
  const auto failed = std::find_if_not(processes.begin(), processes.end(), IsOk);
  if (failed != processes.end()) {
    const auto count = processes.size() -
                       static_cast<size_t>(std::count_if(processes.begin(), processes.end(), IsOk));
    validity.add_reasons(Incomplete(processes, count, *failed));
  }
  const v1::JobSettings& settings = merged.result.settings();
  if (!settings.has_fixed_samples() && settings.has_target_ci() &&
      !Converged(settings, merged.latency))
    validity.add_reasons(Unconverged(settings, merged.latency));
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
  for (const Measurement& process : of_one_cell) {
    if (!IsOk(process)) continue;
    for (const auto& samples : process.processes) merged.processes.push_back(samples);
    latency.mutable_warm_up_ns()->MergeFrom(process.result.latency().warm_up_ns());
    latency.mutable_measured_ns()->MergeFrom(process.result.latency().measured_ns());
    KeepHighest(process.result, merged.result, &v1::JobResult::has_peak_rss_bytes,
                &v1::JobResult::peak_rss_bytes, &v1::JobResult::set_peak_rss_bytes);
    KeepHighest(process.result, merged.result, &v1::JobResult::has_job_peak_rss_bytes,
                &v1::JobResult::job_peak_rss_bytes, &v1::JobResult::set_job_peak_rss_bytes);
    AddNotes(process.result, merged.result);
  }
  merged.latency = SummarizeProcesses(merged.processes);
  latency.set_converged(Converged(merged.result.settings(), merged.latency));
  *merged.result.mutable_validity() = ValidityOf(of_one_cell, merged);
  return merged;
}

}  // namespace edgebench::db
