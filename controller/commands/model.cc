#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/input_size.h"
#include "controller/inspection.h"
#include "controller/job_options.h"
#include "controller/model_choice.h"
#include "controller/report/json_values.h"
#include "controller/report/measurement_json.h"
#include "controller/report/phrases.h"
#include "controller/report/table.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::string name, device = kLocalDevice;
  std::optional<int32_t> batch;
  std::array<std::optional<int32_t>, 3> sizes;  // of InputSizesOfModels()
  std::vector<std::string> inputs;
  bool brief = false;
  bool json = false;
};

std::string CountText(bool known, int64_t count) { return known ? FormatCount(count) : kUnknown; }

// "image 224, at least 21", "length 128, at most 512".
std::string SizeText(const v1::ZooModel& model) {
  std::vector<std::string> words;
  for (const InputSize& size : InputSizesOfModels()) {
    if (const auto value = size.default_of(model))
      words.push_back(absl::StrCat(size.label, " ", *value));
  }
  const int least = std::max(model.min_image_size(), model.min_frames());
  if (least > 1) words.push_back(absl::StrCat("at least ", least));
  if (model.has_max_seq_len()) words.push_back(absl::StrCat("at most ", model.max_seq_len()));
  return words.empty() ? kUnknown : absl::StrJoin(words, ", ");
}

absl::StatusOr<ExitCode> List(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(const ConnectedDevice device, session.Connect(options.device));
  if (options.json) {
    nlohmann::ordered_json document;
    document["schema_version"] = kJsonSchemaVersion;
    document["models"] = nlohmann::ordered_json::array();
    for (const v1::ZooModel& model : device.capabilities.zoo())
      document["models"].push_back(ZooModelJson(model));
    session.world().out << Serialize(document);
    return ExitCode::kOk;
  }
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"model"},
               {"family", Table::Align::kLeft, 1},
               {"parameters", kRight},
               {"multiply-adds", kRight},
               {"size (fp32)", kRight},
               {"inputs", Table::Align::kLeft, 3},
               {"default", Table::Align::kLeft, 1},
               {"sweeps", Table::Align::kLeft, 2}});
  for (const v1::ZooModel& model : device.capabilities.zoo()) {
    table.AddRow({model.name(), model.family(),
                  CountText(model.has_parameters(), model.parameters()),
                  CountText(model.has_flops(), model.flops()),
                  BytesText(model.has_model_bytes(), model.model_bytes()),
                  absl::StrJoin(model.inputs(), " "), SizeText(model),
                  absl::StrJoin(model.sweepable(), " ")});
  }
  session.world().out << table.Render(session.table_style());
  session.Tell(
      "\nmultiply-adds: of convolutions and matrix products, each counted once, at the default "
      "size and batch 1\nlayer by layer: edgebench model show MODEL");
  return ExitCode::kOk;
}

std::string Describe(const v1::ZooModel& model) {
  std::string text;
  const auto line = [&](const char* name, const std::string& value) {
    if (!value.empty() && value != kUnknown)
      absl::StrAppendFormat(&text, "%-14s %s\n", name, value);
  };
  line("model", model.name());
  line("family", model.family());
  line("about", model.description());
  line("paper", model.paper());
  line("parameters", CountText(model.has_parameters(), model.parameters()));
  if (model.has_flops()) {
    line("multiply-adds", absl::StrCat(FormatCount(model.flops()),
                                       ", each counted once, of one inference with batch 1"));
  }
  line("size (fp32)", BytesText(model.has_model_bytes(), model.model_bytes()));
  line("inputs", absl::StrJoin(model.inputs(), ", "));
  line("default", SizeText(model));
  line("sweeps over", absl::StrJoin(model.sweepable(), ", "));
  return text;
}

std::string LayersText(const v1::ModelFacts& facts, const Table::Style& style) {
  constexpr auto kRight = Table::Align::kRight;
  Table table({{"layer"},
               {"kind"},
               {"output", Table::Align::kLeft, 2},
               {"parameters", kRight},
               {"multiply-adds", kRight},
               {"runs", kRight, 1}});
  int64_t parameters = 0;
  for (const v1::ModelFacts::Layer& layer : facts.layers()) {
    parameters += layer.parameters();
    table.AddRow({layer.name().empty() ? kUnknown : layer.name(), layer.kind(),
                  layer.output_shape(), FormatCount(layer.parameters()),
                  CountText(layer.has_flops(), layer.flops()), absl::StrCat(layer.count())});
  }
  table.AddRow(
      {"total", "", "", FormatCount(parameters), CountText(facts.has_flops(), facts.flops()), ""});
  return absl::StrCat("\n", absl::StrJoin(facts.inputs(), ", "), "\n", table.Render(style));
}

void AddLayers(const v1::ModelFacts& facts, nlohmann::ordered_json& document) {
  document["measured_inputs"] = nlohmann::ordered_json::array();
  for (const std::string& input : facts.inputs()) document["measured_inputs"].push_back(input);
  document["layers"] = nlohmann::ordered_json::array();
  for (const v1::ModelFacts::Layer& layer : facts.layers()) {
    nlohmann::ordered_json json;
    json["name"] = OrNull(layer.name());
    json["kind"] = layer.kind();
    json["output_shape"] = OrNull(layer.output_shape());
    json["parameters"] = layer.parameters();
    json["flops"] = OrNull(layer.has_flops(), layer.flops());
    json["count"] = layer.count();
    document["layers"].push_back(std::move(json));
  }
}

v1::JobSettings SettingsOf(const Options& options) {
  v1::JobSettings settings;
  if (options.batch) settings.set_batch(*options.batch);
  for (size_t i = 0; i < options.sizes.size(); ++i)
    if (options.sizes[i]) InputSizesOfModels()[i].set(settings, *options.sizes[i]);
  for (const std::string& input : options.inputs) settings.add_input_specs(input);
  return settings;
}

// What is known of a file before it was run.
v1::ZooModel FactsOfFile(const ModelChoice& choice, const v1::ModelFacts& facts) {
  v1::ZooModel model;
  model.set_name(choice.reference.display_name());
  if (facts.has_parameters()) model.set_parameters(facts.parameters());
  if (facts.has_flops()) model.set_flops(facts.flops());
  if (facts.has_model_bytes()) model.set_model_bytes(facts.model_bytes());
  *model.mutable_inputs() = facts.inputs();
  return model;
}

absl::StatusOr<ExitCode> Show(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(ModelChoice choice, ChooseModel(options.name));
  v1::JobSettings settings = SettingsOf(options);
  const bool is_file = !choice.path.empty();
  if (is_file && options.brief)
    return absl::InvalidArgumentError("--brief: nothing is known of a file before it was run");
  if (is_file || !options.inputs.empty()) EDGEBENCH_RETURN_IF_ERROR(CheckInputs(choice, settings));
  EDGEBENCH_ASSIGN_OR_RETURN(ConnectedDevice device, session.Connect(options.device));
  EDGEBENCH_RETURN_IF_ERROR(CheckZooHas(choice, options.device, device.capabilities));
  std::vector<ModelChoice> choices = {choice};
  LearnFacts(device.capabilities, choices);
  v1::ZooModel model = choices.front().facts.value_or(v1::ZooModel());

  std::ostream& out = session.world().out;
  if (!is_file && !options.json) out << Describe(model) << std::flush;
  std::optional<v1::JobResult> inspected;
  if (!options.brief) {
    EDGEBENCH_ASSIGN_OR_RETURN(inspected, Inspect(session, device, choice, std::move(settings)));
    if (is_file) model = FactsOfFile(choice, inspected->model());
  }
  if (is_file && !options.json) out << Describe(model);
  if (!options.json) {
    if (inspected) out << LayersText(inspected->model(), session.table_style());
    return ExitCode::kOk;
  }
  nlohmann::ordered_json document;
  document["schema_version"] = kJsonSchemaVersion;
  document.update(ZooModelJson(model));
  if (inspected) AddLayers(inspected->model(), document);
  out << Serialize(document);
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineModel(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kDevicesAndJobs);
  AddExamples(command, {{"What can be measured by name", "edgebench model list"},
                        {"One of them, layer by layer", "edgebench model show resnet50"}});
  CLI::App* const list = command.add_subcommand("list", "the models a device can build by name");
  CLI::App* const show = command.add_subcommand(
      "show", "one model, and each of its layers, for which the device runs it once");
  AddExamples(*list, {{"What another device can build", "edgebench model list --device pi"}});
  AddExamples(*show, {{"A model of the zoo at another size than its own",
                       "edgebench model show resnet50 --image-size 320"},
                      {"A TorchScript file",
                       "edgebench model show my.pt --input 'float32[N,3,H,W]' --image-size 224"}});
  show->add_option("MODEL", options->name, "a name of a model, or a TorchScript file")
      ->type_name("")
      ->required();
  show->add_option("--batch", options->batch, "batch size; default: 1")
      ->type_name("N")
      ->check(UpTo(1 << 20));
  for (size_t i = 0; i < options->sizes.size(); ++i) {
    const std::string help = absl::StrCat(InputSizesOfModels()[i].name, "; default: the model's");
    show->add_option(InputSizesOfModels()[i].flag, options->sizes[i], help)
        ->type_name("N")
        ->check(UpTo(1 << 20));
  }
  show->add_option("--input", options->inputs, "an input of a model file, once for each")
      ->type_name("SPEC")
      ->allow_extra_args(false);
  show->add_flag("--brief", options->brief, "without the layers: nothing is run");
  for (CLI::App* const subcommand : {list, show}) {
    subcommand->add_option("--device", options->device, "which device; default: local")
        ->type_name("DEVICE");
    AddJsonFlag(*subcommand, options->json);
  }
  return Dispatch(command,
                  {{list, [options](Session& session) { return List(*options, session); }},
                   {show, [options](Session& session) { return Show(*options, session); }}});
}

}  // namespace edgebench::controller
