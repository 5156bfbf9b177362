#pragma once

#include <vector>

#include "absl/time/time.h"
#include "db/result_store.h"

namespace edgebench::db {

// The measurement of one job.
Measurement MeasurementOfJob(const SubmittedJob& job, const v1::JobResult& result,
                             absl::Time stored_time);

// One measurement of those that several fresh processes made of one cell, which are at least
// one, in the order they were stored.
//   result      of the first process that ended ok, else of the last one; peaks of memory are the
//               highest of all, and notes those of all
//   cold        each part the median over the processes
//   throughput, energy  the means over the processes, with the t interval of what differs between
//               them where that is wider than their own
//   validity    the reasons of all, each code once. Whether the goal of the interval was met is
//               judged anew, over all samples: "unconverged". "incomplete" where some ended ok
//               and others did not.
//   id, stored_time  of the last
Measurement MergeProcesses(std::vector<Measurement> of_one_cell);

}  // namespace edgebench::db
