#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/power_log.h"
#include "db/result_store.h"
#include "edgebench/v1/energy.pb.h"

namespace edgebench::controller {

// The log of a power meter that ran beside measurements, see common/power_log.h: one file of
// comma-separated values, or the reports of one run of powertop, in any order. `zone` is that of
// the device, where the log says none.
//   INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED  name the file and what is wrong with it
absl::StatusOr<PowerLog> ReadPowerLog(const std::vector<std::string>& paths, absl::TimeZone zone);

// What a log says of measurements, each that of one process.
struct EnergyImport {
  std::map<std::string, v1::Energy> by_job;
  // Left out: not measured while the log was written, and measured by a source of the device.
  size_t outside = 0, have_energy = 0;
};

// Pure. A measurement is in the log where its window of measuring is, from end to end. Idle is
// what the log has before the first job that began within it. `replace`: also what has energy
// already.
EnergyImport EnergyFromLog(const PowerLog& log, const std::string& name,
                           const std::vector<db::Measurement>& measurements, bool replace);

}  // namespace edgebench::controller
