#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/session.h"
#include "db/result_store.h"

namespace edgebench::controller {

// Which stored measurements a call of `results`, `compare`, `export` or `report` names. Each
// may be empty: any.
struct MeasurementChoice {
  std::vector<std::string> models;  // zoo names, files or paths of files
  std::vector<std::string> devices, precisions, tags;
  std::string since, until;  // see moment.h
  std::string run;           // an id, or "latest"
  bool valid_only = false;
};

// MODEL..., --device, --precision, --tag, --since, --until, --run, --valid.
void AddChoiceFlags(CLI::App& command, MeasurementChoice& choice);

// What a choice says, one phrase each: "models mobilenet_v2, resnet18"; nothing where it says
// nothing.
std::vector<std::string> DescribeChoice(const MeasurementChoice& choice);

// The filter for a choice. A path stands for the name of its file, which is what a
// measurement is stored under. Call after Session::Collect, which may bring the
// first result of a device.
//   NOT_FOUND         no device of that name is listed or has results; no run of that id, no
//                     run of that tag
//   INVALID_ARGUMENT  no such precision, or as-stored, which no figures are stored under
absl::StatusOr<db::MeasurementFilter> MeasurementFilterFrom(const MeasurementChoice& choice,
                                                            Session& session);

// Says on stderr that it reads, where that takes long. Errors of ResultStore::Measurements.
absl::StatusOr<std::vector<db::Measurement>> FindMeasurements(Session& session, SharedStore& store,
                                                              const db::MeasurementFilter& filter);

// "there is no result of 'mobilenetv2'. Did you mean mobilenet_v2?", one line for each
// model of a choice that has none; "" where all have. Not an error: which models a
// device can build is not known here.
absl::StatusOr<std::string> ModelsWithoutResults(const MeasurementChoice& choice, Session& session);

}  // namespace edgebench::controller
