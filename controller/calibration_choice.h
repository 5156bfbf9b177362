#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "controller/calibration_folder.h"
#include "controller/grid.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::controller {

// The calibration data that the user means: one file, which is sent like that
// of a model.
struct CalibrationChoice {
  v1::Digest digest;
  std::string name;      // for people: the base name of what was named
  std::string argument;  // as the user named it: a file, or a folder
  std::string path;      // what is sent; empty: none was chosen
  // Keeps that file, where a folder was packed into it.
  std::shared_ptr<const PackedFolder> folder;
};

// Packs a folder (calibration_folder.h), and digests the file. "" chooses none.
//   NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION  it cannot be read (usage errors)
//   errors of PackCalibrationFolder
absl::StatusOr<CalibrationChoice> ChooseCalibration(const std::string& argument);

// Gives the data to a cell whose model is quantized: to calibrate, and to measure parity on.
void UseCalibration(const CalibrationChoice& choice, Cell& cell);

}  // namespace edgebench::controller
