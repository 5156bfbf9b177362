#include "controller/profile_run.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "controller/calibration_choice.h"
#include "controller/grid.h"
#include "controller/input_size.h"
#include "controller/model_choice.h"
#include "controller/quantization_options.h"
#include "controller/report/phrases.h"
#include "controller/uuid.h"
#include "controller/weights_choice.h"

namespace edgebench::controller {
namespace {

constexpr int64_t kLargestSize = 1 << 20;
constexpr int64_t kMostPairs = 1000;  // that an agent accepts

// One table for each precision, so one engine.
absl::Status CheckEngine(const ProfileOptions& options) {
  const std::vector<std::string>& engines = options.job.engines;
  if (engines.empty() || (engines.size() == 1 && engines.front() != kAllEngines))
    return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--engine ", absl::StrJoin(engines, ","),
                   ": operators are profiled with one engine at a time; name one, see: edgebench "
                   "device show ",
                   options.device));
}

absl::StatusOr<GridAxes> AxesFrom(const ProfileOptions& options) {
  EDGEBENCH_RETURN_IF_ERROR(CheckEngine(options));
  if (options.ctc_weights.size() > 1)
    return absl::InvalidArgumentError("--ctc-weight: name one weight at a time to profile");
  GridAxes axes;
  EDGEBENCH_ASSIGN_OR_RETURN(axes.precisions, ParsePrecisions(options.precisions));
  for (const std::string& argument : options.models) {
    EDGEBENCH_ASSIGN_OR_RETURN(ModelChoice model, ChooseModel(argument));
    axes.models.push_back(std::move(model));
  }
  axes.engines = options.job.engines;
  axes.ctc_weights = options.ctc_weights;
  if (options.batch) axes.batches = {*options.batch};
  for (size_t i = 0; i < options.sizes.size(); ++i)
    if (options.sizes[i]) axes.sizes[i] = {*options.sizes[i]};
  EDGEBENCH_RETURN_IF_ERROR(CheckUseOf(options.job.quantization, PrecisionsOf(axes)));
  return axes;
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

absl::Status CheckDevice(Session& session, const ConnectedDevice& device, const GridAxes& axes) {
  for (const ModelChoice& model : axes.models)
    EDGEBENCH_RETURN_IF_ERROR(CheckZooHas(model, device.device.name, device.capabilities));
  for (const std::string& warning : device.capabilities.warnings())
    session.Warn(absl::StrCat(device.device.name, ": ", warning));
  return absl::OkStatus();
}

void AddAxes(CLI::App& command, ProfileOptions& options) {
  command.add_option("--device", options.device, "where to do it; default: local")
      ->type_name("DEVICE");
  AddList(command, "--precision", options.precisions,
          "fp32 (default), fp16, bf16, int8-dynamic, int8-static, int8-weight-only, int8-qat; "
          "as-stored (default) for files");
  command.add_option("--batch", options.batch, "batch size; default: 1")
      ->type_name("N")
      ->check(UpTo(kLargestSize));
  for (size_t i = 0; i < options.sizes.size(); ++i) {
    const std::string help = absl::StrCat(InputSizesOfModels()[i].name, "; default: the model's");
    command.add_option(InputSizesOfModels()[i].flag, options.sizes[i], help)
        ->type_name("N")
        ->check(UpTo(kLargestSize));
  }
}

}  // namespace

void AddProfileFlags(CLI::App& command, int default_top, ProfileOptions& options) {
  command.add_option("MODEL", options.models, "names of models, or TorchScript files")
      ->type_name("")
      ->required();
  InGroup(command, "What to measure", [&] { AddAxes(command, options); });
  InGroup(command, "Measuring", [&] {
    command
        .add_option("--k", options.job.fixed_samples,
                    "profile exactly this many inferences; default: 50, or what --max-time allows")
        ->type_name("N")
        ->check(UpTo(kMostPairs));
    command
        .add_option("--max-time", options.job.max_time,
                    "profile no longer than this: 1min; default: 10 s")
        ->type_name("TIME");
  });
  AddJobFlags(command, options.job);
  AddCtcWeights(command, options.ctc_weights);
  options.top = default_top;
  InGroup(command, "Output", [&] {
    command
        .add_option("--top", options.top,
                    absl::StrCat("operators that are shown; default: ", default_top))
        ->type_name("N")
        ->check(UpTo(kLargestSize));
  });
}

std::vector<const db::Measurement*> ProfileRun::Profiles() const {
  std::vector<const db::Measurement*> profiles;
  for (const CellReport& report : outcome.reports) {
    if (report.measurement && report.measurement->result.has_profile())
      profiles.push_back(&*report.measurement);
  }
  return profiles;
}

absl::StatusOr<ProfileRun> RunProfiles(Session& session, const ProfileOptions& options) {
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::JobSettings base,
                             SettingsFrom(options.job, v1::JOB_KIND_PROFILE));
  EDGEBENCH_ASSIGN_OR_RETURN(GridAxes axes, AxesFrom(options));
  EDGEBENCH_ASSIGN_OR_RETURN(const CalibrationChoice calibration,
                             ChooseCalibration(options.job.quantization.calibration));
  EDGEBENCH_ASSIGN_OR_RETURN(
      const WeightsChoice weights,
      ChooseWeights(options.job.weights, options.job.allow_missing, axes.models));
  EDGEBENCH_RETURN_IF_ERROR(CheckCells(axes, ExpandGrid(axes, base)));
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());

  ProfileRun run;
  EDGEBENCH_ASSIGN_OR_RETURN(run.device, session.Connect(options.device));
  EDGEBENCH_RETURN_IF_ERROR(CheckDevice(session, run.device, axes));
  LearnFacts(run.device.capabilities, axes.models);
  EDGEBENCH_RETURN_IF_ERROR(CheckAxesAreTaken(axes, base));
  std::vector<Cell> cells = ExpandGrid(axes, base);
  for (Cell& cell : cells) {
    UseCalibration(calibration, cell);
    UseWeights(weights, cell);
    if (cell.model_path.empty()) cell.settings.clear_input_specs();  // the zoo's are known
    EDGEBENCH_RETURN_IF_ERROR(
        CheckAgentKnows(options.device, run.device.capabilities, cell.settings));
  }
  session.Collect();

  DeviceRun::Options how;
  how.run_id = run.run_id = NewUuid();
  how.submitter = Submitter();
  EDGEBENCH_ASSIGN_OR_RETURN(
      run.outcome, RunCells(session, *store, {{&run.device, std::move(cells)}}, std::move(how)));
  return run;
}

void TellOfMissing(Session& session, const RunOutcome& outcome) {
  for (const CellReport& report : outcome.reports) {
    if (report.measurement && report.measurement->result.has_profile()) continue;
    session.Tell(absl::StrCat("edgebench: ", CellLabel(report.cell.settings), " on ", report.device,
                              ": ", DescribeEnd(report)));
  }
}

}  // namespace edgebench::controller
