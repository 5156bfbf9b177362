#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "controller/bench_options.h"
#include "controller/calibration_choice.h"
#include "controller/connect.h"
#include "controller/grid.h"
#include "controller/session.h"
#include "controller/weights_choice.h"

namespace edgebench::controller {

// Options of bench with their files read and all that can be judged without a device judged. Keeps
// files that it has made, for as long as cells are sent.
class BenchCells {
 public:
  // INVALID_ARGUMENT, NOT_FOUND and others name the flag or the file.
  static absl::StatusOr<BenchCells> Prepare(const BenchOptions& options);

  // In the order of the grid.
  //   INVALID_ARGUMENT     a flag that none of the models takes
  //   NOT_FOUND            the device cannot build a model
  //   UNIMPLEMENTED, FAILED_PRECONDITION  it lacks engines, or knows a setting not
  absl::StatusOr<std::vector<Cell>> CellsOn(const ConnectedDevice& device);

  const std::vector<std::string>& devices() const { return options_.devices; }

 private:
  BenchCells(BenchOptions options, v1::JobSettings base, GridAxes axes,
             CalibrationChoice calibration, WeightsChoice weights);
  std::vector<Cell> Cells() const;

  BenchOptions options_;
  v1::JobSettings base_;
  GridAxes axes_;
  CalibrationChoice calibration_;
  WeightsChoice weights_;
};

// Each once, and tells of their warnings. The first that cannot be reached is an error.
absl::StatusOr<std::vector<std::unique_ptr<ConnectedDevice>>> ConnectEach(
    Session& session, const std::vector<std::string>& names);

}  // namespace edgebench::controller
