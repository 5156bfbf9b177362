#pragma once

#include <CLI/App.hpp>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "controller/connect.h"
#include "controller/job_options.h"
#include "controller/run_cells.h"
#include "controller/session.h"

namespace edgebench::controller {

// What `profile` and `roofline` have in common: models in some precisions, each under one
// setting on one device.
struct ProfileOptions {
  std::vector<std::string> models, precisions;
  std::string device = kLocalDevice;
  std::optional<int32_t> batch;
  std::array<std::optional<int32_t>, 3> sizes;  // of InputSizesOfModels()
  std::vector<double> ctc_weights;              // at most one
  JobOptions job;                               // with at most one engine
  int top = 0;                                  // operators that are shown
};

// MODEL..., --device, --precision, --batch, sizes, --top, --k, --max-time and job flags.
void AddProfileFlags(CLI::App& command, int default_top, ProfileOptions& options);

struct ProfileRun {
  ConnectedDevice device;
  std::string run_id;
  RunOutcome outcome;

  // Those that were made, in the order of models and precisions.
  std::vector<const db::Measurement*> Profiles() const;
};

// Profiles each model in each precision, one after the other.
//   INVALID_ARGUMENT  names the flag and what it accepts
//   NOT_FOUND         no such device or model
//   others            as AgentClient
absl::StatusOr<ProfileRun> RunProfiles(Session& session, const ProfileOptions& options);

// Tells, on stderr, of the cells without a profile, and why.
void TellOfMissing(Session& session, const RunOutcome& outcome);

}  // namespace edgebench::controller
