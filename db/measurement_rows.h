#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "db/result_store.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::db {

class Connection;

// How a JobResult lies in the tables measurement, environment, sample_list
// and telemetry.
// Both throw what SQLiteCpp throws: called within Database::Run only.

// Writes all rows of a result of a job that `device` ran.
absl::Status InsertMeasurement(Connection& connection, const std::string& device,
                               const v1::JobResult& result, absl::Time now);

// Puts the result together again, equal to what was inserted. Oldest first.
absl::StatusOr<std::vector<Measurement>> SelectMeasurements(Connection& connection,
                                                            const MeasurementFilter& filter);

// What one run has measured of a benchmark's cell so far, without what was cut short.
// NOT_FOUND  none of its processes has ended
absl::StatusOr<Measurement> SelectCell(Connection& connection, const std::string& run_id,
                                       int64_t cell_id);

// As ResultStore has them.
absl::StatusOr<std::vector<JobDuration>> SelectDurations(Connection& connection,
                                                         const std::string& device, int limit);
absl::Status UpdateEnergy(Connection& connection, const std::string& job_id,
                          const v1::Energy& energy);

}  // namespace edgebench::db
