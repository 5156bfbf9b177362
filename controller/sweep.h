#pragma once

#include <string>
#include <vector>

#include "controller/run_cells.h"
#include "controller/session.h"

namespace edgebench::controller {

// The cells of several devices as one run, which is recorded before it begins: whatever cuts it
// off, `edgebench run --resume` goes on where it was.
struct Sweep {
  std::string run_id;
  db::RunLabels labels = {};
  std::vector<DeviceWork> work;
};

// Runs a new one and shows what came of it, as a table or one JSON document. A single cell that
// the device refuses is an error like any other.
absl::StatusOr<ExitCode> RunSweep(Session& session, SharedStore& store, Sweep sweep, bool json);

// Goes on with a recorded one, and shows all of it: fetches what has ended meanwhile, awaits what
// still runs, measures what is left. What was cancelled, interrupted or lost is measured again.
// Empty `run_id`: the newest that has not finished.
//   NOT_FOUND            there is no such run, or none that was cut off
//   FAILED_PRECONDITION  it still goes on
absl::StatusOr<ExitCode> ResumeSweep(Session& session, SharedStore& store, std::string run_id,
                                     bool json);

}  // namespace edgebench::controller
