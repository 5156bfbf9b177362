#include "controller/calibration_choice.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "common/precisions.h"
#include "common/status_macros.h"
#include "controller/exit_code.h"

namespace edgebench::controller {

namespace {

absl::StatusOr<CalibrationChoice> PackFolder(const std::string& argument) {
  auto packed = PackCalibrationFolder(argument);
  if (!packed.ok())
    return WithExitCode(WithPrefix(packed.status(), "--calibration: "), ExitCode::kUsage);
  CalibrationChoice choice;
  choice.folder = std::make_shared<const PackedFolder>(*std::move(packed));
  choice.name = choice.folder->name();
  choice.path = choice.folder->path();
  return choice;
}

}  // namespace

absl::StatusOr<CalibrationChoice> ChooseCalibration(const std::string& argument) {
  CalibrationChoice choice;
  if (argument.empty()) return choice;
  std::error_code ignored;
  if (std::filesystem::is_directory(argument, ignored)) {
    EDGEBENCH_ASSIGN_OR_RETURN(choice, PackFolder(argument));
  } else {
    choice.name = std::filesystem::path(argument).filename().string();
    choice.path = argument;
  }
  auto digest = DigestFile(choice.path);
  if (!digest.ok()) {
    return WithExitCode(WithPrefix(digest.status(), "cannot read the calibration data: "),
                        ExitCode::kUsage);
  }
  if (digest->size_bytes() == 0)
    return absl::InvalidArgumentError(absl::StrCat("the calibration data ", argument, " is empty"));
  choice.digest = *std::move(digest);
  choice.argument = argument;
  return choice;
}

void UseCalibration(const CalibrationChoice& choice, Cell& cell) {
  if (choice.path.empty() || !IsQuantizing(cell.settings.precision())) return;
  *cell.settings.mutable_calibration() = choice.digest;
  cell.settings.set_calibration_name(choice.name);
  cell.calibration_path = choice.path;
  cell.calibration_source = choice.argument;
}

}  // namespace edgebench::controller
