#pragma once

#include <string>
#include <vector>

#include "controller/connect.h"
#include "controller/device_run.h"
#include "controller/grid.h"
#include "controller/session.h"

namespace edgebench::controller {

// Cells for one device, and jobs that it has been given earlier: of these cells, or of none.
struct DeviceWork {
  ConnectedDevice* device = nullptr;
  std::vector<Cell> cells;
  std::vector<db::SubmittedJob> submitted = {};
  // What of these cells has been measured already, by position and process.
  std::vector<CellReport> measured = {};
};

struct RunOutcome {
  std::vector<CellReport> reports;  // one per cell: device by device, in the order of the grid
  bool interrupted = false;
  size_t unfinished = 0;               // processes that were not run, or are left running
  ExitCode exit_code = ExitCode::kOk;  // the worst of all processes
};

// Runs the work of all devices at the same time, with progress on stderr, and
// deals with Ctrl-C: on a terminal it asks whether to leave or cancel what
// runs; elsewhere, and when the terminal goes, it leaves it. An agent of
// `local` that dies is started again; it then ends the job it ran as
// interrupted, and goes on with the others.
absl::StatusOr<RunOutcome> RunCells(Session& session, SharedStore& store,
                                    std::vector<DeviceWork> work, DeviceRun::Options options);

// "user@host:pid", for people who look at the agent's queue.
std::string Submitter();

}  // namespace edgebench::controller
