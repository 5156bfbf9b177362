#include "controller/measurement_filter.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "controller/connect.h"
#include "controller/job_options.h"

namespace edgebench::controller {
namespace {

absl::Status CheckDevices(const std::vector<std::string>& devices, Session& session) {
  if (devices.empty()) return absl::OkStatus();
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(
      std::vector<std::string> known,
      store->Use([](db::ResultStore& results) { return results.NamesOfKnownDevices(); }));
  // Exists always, with results or without.
  const auto has = [&known](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  if (!has(kLocalDevice)) known.push_back(kLocalDevice);
  for (const std::string& device : devices) {
    if (has(device)) continue;
    return absl::NotFoundError(absl::StrCat("there is no device '", device,
                                            "', and no result of one.", DidYouMean(device, known),
                                            "\nThe devices: edgebench device list"));
  }
  return absl::OkStatus();
}

absl::Status CheckPrecisions(const std::vector<std::string>& names) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<v1::Precision> precisions, ParsePrecisions(names));
  if (std::find(precisions.begin(), precisions.end(), v1::PRECISION_AS_STORED) ==
      precisions.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "--precision ", PrecisionName(v1::PRECISION_AS_STORED),
      " is how a file can be measured, and no figures are stored under that: filter by what the "
      "file turned out to be, ",
      PrecisionName(v1::PRECISION_FP32), " or ", PrecisionName(v1::PRECISION_INT8_STATIC),
      " for example"));
}

std::string StoredName(const std::string& model) {
  const std::string name = std::filesystem::path(model).filename().string();
  return name.empty() ? model : name;
}

}  // namespace

absl::StatusOr<db::MeasurementFilter> MeasurementFilterFrom(const MeasurementChoice& choice,
                                                            Session& session) {
  EDGEBENCH_RETURN_IF_ERROR(CheckPrecisions(choice.precisions));
  EDGEBENCH_RETURN_IF_ERROR(CheckDevices(choice.devices, session));
  db::MeasurementFilter filter;
  for (const std::string& model : choice.models) filter.models.push_back(StoredName(model));
  filter.devices = choice.devices;
  filter.precisions = choice.precisions;
  return filter;
}

absl::StatusOr<std::string> ModelsWithoutResults(const MeasurementChoice& choice,
                                                 Session& session) {
  if (choice.models.empty()) return "";
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(
      const std::vector<std::string> known,
      store->Use([](db::ResultStore& results) { return results.NamesOfKnownModels(); }));
  std::vector<std::string> lines;
  for (const std::string& model : choice.models) {
    const std::string name = StoredName(model);
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    lines.push_back(absl::StrCat("there is no result of '", model, "'.", DidYouMean(name, known)));
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace edgebench::controller
