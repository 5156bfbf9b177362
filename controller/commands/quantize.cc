#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "controller/calibration_choice.h"
#include "controller/commands/commands.h"
#include "controller/input_size.h"
#include "controller/job_options.h"
#include "controller/model_choice.h"
#include "controller/output_file.h"
#include "controller/report/measurement_json.h"
#include "controller/report/phrases.h"
#include "controller/report/quantization_text.h"
#include "controller/run_cells.h"
#include "controller/uuid.h"
#include "controller/weights_choice.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::string model, device = kLocalDevice, precision, output;
  std::optional<int32_t> batch;
  std::array<std::optional<int32_t>, 3> sizes;  // of InputSizesOfModels()
  std::vector<double> ctc_weights;
  bool force = false;
  bool json = false;
  JobOptions job;
};

// One file is written, so one engine makes it.
absl::StatusOr<std::string> OneEngine(const Options& options) {
  const std::vector<std::string>& engines = options.job.engines;
  if (engines.empty()) return std::string();
  if (engines.size() == 1 && engines.front() != kAllEngines) return engines.front();
  return absl::InvalidArgumentError(
      absl::StrCat("--engine ", absl::StrJoin(engines, ","),
                   ": quantize writes one file; name one engine, see: "
                   "edgebench device show ",
                   options.device));
}

absl::StatusOr<Cell> CellFrom(const Options& options, const ModelChoice& model) {
  EDGEBENCH_ASSIGN_OR_RETURN(v1::JobSettings settings,
                             SettingsFrom(options.job, v1::JOB_KIND_QUANTIZE));
  EDGEBENCH_ASSIGN_OR_RETURN(const auto precisions, ParsePrecisions({options.precision}));
  EDGEBENCH_RETURN_IF_ERROR(CheckUseOf(options.job.quantization, precisions));
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string engine, OneEngine(options));
  settings.set_precision(precisions.front());
  settings.set_engine(engine);
  *settings.mutable_model() = model.reference;
  for (size_t i = 0; i < options.sizes.size(); ++i) {
    if (options.sizes[i]) InputSizesOfModels()[i].set(settings, *options.sizes[i]);
  }
  if (options.ctc_weights.size() > 1)
    return absl::InvalidArgumentError("--ctc-weight: quantize writes one file; name one weight");
  if (!options.ctc_weights.empty())
    settings.mutable_decoding()->set_ctc_weight(options.ctc_weights.front());
  if (options.batch) settings.set_batch(*options.batch);
  EDGEBENCH_RETURN_IF_ERROR(CheckInputs(model, settings));
  return Cell{std::move(settings), model.path, ""};
}

absl::StatusOr<ExitCode> Show(Session& session, const CellReport& report, const Options& options) {
  if (report.state == CellReport::State::kRefused) return report.status;
  if (!report.measurement) {
    // What was left by Ctrl-C has been told with the next step.
    const bool left = report.state == CellReport::State::kLeftRunning;
    if (!left || !absl::IsCancelled(report.status))
      session.Tell(absl::StrCat("edgebench: ", DescribeEnd(report)));
    return ExitCodeOf(report);
  }
  const db::Measurement& measurement = *report.measurement;
  const ExitCode code = ExitCodeOf(report);
  if (options.json) {
    session.world().out << Serialize(QuantizeDocument(measurement, options.output));
  } else if (code == ExitCode::kOk) {
    session.world().out << QuantizationText(measurement, options.output, session.table_style());
  }
  if (code != ExitCode::kOk) {
    session.Tell(absl::StrCat("edgebench: ", CellLabel(report.cell.settings), " on ", report.device,
                              ": ", DescribeEnd(report), "\n", options.output, " was not written"));
  }
  return code;
}

absl::StatusOr<ExitCode> RunQuantize(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const ModelChoice model, ChooseModel(options.model));
  EDGEBENCH_ASSIGN_OR_RETURN(Cell cell, CellFrom(options, model));
  EDGEBENCH_ASSIGN_OR_RETURN(const CalibrationChoice calibration,
                             ChooseCalibration(options.job.quantization.calibration));
  UseCalibration(calibration, cell);
  EDGEBENCH_ASSIGN_OR_RETURN(
      const WeightsChoice weights,
      ChooseWeights(options.job.weights, options.job.allow_missing, {model}));
  UseWeights(weights, cell);
  EDGEBENCH_RETURN_IF_ERROR(CheckOutputFile("-o", options.output, options.force));
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(ConnectedDevice device, session.Connect(options.device));
  EDGEBENCH_RETURN_IF_ERROR(CheckZooHas(model, options.device, device.capabilities));
  EDGEBENCH_RETURN_IF_ERROR(CheckAgentKnows(options.device, device.capabilities, cell.settings));
  session.Collect();

  DeviceRun::Options run;
  run.run_id = NewUuid();
  run.submitter = Submitter();
  // Whoever fetches the result may be started elsewhere.
  run.output_path = std::filesystem::absolute(options.output).string();
  run.overwrite = options.force;
  EDGEBENCH_ASSIGN_OR_RETURN(const RunOutcome outcome,
                             RunCells(session, *store, {{&device, {std::move(cell)}}}, run));
  return Show(session, outcome.reports.front(), options);
}

void AddOwnFlags(CLI::App& command, Options& options) {
  command
      .add_option("--precision", options.precision,
                  "fp16, bf16, int8-dynamic, int8-static, int8-weight-only, int8-qat; "
                  "fp32 writes a model of the zoo as a file")
      ->type_name("PRECISION")
      ->required();
  command.add_option("-o,--output", options.output, "the file to write")
      ->type_name("FILE")
      ->required();
  command.add_flag("--force", options.force, "overwrite the file");
  command.add_option("--device", options.device, "where to do it; default: local")
      ->type_name("DEVICE");
  command.add_option("--batch", options.batch, "samples of a batch of calibration; default: 1")
      ->type_name("N")
      ->check(UpTo(1 << 20));
  for (size_t i = 0; i < options.sizes.size(); ++i) {
    const std::string help = absl::StrCat(InputSizesOfModels()[i].name, "; default: the model's");
    command.add_option(InputSizesOfModels()[i].flag, options.sizes[i], help)
        ->type_name("N")
        ->check(UpTo(1 << 20));
  }
}

}  // namespace

CommandBody DefineQuantize(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kMeasuring);
  AddExamples(command, {{"A model of the zoo, calibrated with random inputs",
                         "edgebench quantize resnet18 --precision int8-static -o resnet18-int8.pt"},
                        {"The weights of a checkpoint as a TorchScript file",
                         "edgebench quantize resnet18 --weights resnet18.pth --precision fp32 \\\n"
                         "-o resnet18.pt"},
                        {"A file, calibrated with photos, as exact as 25 dB",
                         "edgebench quantize my.pt --input 'float32[N,3,H,W]' --image-size 224 \\\n"
                         "--precision int8-static --calibration photos.tar --min-sqnr 25 \\\n"
                         "-o my-int8.pt"},
                        {"What became of it, on another device",
                         "edgebench bench my-int8.pt --precision as-stored \\\n"
                         "--input 'float32[N,3,H,W]' --image-size 224 --device pi"}});
  command.add_option("MODEL", options->model, "a name of a model, or a TorchScript file")
      ->type_name("")
      ->required();
  InGroup(command, "What to make", [&] { AddOwnFlags(command, *options); });
  AddJobFlags(command, options->job);
  AddCtcWeights(command, options->ctc_weights);
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunQuantize(*options, session); };
}

}  // namespace edgebench::controller
