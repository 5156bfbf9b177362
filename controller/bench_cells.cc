#include "controller/bench_cells.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/job_options.h"
#include "controller/model_choice.h"
#include "controller/quantization_options.h"

namespace edgebench::controller {
namespace {

absl::StatusOr<GridAxes> AxesFrom(const BenchOptions& options) {
  GridAxes axes;
  EDGEBENCH_ASSIGN_OR_RETURN(axes.precisions, ParsePrecisions(options.precisions));
  for (const std::string& argument : options.models) {
    EDGEBENCH_ASSIGN_OR_RETURN(ModelChoice model, ChooseModel(argument));
    axes.models.push_back(std::move(model));
  }
  axes.batches = options.batches;
  axes.sizes = options.sizes;
  axes.ctc_weights = options.ctc_weights;
  axes.threads = options.job.threads;
  return axes;
}

// Among files, models of the zoo keep the inputs that they have.
void DescribeFilesOnly(const GridAxes& axes, std::vector<Cell>& cells) {
  const auto is_file = [](const ModelChoice& model) { return !model.path.empty(); };
  if (std::none_of(axes.models.begin(), axes.models.end(), is_file)) return;
  for (Cell& cell : cells)
    if (cell.model_path.empty()) cell.settings.clear_input_specs();
}

absl::Status CheckCells(const GridAxes& axes, const std::vector<Cell>& cells) {
  for (const ModelChoice& model : axes.models) {
    for (const Cell& cell : cells) {
      if (cell.model_path == model.path)
        EDGEBENCH_RETURN_IF_ERROR(CheckInputs(model, cell.settings));
    }
  }
  return absl::OkStatus();
}

}  // namespace

BenchCells::BenchCells(BenchOptions options, v1::JobSettings base, GridAxes axes,
                       CalibrationChoice calibration, WeightsChoice weights)
    : options_(std::move(options)),
      base_(std::move(base)),
      axes_(std::move(axes)),
      calibration_(std::move(calibration)),
      weights_(std::move(weights)) {}

absl::StatusOr<BenchCells> BenchCells::Prepare(const BenchOptions& options) {
  EDGEBENCH_ASSIGN_OR_RETURN(v1::JobSettings base,
                             SettingsFrom(options.job, v1::JOB_KIND_BENCHMARK));
  EDGEBENCH_ASSIGN_OR_RETURN(GridAxes axes, AxesFrom(options));
  EDGEBENCH_RETURN_IF_ERROR(CheckGridSize(axes));
  EDGEBENCH_RETURN_IF_ERROR(CheckUseOf(options.job.quantization, PrecisionsOf(axes)));
  EDGEBENCH_ASSIGN_OR_RETURN(CalibrationChoice calibration,
                             ChooseCalibration(options.job.quantization.calibration));
  EDGEBENCH_ASSIGN_OR_RETURN(
      WeightsChoice weights,
      ChooseWeights(options.job.weights, options.job.allow_missing, axes.models));
  BenchCells cells(options, std::move(base), std::move(axes), std::move(calibration),
                   std::move(weights));
  EDGEBENCH_RETURN_IF_ERROR(CheckCells(cells.axes_, cells.Cells()));
  return cells;
}

std::vector<Cell> BenchCells::Cells() const {
  std::vector<Cell> cells = ExpandGrid(axes_, base_);
  DescribeFilesOnly(axes_, cells);
  for (Cell& cell : cells) {
    UseCalibration(calibration_, cell);
    UseWeights(weights_, cell);
    cell.processes = ProcessesOf(options_.job);
  }
  return cells;
}

absl::StatusOr<std::vector<Cell>> BenchCells::CellsOn(const ConnectedDevice& device) {
  const std::string& name = device.device.name;
  for (const ModelChoice& model : axes_.models)
    EDGEBENCH_RETURN_IF_ERROR(CheckZooHas(model, name, device.capabilities));
  EDGEBENCH_ASSIGN_OR_RETURN(axes_.engines,
                             EnginesOn(name, device.capabilities, options_.job.engines));
  LearnFacts(device.capabilities, axes_.models);
  EDGEBENCH_RETURN_IF_ERROR(CheckAxesAreTaken(axes_, base_));
  std::vector<Cell> cells = Cells();
  for (const Cell& cell : cells)
    EDGEBENCH_RETURN_IF_ERROR(CheckAgentKnows(name, device.capabilities, cell.settings));
  return cells;
}

absl::StatusOr<std::vector<std::unique_ptr<ConnectedDevice>>> ConnectEach(
    Session& session, const std::vector<std::string>& names) {
  std::vector<std::unique_ptr<ConnectedDevice>> devices;
  for (const std::string& name : names) {
    const auto is_same = [&](const auto& device) { return device->device.name == name; };
    if (std::any_of(devices.begin(), devices.end(), is_same)) continue;
    EDGEBENCH_ASSIGN_OR_RETURN(ConnectedDevice device, session.Connect(name));
    for (const std::string& warning : device.capabilities.warnings())
      session.Warn(absl::StrCat(name, ": ", warning));
    devices.push_back(std::make_unique<ConnectedDevice>(std::move(device)));
  }
  return devices;
}

}  // namespace edgebench::controller
