#include "controller/weights_choice.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "controller/exit_code.h"

namespace edgebench::controller {
namespace {

absl::Status CheckModels(const std::vector<ModelChoice>& models) {
  for (const ModelChoice& model : models) {
    if (model.path.empty()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("--weights is for models of the zoo, and ", model.path,
                     " is a file with weights of its own; the zoo: edgebench model list"));
  }
  if (models.size() == 1) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--weights is one model's, and ", models.size(),
                                                 " models are named; bench one at a time"));
}

}  // namespace

absl::StatusOr<WeightsChoice> ChooseWeights(const std::string& argument, bool allow_missing,
                                            const std::vector<ModelChoice>& models) {
  WeightsChoice choice;
  if (argument.empty()) {
    if (!allow_missing) return choice;
    return absl::InvalidArgumentError(
        "--allow-missing says what is to be done with a file of weights; name one with --weights");
  }
  if (absl::Status status = CheckModels(models); !status.ok()) return status;
  std::error_code ignored;
  if (std::filesystem::is_directory(argument, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--weights ", argument, " is a folder; name the file in it"));
  }
  auto digest = DigestFile(argument);
  if (!digest.ok()) {
    return WithExitCode(WithPrefix(digest.status(), "cannot read the weights: "), ExitCode::kUsage);
  }
  if (digest->size_bytes() == 0)
    return absl::InvalidArgumentError(absl::StrCat("--weights ", argument, " is empty"));
  choice.digest = *std::move(digest);
  choice.name = std::filesystem::path(argument).filename().string();
  choice.path = argument;
  choice.allow_missing = allow_missing;
  return choice;
}

void UseWeights(const WeightsChoice& choice, Cell& cell) {
  if (choice.path.empty()) return;
  *cell.settings.mutable_weights() = choice.digest;
  cell.settings.set_weights_name(choice.name);
  cell.settings.set_allow_missing_weights(choice.allow_missing);
  cell.weights_path = choice.path;
}

}  // namespace edgebench::controller
