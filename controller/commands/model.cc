#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/quantities.h"
#include "common/status_macros.h"
#include "controller/commands/commands.h"
#include "controller/model_choice.h"
#include "controller/report/measurement_json.h"
#include "controller/report/phrases.h"
#include "controller/report/table.h"

namespace edgebench::controller {
namespace {

struct Options {
  std::string name, device = kLocalDevice;
  bool json = false;
};

std::string CountText(bool known, int64_t count) { return known ? FormatCount(count) : kUnknown; }

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
               {"family"},
               {"parameters", kRight},
               {"multiply-adds", kRight},
               {"size (fp32)", kRight},
               {"inputs"},
               {"default"}});
  for (const v1::ZooModel& model : device.capabilities.zoo()) {
    table.AddRow(
        {model.name(), model.family(), CountText(model.has_parameters(), model.parameters()),
         CountText(model.has_flops(), model.flops()),
         BytesText(model.has_model_bytes(), model.model_bytes()),
         absl::StrJoin(model.inputs(), ", "),
         model.has_default_image_size() ? absl::StrCat("image ", model.default_image_size())
         : model.has_default_seq_len()  ? absl::StrCat("length ", model.default_seq_len())
                                        : kUnknown});
  }
  session.world().out << table.Render(session.table_style());
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
  line("parameters", CountText(model.has_parameters(), model.parameters()));
  line("multiply-adds", CountText(model.has_flops(), model.flops()));
  line("size (fp32)", BytesText(model.has_model_bytes(), model.model_bytes()));
  line("inputs", absl::StrJoin(model.inputs(), ", "));
  if (model.has_default_image_size()) line("image size", absl::StrCat(model.default_image_size()));
  if (model.has_default_seq_len()) line("length", absl::StrCat(model.default_seq_len()));
  line("sweeps over", absl::StrJoin(model.sweepable(), ", "));
  return text;
}

absl::StatusOr<ExitCode> Show(const Options& options, Session& session) {
  ModelChoice choice;
  choice.reference.set_zoo_name(options.name);
  EDGEBENCH_ASSIGN_OR_RETURN(const ConnectedDevice device, session.Connect(options.device));
  EDGEBENCH_RETURN_IF_ERROR(CheckZooHas(choice, options.device, device.capabilities));
  for (const v1::ZooModel& model : device.capabilities.zoo()) {
    if (model.name() != options.name) continue;
    nlohmann::ordered_json document;
    document["schema_version"] = kJsonSchemaVersion;
    document.update(ZooModelJson(model));
    session.world().out << (options.json ? Serialize(document) : Describe(model));
  }
  return ExitCode::kOk;
}

}  // namespace

CommandBody DefineModel(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  CLI::App* const list = command.add_subcommand("list", "the models a device can build by name");
  CLI::App* const show = command.add_subcommand("show", "one model");
  show->add_option("NAME", options->name, "which")->type_name("")->required();
  for (CLI::App* const subcommand : {list, show}) {
    subcommand->add_option("--device", options->device, "which device; default: local")
        ->type_name("NAME");
    AddJsonFlag(*subcommand, options->json);
  }
  return Dispatch(command,
                  {{list, [options](Session& session) { return List(*options, session); }},
                   {show, [options](Session& session) { return Show(*options, session); }}});
}

}  // namespace edgebench::controller
