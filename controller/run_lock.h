#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/file.h"

namespace edgebench::controller {

// Held while a recorded run goes on, so that nobody else resumes it meanwhile. It is gone with the
// process, however that ends. An open-file-description lock (fcntl(2), F_OFD_SETLK) on a byte of
// "<database>-runs", which stays, empty: never on the database, whose locks are SQLite's.
class RunLock {
 public:
  //   FAILED_PRECONDITION  another process runs it
  //   codes of ErrnoStatus otherwise
  static absl::StatusOr<RunLock> Take(const std::string& database_path, const std::string& run_id);

  // Whether a process holds it; false where nobody can tell.
  static bool IsTaken(const std::string& database_path, const std::string& run_id);

 private:
  explicit RunLock(UniqueFd file) : file_(std::move(file)) {}
  UniqueFd file_;
};

}  // namespace edgebench::controller
