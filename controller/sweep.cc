#include "controller/sweep.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/digest.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "controller/calibration_choice.h"
#include "controller/estimate.h"
#include "controller/report/course.h"
#include "controller/report/measurement_json.h"
#include "controller/report/measurement_table.h"
#include "controller/report/phrases.h"
#include "controller/report/sweep_lines.h"
#include "controller/run_lock.h"

namespace edgebench::controller {
namespace {

// Newest jobs of a device that an estimate is made from.
constexpr int kJobsToLearnFrom = 500;
// A minute: as long as a small device takes to start again.
constexpr int kAttemptsToReach = 17;

// A run is resumed from anywhere.
std::string Absolute(const std::string& path) {
  return path.empty() ? "" : std::filesystem::absolute(path).lexically_normal().string();
}

db::RecordedRun RecordOf(const Sweep& sweep, absl::Time now) {
  db::RecordedRun run;
  run.id = sweep.run_id;
  run.started_time = now;
  run.labels = sweep.labels;
  for (const DeviceWork& work : sweep.work) {
    db::RecordedRun::OnDevice& part = run.devices.emplace_back();
    part.device = work.device->device.name;
    part.address = work.device->device.address;
    for (const Cell& cell : work.cells) {
      part.cells.push_back({cell.settings, cell.processes, Absolute(cell.model_path),
                            Absolute(cell.calibration_source), Absolute(cell.weights_path)});
    }
  }
  return run;
}

// The files of a recorded run, as they are now. One that is another by now is refused: half of a
// run would be of the one, half of the other.
class RecordedFiles {
 public:
  absl::StatusOr<std::vector<Cell>> CellsOf(const db::RecordedRun::OnDevice& part) {
    std::vector<Cell> cells;
    for (const db::RecordedRun::Cell& recorded : part.cells) {
      Cell& cell = cells.emplace_back();
      cell.settings = recorded.settings;
      cell.processes = recorded.processes;
      cell.model_path = recorded.model_path;
      cell.weights_path = recorded.weights_path;
      EDGEBENCH_RETURN_IF_ERROR(Check(cell.model_path, cell.settings.model().artifact()));
      EDGEBENCH_RETURN_IF_ERROR(Check(cell.weights_path, cell.settings.weights()));
      EDGEBENCH_RETURN_IF_ERROR(AddCalibration(recorded.calibration_path, cell));
    }
    return cells;
  }

 private:
  absl::Status Check(const std::string& path, const v1::Digest& recorded) {
    if (path.empty()) return absl::OkStatus();
    if (digests_.count(path) == 0) {
      EDGEBENCH_ASSIGN_OR_RETURN(digests_[path], DigestFile(path));
    }
    return CheckIsSame(path, digests_[path], recorded);
  }

  absl::Status AddCalibration(const std::string& path, Cell& cell) {
    if (path.empty()) return absl::OkStatus();
    if (calibrations_.count(path) == 0) {
      EDGEBENCH_ASSIGN_OR_RETURN(calibrations_[path], ChooseCalibration(path));
    }
    cell.calibration_source = path;
    cell.calibration_path = calibrations_[path].path;
    return CheckIsSame(path, calibrations_[path].digest, cell.settings.calibration());
  }

  static absl::Status CheckIsSame(const std::string& path, const v1::Digest& now,
                                  const v1::Digest& recorded) {
    if (now.sha256() == recorded.sha256()) return absl::OkStatus();
    return WithExitCode(
        absl::FailedPreconditionError(absl::StrCat(
            path, " has changed since the run began: put it back as it was, or begin a new run")),
        ExitCode::kUsage);
  }

  std::map<std::string, v1::Digest> digests_;
  // Each keeps the file that its folder was packed into.
  std::map<std::string, CalibrationChoice> calibrations_;
};

// It was not the cell's fault: that is measured again.
bool WasCutShort(const std::string& status) {
  return status == "lost" || status == OutcomeName(v1::OUTCOME_CANCELLED) ||
         status == OutcomeName(v1::OUTCOME_INTERRUPTED);
}

bool HasMeasurement(const RunOutcome& outcome) {
  return std::any_of(outcome.reports.begin(), outcome.reports.end(),
                     [](const CellReport& report) { return report.measurement.has_value(); });
}

// One refusal is an error like any other; among other cells it is a row.
bool IsSingleRefusal(const RunOutcome& outcome) {
  return outcome.reports.size() == 1 &&
         outcome.reports.front().state == CellReport::State::kRefused;
}

bool VaryInThreads(const RunOutcome& outcome) {
  const auto& threads = outcome.reports.front().cell.settings.threads();
  return std::any_of(outcome.reports.begin(), outcome.reports.end(), [&](const CellReport& report) {
    return report.cell.settings.threads() != threads;
  });
}

void Show(Session& session, const std::string& run_id, const RunOutcome& outcome, bool json) {
  if (json) {
    session.world().out << Serialize(BenchDocument(run_id, outcome.reports));
    return;
  }
  // After an interruption there may be nothing to show.
  if (outcome.interrupted && !HasMeasurement(outcome)) {
    const CellReport& first = outcome.reports.front();
    if (outcome.reports.size() == 1 && first.state == CellReport::State::kNotRun)
      session.Tell(absl::StrCat("edgebench: ", DescribeEnd(first)));
    return;
  }
  session.world().out << RenderBenchTable(outcome.reports, session.table_style());
  session.world().out << RenderSweepLines(outcome.reports);
  for (const CellReport& report : outcome.reports) {
    const std::string course =
        report.measurement ? RenderCourse(*report.measurement, session.table_style()) : "";
    if (!course.empty()) session.world().out << '\n' << course;
  }
  session.world().out << std::flush;
  if (outcome.reports.size() > 1 && HasMeasurement(outcome)) {
    session.Tell(absl::StrCat(
        "\nlatency: median ± half of its 95 % confidence interval; samples: in so many processes\n"
        "side by side: edgebench compare",
        VaryInThreads(outcome) ? " --across threads" : ""));
  }
}

size_t CellsIn(const std::vector<DeviceWork>& work) {
  size_t cells = 0;
  for (const DeviceWork& part : work) cells += part.cells.size();
  return cells;
}

size_t ProcessesIn(const std::vector<DeviceWork>& work) {
  size_t processes = 0;
  for (const DeviceWork& part : work)
    for (const Cell& cell : part.cells) processes += static_cast<size_t>(cell.processes);
  return processes;
}

// "6 cells in 18 processes on local, pi: about 1 min". Of one cell there is nothing to say.
absl::Status TellHowLong(Session& session, SharedStore& store, const Sweep& sweep) {
  const size_t cells = CellsIn(sweep.work);
  if (cells < 2) return absl::OkStatus();
  const size_t processes = ProcessesIn(sweep.work);
  absl::Duration longest = absl::ZeroDuration();  // all devices work at the same time
  std::vector<std::string> devices;
  for (const DeviceWork& part : sweep.work) {
    const std::string& name = part.device->device.name;
    EDGEBENCH_ASSIGN_OR_RETURN(std::vector<db::JobDuration> history,
                               store.Use([&](db::ResultStore& results) {
                                 return results.RecentDurations(name, kJobsToLearnFrom);
                               }));
    const Estimator estimator(part.device->capabilities, std::move(history));
    longest = std::max(longest, estimator.Estimate(part));
    devices.push_back(name);
  }
  session.Tell(absl::StrCat(
      cells, " cells", processes > cells ? absl::StrCat(" in ", processes, " processes") : "",
      " on ", absl::StrJoin(devices, ", "), ": about ", RoughDuration(longest)));
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> Run(Session& session, SharedStore& store, Sweep sweep, bool json) {
  EDGEBENCH_RETURN_IF_ERROR(TellHowLong(session, store, sweep));
  DeviceRun::Options options;
  options.run_id = sweep.run_id;
  options.labels = sweep.labels;
  options.submitter = Submitter();
  options.is_recorded = true;
  options.retry.attempts = kAttemptsToReach;
  const bool is_single = ProcessesIn(sweep.work) == 1;
  EDGEBENCH_ASSIGN_OR_RETURN(RunOutcome outcome,
                             RunCells(session, store, std::move(sweep.work), options));
  if (outcome.unfinished == 0) {
    EDGEBENCH_RETURN_IF_ERROR(store.Use(
        [&](db::ResultStore& results) { return results.FinishRun(sweep.run_id, absl::Now()); }));
  } else if (!is_single) {
    session.Tell(absl::StrCat("to go on with what is left: edgebench run --resume ", sweep.run_id));
  }
  if (IsSingleRefusal(outcome)) return outcome.reports.front().status;
  Show(session, sweep.run_id, outcome, json);
  return outcome.exit_code;
}

// What was measured, and what still runs, of a part of a recorded run.
absl::Status AddEarlier(SharedStore& store, const std::vector<db::SubmittedJob>& jobs,
                        DeviceWork& work) {
  // The newest of each process counts.
  std::map<std::pair<int, int>, const db::SubmittedJob*> newest;
  for (const db::SubmittedJob& job : jobs) {
    if (job.device == work.device->device.name && job.cell_position && job.process)
      newest[{*job.cell_position, *job.process}] = &job;
  }
  for (const auto& [place, job] : newest) {
    if (WasCutShort(job->status)) continue;
    if (job->status == "pending") {
      work.submitted.push_back(*job);
      continue;
    }
    db::MeasurementFilter filter;
    filter.job_id = job->job_id;
    EDGEBENCH_ASSIGN_OR_RETURN(
        std::vector<db::Measurement> measured,
        store.Use([&](db::ResultStore& results) { return results.Measurements(filter); }));
    if (measured.empty()) continue;
    CellReport& report = work.measured.emplace_back();
    report.device = job->device;
    report.cell.position = static_cast<size_t>(place.first);
    report.cell.process = place.second;
    report.state = CellReport::State::kMeasured;
    report.job_id = job->job_id;
    report.ended = true;
    report.measurement = std::move(measured.front());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> RunToResume(SharedStore& store, std::string run_id) {
  if (!run_id.empty()) return run_id;
  EDGEBENCH_ASSIGN_OR_RETURN(
      run_id, store.Use([](db::ResultStore& results) { return results.NewestUnfinishedRun(); }));
  if (!run_id.empty()) return run_id;
  return absl::NotFoundError("no run was cut off: each has measured all that it was to measure");
}

}  // namespace

absl::StatusOr<ExitCode> RunSweep(Session& session, SharedStore& store, Sweep sweep, bool json) {
  EDGEBENCH_ASSIGN_OR_RETURN(const RunLock lock,
                             RunLock::Take(session.DatabasePath(), sweep.run_id));
  const db::RecordedRun record = RecordOf(sweep, absl::Now());
  EDGEBENCH_RETURN_IF_ERROR(
      store.Use([&](db::ResultStore& results) { return results.RecordRun(record); }));
  return Run(session, store, std::move(sweep), json);
}

absl::StatusOr<ExitCode> ResumeSweep(Session& session, SharedStore& store, std::string run_id,
                                     bool json) {
  EDGEBENCH_ASSIGN_OR_RETURN(run_id, RunToResume(store, std::move(run_id)));
  EDGEBENCH_ASSIGN_OR_RETURN(const RunLock lock, RunLock::Take(session.DatabasePath(), run_id));
  EDGEBENCH_ASSIGN_OR_RETURN(const db::RecordedRun record, store.Use([&](db::ResultStore& results) {
    return results.GetRun(run_id);
  }));
  std::vector<std::unique_ptr<ConnectedDevice>> devices;
  for (const db::RecordedRun::OnDevice& part : record.devices) {
    EDGEBENCH_ASSIGN_OR_RETURN(ConnectedDevice device, session.Connect(part.device));
    devices.push_back(std::make_unique<ConnectedDevice>(std::move(device)));
  }
  session.Collect();
  EDGEBENCH_ASSIGN_OR_RETURN(
      const std::vector<db::SubmittedJob> jobs,
      store.Use([&](db::ResultStore& results) { return results.JobsOfRun(run_id); }));
  Sweep sweep;
  sweep.run_id = run_id;
  sweep.labels = record.labels;
  RecordedFiles files;
  size_t measured = 0;
  for (size_t i = 0; i < devices.size(); ++i) {
    DeviceWork& work = sweep.work.emplace_back();
    work.device = devices[i].get();
    EDGEBENCH_ASSIGN_OR_RETURN(work.cells, files.CellsOf(record.devices[i]));
    EDGEBENCH_RETURN_IF_ERROR(AddEarlier(store, jobs, work));
    measured += work.measured.size();
  }
  session.Tell(absl::StrCat("run ", run_id, ": ", measured, " of ", ProcessesIn(sweep.work),
                            " measurements are stored"));
  return Run(session, store, std::move(sweep), json);
}

}  // namespace edgebench::controller
