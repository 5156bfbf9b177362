#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/bench_cells.h"
#include "controller/commands/commands.h"
#include "controller/estimate.h"
#include "controller/exit_code.h"
#include "controller/job_options.h"
#include "controller/plan.h"
#include "controller/plan_view.h"
#include "controller/report/measurement_json.h"
#include "controller/sweep.h"
#include "controller/uuid.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::string what;  // a plan; with --resume a run's id
  bool resume = false;
  bool quick = false;
  bool dry_run = false;
  bool missing = false;
  std::vector<std::string> devices;
  bool json = false;
};

// A plan with its files read; it outlives the run that sends them.
struct PreparedPlan {
  RunLabelOptions labels;
  std::vector<PlannedStudy> studies;
  std::vector<BenchCells> cells;  // of each study
};

absl::StatusOr<PreparedPlan> Prepare(const Options& options) {
  absl::StatusOr<Plan> plan = ReadPlan(options.what, options.quick);
  if (!plan.ok()) return WithExitCode(plan.status(), ExitCode::kUsage);
  PreparedPlan prepared;
  prepared.labels = plan->labels;
  prepared.studies = std::move(plan->studies);
  for (PlannedStudy& study : prepared.studies) {
    if (!options.devices.empty()) study.options.devices = options.devices;
    auto cells = BenchCells::Prepare(study.options);
    if (!cells.ok()) return study.Locate(cells.status());
    prepared.cells.push_back(*std::move(cells));
  }
  return prepared;
}

std::vector<std::string> DevicesOf(const PreparedPlan& plan) {
  std::vector<std::string> names;
  for (const BenchCells& study : plan.cells)
    names.insert(names.end(), study.devices().begin(), study.devices().end());
  return names;
}

absl::StatusOr<std::vector<Cell>> CellsOn(const ConnectedDevice& device, PreparedPlan& plan) {
  std::vector<Cell> cells;
  std::set<std::string> seen;
  for (size_t i = 0; i < plan.cells.size(); ++i) {
    const std::vector<std::string>& names = plan.cells[i].devices();
    if (std::find(names.begin(), names.end(), device.device.name) == names.end()) continue;
    absl::StatusOr<std::vector<Cell>> own = plan.cells[i].CellsOn(device);
    if (!own.ok()) return plan.studies[i].Locate(own.status());
    // Studies may meet in a cell: it is measured once.
    for (Cell& cell : *own) {
      if (seen.insert(cell.settings.SerializeAsString()).second) cells.push_back(std::move(cell));
    }
    EDGEBENCH_RETURN_IF_ERROR(CheckCellCount(static_cast<double>(cells.size())));
  }
  return cells;
}

absl::StatusOr<std::vector<PlannedCell>> Plans(SharedStore& store, const DeviceWork& work,
                                               bool is_trial) {
  const std::string& name = work.device->device.name;
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<db::JobDuration> history,
                             store.Use([&](db::ResultStore& results) {
                               constexpr int kAll = 0;
                               return results.RecentDurations(name, kAll);
                             }));
  const Estimator estimator(work.device->capabilities, std::move(history));
  std::vector<PlannedCell> planned;
  for (const Cell& cell : work.cells) {
    PlannedCell& one = planned.emplace_back();
    one.device = name;
    one.cell = cell;
    one.estimate = cell.processes * estimator.Estimate(cell.settings);
    const db::JobDuration* const before =
        estimator.FindSame(cell.settings, /*trials_count=*/is_trial);
    one.measured = before != nullptr;
    if (before != nullptr) one.median_ns = before->median_ns;
  }
  return planned;
}

// Leaves what was not measured with the same settings before.
void DropMeasured(const std::vector<PlannedCell>& planned, DeviceWork& work) {
  work.cells.clear();
  for (const PlannedCell& one : planned)
    if (!one.measured) work.cells.push_back(one.cell);
}

ExitCode ShowPlan(const Options& options, const std::string& name,
                  const std::vector<PlannedCell>& planned, Session& session) {
  session.world().out << (options.json ? Serialize(PlanDocument(name, planned))
                                       : RenderPlan(planned, session.table_style()))
                      << std::flush;
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> RunPlan(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(PreparedPlan plan, Prepare(options));
  Sweep sweep;
  EDGEBENCH_ASSIGN_OR_RETURN(sweep.labels, LabelsFrom(plan.labels));
  sweep.labels.trial = options.quick;
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  // All names before any device is asked.
  for (const std::string& name : DevicesOf(plan))
    EDGEBENCH_RETURN_IF_ERROR(session.FindDevice(name).status());
  EDGEBENCH_ASSIGN_OR_RETURN(const auto devices, ConnectEach(session, DevicesOf(plan)));
  session.Collect();
  sweep.run_id = NewUuid();
  std::vector<PlannedCell> planned;
  for (const auto& device : devices) {
    DeviceWork work;
    work.device = device.get();
    EDGEBENCH_ASSIGN_OR_RETURN(work.cells, CellsOn(*device, plan));
    EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<PlannedCell> own,
                               Plans(*store, work, options.quick));
    planned.insert(planned.end(), own.begin(), own.end());
    if (options.missing) DropMeasured(own, work);
    if (!work.cells.empty()) sweep.work.push_back(std::move(work));
  }
  if (options.dry_run) return ShowPlan(options, plan.labels.name, planned, session);
  if (sweep.work.empty()) {
    session.Tell("all cells of the plan were measured before; without --missing they are again");
    return ExitCode::kOk;
  }
  return RunSweep(session, *store, std::move(sweep), options.json);
}

absl::StatusOr<ExitCode> Run(const Options& options, Session& session) {
  if (options.resume) {
    EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
    return ResumeSweep(session, *store, options.what, options.json);
  }
  if (!options.what.empty()) return RunPlan(options, session);
  return absl::InvalidArgumentError(
      "name a plan, or say --resume to go on with a run that was cut off");
}

}  // namespace

CommandBody DefineRun(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kMeasuring);
  AddExamples(command,
              {{"What a plan would measure, and how long it would take",
                "edgebench run docs/examples/vision.yaml --dry-run"},
               {"Whether it works at all", "edgebench run docs/examples/vision.yaml --quick"},
               {"Go on with the newest run that was cut off", "edgebench run --resume"}});
  command.footer(
      "docs/plans.md says what a plan may hold. Devices work side by side, each through its own "
      "queue; one that is lost is waited for, and does not hold the others up. Nothing is "
      "measured twice by --resume: what was measured is in the database.");
  command
      .add_option(
          "PLAN", options->what,
          "a plan in YAML; with --resume a run's id, the newest that was cut off by default")
      ->type_name("");
  command.add_flag("--dry-run", options->dry_run,
                   "only say what it would measure, what of it was measured before, "
                   "and how long it would take");
  command.add_flag("--quick", options->quick,
                   "to try a plan: one process of one second for each cell, and what "
                   "the plan has under quick");
  command.add_flag("--missing", options->missing,
                   "only cells that were not measured with the same settings before");
  AddList(command, "--device", options->devices, "these devices in place of the plan's");
  CLI::Option* const resume =
      command.add_flag("--resume", options->resume,
                       "measure what is left of a run that was cut off: by Ctrl-C, a "
                       "lost device, a power cut");
  for (const char* flag : {"--dry-run", "--quick", "--missing", "--device"}) resume->excludes(flag);
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return Run(*options, session); };
}

}  // namespace edgebench::controller
