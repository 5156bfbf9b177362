#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::controller {

// A model as the user named it, with what is needed to send it.
struct ModelChoice {
  v1::ModelReference reference;
  std::string path;  // of a file; empty for a zoo model
  // What the device says of a zoo model; nullopt before it was asked.
  std::optional<v1::ZooModel> facts = {};
};

// The axes of a sweep on one device. An empty axis means "the default". A model is
// given only what it takes: of bert_base and resnet18 with --seq-len and --image-size
// each varies by its own.
struct GridAxes {
  std::vector<ModelChoice> models;
  std::vector<v1::Precision> precisions;
  std::vector<std::string> engines;  // of the precisions that use one
  std::vector<int32_t> batches;
  std::array<std::vector<int32_t>, 3> sizes;  // of InputSizesOfModels()
  std::vector<double> ctc_weights;            // of models that decode
  std::vector<int32_t> threads;
};

// One point of the grid.
struct Cell {
  v1::JobSettings settings;
  std::string model_path;             // of a file; empty for a zoo model
  std::string calibration_path = {};  // of its data; empty where there are none
  std::string weights_path = {};      // of its file; empty where none is given
  size_t position = 0;                // among the cells of the grid
  int process = 1;                    // which of several fresh processes measures it
  int processes = 1;                  // how many are to
  // What the user named as calibration data: that file, or the folder it was packed from.
  std::string calibration_source = {};
};

// INVALID_ARGUMENT: more cells than anybody could measure, or hold in memory.
absl::Status CheckCellCount(double cells);
// The same of all cells of a grid, before it is expanded.
absl::Status CheckGridSize(const GridAxes& axes);

// All cells, each once: model by model, from small to large shapes so that
// what does not fit is found early, the precisions of one shape side by side.
// `base` holds every setting that does not vary. A model file without a
// precision is run as it is stored. What of `base` is of other precisions only is
// left out of a cell.
std::vector<Cell> ExpandGrid(const GridAxes& axes, const v1::JobSettings& base);

// INVALID_ARGUMENT names a flag of an axis, or of decoding in `base`, that none of the
// models takes.
absl::Status CheckAxesAreTaken(const GridAxes& axes, const v1::JobSettings& base);

// Of all models.
std::vector<v1::Precision> PrecisionsOf(const GridAxes& axes);

// Whether `larger` is the same cell, on as many threads, but for a larger batch or size of its
// inputs, none of them being smaller.
bool IsStrictlyLarger(const v1::JobSettings& larger, const v1::JobSettings& smaller);

// Whether a cell with this outcome makes strictly larger ones pointless.
bool RulesOutLarger(v1::Outcome outcome);

// "batch 8 ran out of memory": why a larger cell was not tried.
std::string WhyRuledOut(const v1::JobSettings& failed, v1::Outcome outcome);

// "resnet18 int8-static qnnpack batch 4": a cell for people, with the engine and
// the sizes that were asked for.
std::string CellLabel(const v1::JobSettings& settings);
// The same, and of several processes which one: ", process 2 of 3".
std::string CellLabel(const Cell& cell);

}  // namespace edgebench::controller
