#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::controller {

// What the program tells the shell. Scripts rely on these numbers.
enum class ExitCode {
  kOk = 0,
  kFinding = 1,       // figures that cannot be compared, a device that spoils them
  kUsage = 2,         // something to correct in the call: flag, name, file, database
  kUnreachable = 3,   // the agent does not answer
  kUnauthorized = 4,  // the agent refuses this user
  kDeviceFault = 5,   // out of memory, crash, an agent of another version
  kModelFault = 6,    // the model is broken or cannot be run this way
  kTimeout = 7,
  kInterrupted = 130,
};

// Fixes the exit code of a status where its code alone would mislead: a file
// that may not be read is PERMISSION_DENIED as well, but a usage error.
absl::Status WithExitCode(absl::Status status, ExitCode code);

// The status with words before its message; the exit code stays.
absl::Status WithPrefix(const absl::Status& status, absl::string_view prefix);

// The fixed code, else that of the status code.
ExitCode ExitCodeOf(const absl::Status& status);

ExitCode ExitCodeOf(v1::Outcome outcome);

// The one to report when several cells ended differently: the nearer to the
// device, the worse, because that is what has to be mended first.
ExitCode Worse(ExitCode a, ExitCode b);

}  // namespace edgebench::controller
