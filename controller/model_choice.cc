#include "controller/model_choice.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/digest.h"
#include "common/input_spec.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "controller/exit_code.h"

namespace edgebench::controller {

absl::StatusOr<ModelChoice> ChooseModel(const std::string& argument) {
  ModelChoice choice;
  if (argument.find_first_of("/.") == std::string::npos) {
    choice.reference.set_zoo_name(argument);
    choice.reference.set_display_name(argument);
    return choice;
  }
  auto digest = DigestFile(argument);
  if (!digest.ok())
    return WithExitCode(WithPrefix(digest.status(), "cannot read the model: "), ExitCode::kUsage);
  if (digest->size_bytes() == 0)
    return absl::InvalidArgumentError(absl::StrCat("the model file ", argument, " is empty"));
  *choice.reference.mutable_artifact() = *std::move(digest);
  choice.reference.set_display_name(std::filesystem::path(argument).filename().string());
  choice.path = argument;
  return choice;
}

absl::Status CheckZooHas(const ModelChoice& model, const std::string& device,
                         const v1::Capabilities& capabilities) {
  if (!model.path.empty()) return absl::OkStatus();
  if (capabilities.zoo().empty()) {
    return WithExitCode(
        absl::InternalError(absl::StrCat(device, " has no models; its agent says:\n",
                                         capabilities.warnings().empty()
                                             ? "nothing; see the log of edgebench-agent there"
                                             : absl::StrJoin(capabilities.warnings(), "\n"))),
        ExitCode::kDeviceFault);
  }
  const std::string& name = model.reference.zoo_name();
  std::vector<std::string> names;
  for (const v1::ZooModel& known : capabilities.zoo()) {
    if (known.name() == name) return absl::OkStatus();
    names.push_back(known.name());
  }
  std::string message =
      absl::StrCat(device, " has no model named '", name, "'.", DidYouMean(name, names),
                   "\nIts models: ", absl::StrJoin(names, ", "));
  std::error_code ignored;
  if (std::filesystem::is_regular_file(name, ignored)) {
    absl::StrAppend(&message, "\nFor the file of that name write ./", name);
  } else {
    absl::StrAppend(&message, ". A TorchScript file is named by its path.");
  }
  return absl::NotFoundError(message);
}

void LearnFacts(const v1::Capabilities& capabilities, std::vector<ModelChoice>& models) {
  for (ModelChoice& model : models) {
    for (const v1::ZooModel& known : capabilities.zoo())
      if (model.path.empty() && known.name() == model.reference.zoo_name()) model.facts = known;
  }
}

absl::Status CheckInputs(const ModelChoice& model, const v1::JobSettings& settings) {
  if (model.path.empty()) {
    if (settings.input_specs().empty()) return absl::OkStatus();
    const std::string& name = model.reference.zoo_name();
    return absl::InvalidArgumentError(absl::StrCat("--input describes model files; the inputs of ",
                                                   name, " are known, see: edgebench model show ",
                                                   name));
  }
  if (settings.input_specs().empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(model.path,
                     ": a model file does not say what its inputs look like; describe each with "
                     "--input, for example --input 'float32[N,3,H,W]' --image-size 224"));
  }
  InputSizes sizes;
  sizes.batch = settings.has_batch() ? settings.batch() : 1;
  if (settings.has_image_size()) sizes.image_size = settings.image_size();
  if (settings.has_seq_len()) sizes.seq_len = settings.seq_len();
  if (settings.has_frames()) sizes.frames = settings.frames();
  for (const std::string& text : settings.input_specs()) {
    EDGEBENCH_ASSIGN_OR_RETURN(const InputSpec spec, ParseInputSpec(text));
    const auto shape = ResolveShape(spec, sizes);
    if (!shape.ok()) return WithPrefix(shape.status(), absl::StrCat("--input '", text, "': "));
  }
  return absl::OkStatus();
}

}  // namespace edgebench::controller
