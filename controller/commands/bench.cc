#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "controller/calibration_choice.h"
#include "controller/commands/commands.h"
#include "controller/grid.h"
#include "controller/input_size.h"
#include "controller/job_options.h"
#include "controller/model_choice.h"
#include "controller/run_labels.h"
#include "controller/sweep.h"
#include "controller/uuid.h"
#include "controller/weights_choice.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::vector<std::string> models, devices, precisions;
  std::vector<int32_t> batches;
  std::array<std::vector<int32_t>, 3> sizes;  // of InputSizesOfModels()
  std::vector<double> ctc_weights;
  JobOptions job;
  RunLabelOptions labels;
  bool json = false;
};

absl::StatusOr<GridAxes> AxesFrom(const Options& options) {
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

// The cells of one device, which has engines of its own.
std::vector<Cell> CellsOf(const GridAxes& axes, const v1::JobSettings& base,
                          const CalibrationChoice& calibration, const WeightsChoice& weights) {
  std::vector<Cell> cells = ExpandGrid(axes, base);
  DescribeFilesOnly(axes, cells);
  for (Cell& cell : cells) {
    UseCalibration(calibration, cell);
    UseWeights(weights, cell);
  }
  return cells;
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

absl::StatusOr<std::vector<ConnectedDevice>> ConnectAll(Session& session,
                                                        const std::vector<std::string>& names,
                                                        const GridAxes& axes) {
  std::vector<ConnectedDevice> devices;
  for (const std::string& name : names) {
    const auto same = [&](const ConnectedDevice& d) { return d.device.name == name; };
    if (std::any_of(devices.begin(), devices.end(), same)) continue;
    EDGEBENCH_ASSIGN_OR_RETURN(ConnectedDevice device, session.Connect(name));
    for (const ModelChoice& model : axes.models)
      EDGEBENCH_RETURN_IF_ERROR(CheckZooHas(model, name, device.capabilities));
    for (const std::string& warning : device.capabilities.warnings())
      session.Warn(absl::StrCat(name, ": ", warning));
    devices.push_back(std::move(device));
  }
  return devices;
}

absl::StatusOr<ExitCode> RunBench(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::JobSettings base,
                             SettingsFrom(options.job, v1::JOB_KIND_BENCHMARK));
  EDGEBENCH_ASSIGN_OR_RETURN(const db::RunLabels labels, LabelsFrom(options.labels));
  EDGEBENCH_ASSIGN_OR_RETURN(GridAxes axes, AxesFrom(options));
  EDGEBENCH_RETURN_IF_ERROR(CheckUseOf(options.job.quantization, PrecisionsOf(axes)));
  EDGEBENCH_ASSIGN_OR_RETURN(const CalibrationChoice calibration,
                             ChooseCalibration(options.job.quantization.calibration));
  EDGEBENCH_ASSIGN_OR_RETURN(
      const WeightsChoice weights,
      ChooseWeights(options.job.weights, options.job.allow_missing, axes.models));
  EDGEBENCH_RETURN_IF_ERROR(CheckCells(axes, CellsOf(axes, base, calibration, weights)));
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(std::vector<ConnectedDevice> devices,
                             ConnectAll(session, options.devices, axes));
  session.Collect();

  Sweep sweep;
  sweep.run_id = NewUuid();
  sweep.labels = labels;
  sweep.processes = ProcessesOf(options.job);
  for (ConnectedDevice& device : devices) {
    EDGEBENCH_ASSIGN_OR_RETURN(
        axes.engines, EnginesOn(device.device.name, device.capabilities, options.job.engines));
    LearnFacts(device.capabilities, axes.models);
    EDGEBENCH_RETURN_IF_ERROR(CheckAxesAreTaken(axes, base));
    std::vector<Cell> cells = CellsOf(axes, base, calibration, weights);
    for (const Cell& cell : cells) {
      EDGEBENCH_RETURN_IF_ERROR(
          CheckAgentKnows(device.device.name, device.capabilities, cell.settings));
    }
    sweep.work.push_back({&device, std::move(cells)});
  }
  return RunSweep(session, *store, std::move(sweep), options.json);
}

}  // namespace

CommandBody DefineBench(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.add_option("MODEL", options->models, "names of models, or TorchScript files")
      ->type_name("")
      ->required();
  options->devices = {kLocalDevice};
  AddList(command, "--device", options->devices, "devices; default: local");
  AddList(command, "--precision", options->precisions,
          "fp32 (default), fp16, bf16, int8-dynamic, int8-static,\n"
          "int8-weight-only, int8-qat; as-stored (default) for files");
  AddList(command, "--batch", options->batches, "batch sizes; default: 1");
  constexpr const char* kSizeHelp[] = {"image sizes; default: the model's",
                                       "sequence lengths; default: the model's",
                                       "lengths of speech, of 10 ms each; default: the model's"};
  for (size_t i = 0; i < options->sizes.size(); ++i)
    AddList(command, InputSizesOfModels()[i].flag, options->sizes[i], kSizeHelp[i]);
  AddCtcWeights(command, options->ctc_weights);
  AddMeasuringFlags(command, options->job);
  AddJobFlags(command, options->job);
  AddRunLabelFlags(command, options->labels);
  command.footer(
      "Examples:\n"
      "  edgebench bench mobilenet_v2 resnet18 --precision fp32,int8-dynamic,int8-static\n"
      "  edgebench bench squeezenet1_0 --batch 1,2,4,8 --device local,pi\n"
      "  edgebench bench resnet18 --precision fp32,int8-static --engine all\n"
      "  edgebench bench resnet18 --weights resnet18.pth --precision fp32,int8-static\n"
      "  edgebench bench my.pt --input 'float32[N,3,H,W]' --image-size 224\n"
      "  edgebench bench resnet18 --cold\n"
      "  edgebench bench resnet18 --sustained 10min\n"
      "  edgebench bench resnet18 --server 100ms --streams 2\n"
      "Every measurement is stored as it arrives; edgebench results lists them.");
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunBench(*options, session); };
}

}  // namespace edgebench::controller
