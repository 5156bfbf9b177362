#include "controller/calibration_choice.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/digest.h"
#include "common/precisions.h"
#include "controller/exit_code.h"

namespace edgebench::controller {

absl::StatusOr<CalibrationChoice> ChooseCalibration(const std::string& argument) {
  CalibrationChoice choice;
  if (argument.empty()) return choice;
  choice.path = argument;
  choice.name = std::filesystem::path(argument).filename().string();
  std::error_code no_folder;
  if (std::filesystem::is_directory(argument, no_folder)) {
    absl::StatusOr<PackedFolder> packed = PackCalibrationFolder(argument);
    if (!packed.ok()) return WithExitCode(packed.status(), ExitCode::kUsage);
    choice.packed = std::make_shared<PackedFolder>(*std::move(packed));
    choice.path = choice.packed->path();
    choice.name = choice.packed->name();
  }
  auto digest = DigestFile(choice.path);
  if (!digest.ok()) {
    return WithExitCode(WithPrefix(digest.status(), "cannot read the calibration data: "),
                        ExitCode::kUsage);
  }
  if (digest->size_bytes() == 0)
    return absl::InvalidArgumentError(absl::StrCat("the calibration data ", argument, " is empty"));
  choice.digest = *std::move(digest);
  return choice;
}

void UseCalibration(const CalibrationChoice& choice, Cell& cell) {
  if (choice.path.empty() || !IsCalibrated(cell.settings.precision())) return;
  *cell.settings.mutable_calibration() = choice.digest;
  cell.settings.set_calibration_name(choice.name);
  cell.calibration_path = choice.path;
}

}  // namespace edgebench::controller
