#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "db/database.h"

namespace edgebench::db {

// What commands list as a measurement is what one run has measured of one cell, in one process or
// several, or a job of another kind. A row of the view `results` is a process.

struct DatabaseInfo {
  int schema_version = 0;
  int64_t file_bytes = 0;  // with the write-ahead log
  int64_t runs = 0, measurements = 0, processes = 0, samples = 0, environments = 0;
  int64_t pending_jobs = 0;  // whose result is awaited
  std::vector<std::string> devices, models;
  std::optional<absl::Time> first_stored, last_stored;
};

// What a merge brings, or would bring.
struct MergeReport {
  int64_t measurements = 0, processes = 0;  // new here
  int64_t known = 0;  // measurements of the other database of which nothing is new
  int64_t runs = 0;
  std::vector<std::string> devices;  // that were not known here, by name
  int64_t pending = 0;               // jobs of the other database without a result: they stay there
};

// Which measurements are to go. All conditions must hold, at least one is given.
struct PruneFilter {
  std::optional<absl::Time> before;  // stored before
  std::vector<std::string> models, devices, runs, tags;
  bool failed_only = false;      // of an outcome other than ok
  bool superseded_only = false;  // a newer run has answered the same question
};

struct PruneReport {
  int64_t measurements = 0, processes = 0, runs = 0, samples = 0;
  // Processes that are left, because the agent still has to be told that their result is stored.
  int64_t unacknowledged = 0;
};

// What a call is busy with, and what share of that is done where it can be known. Told from the
// thread of the call, many times a second.
using StepProgress = std::function<void(const std::string& step, std::optional<double> done)>;
inline void Unwatched(const std::string&, std::optional<double>) {}

// What keeps a file of results whole, small, and one. Each call opens the file by itself; other
// processes may use it meanwhile. Errors are those of Database::Open, and:

// Opens read-only where it may not write.
absl::StatusOr<DatabaseInfo> DescribeDatabase(const std::string& path);

// Sentences on what is wrong: pages and indices that do not fit, rows that refer to nothing,
// results that cannot be read, figures that their samples do not give. Empty: all is well.
// Nothing is changed.
absl::StatusOr<std::vector<std::string>> CheckDatabase(const std::string& path,
                                                       const StepProgress& progress = Unwatched);

// A copy of what is committed, whole or not there. Other processes may write meanwhile.
//   ALREADY_EXISTS  there is a file `to`, and `overwrite` is not said
absl::Status BackUpDatabase(const std::string& path, const std::string& to, bool overwrite,
                            const StepProgress& progress = Unwatched);

// Takes over what another file has and this one has not: all of it, or where it fails nothing.
// A measurement is known by its job, so that merging twice brings everything once. The other
// file is read only; one of an older schema is migrated in a copy.
// `renames`: names of devices there to names here.
//   FAILED_PRECONDITION  a device of one name is another machine there and here: the message
//                        says how to rename it; or both are one file
absl::StatusOr<MergeReport> MergeDatabase(const std::string& path, const std::string& other,
                                          const std::map<std::string, std::string>& renames,
                                          bool dry_run, const StepProgress& progress = Unwatched);

// Removes measurements with all their processes and samples, and what is then without use: jobs,
// runs, environments. The file shrinks. With `dry_run` only counts.
//   INVALID_ARGUMENT  the filter has no condition
absl::StatusOr<PruneReport> PruneDatabase(const std::string& path, const PruneFilter& filter,
                                          bool dry_run, const StepProgress& progress = Unwatched);

}  // namespace edgebench::db
