#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/power/power_source.h"
#include "common/clock.h"

namespace edgebench::agent {

// A meter of the user's: a command for /bin/sh whose every line is a power in W, "12.34". One
// that goes on printing is read line by line, each with the time of its arrival; one that ends
// with exit code 0 after a line is run again for the next reading. Lines that are no number
// are left out, and so is what a line has beyond 256 bytes; it is read no faster than 400 kB
// a second. Killed, with its process group, with the source. The clock must outlive it.
//   FAILED_PRECONDITION  no number came within 5 s; says what came, or how it ended
//   errors of ChildProcess::Start
absl::StatusOr<std::unique_ptr<PowerSource>> OpenCommand(const std::string& command, Clock& clock);

// The number of a line, if that is all of it; finite and not negative.
std::optional<double> ParseWatts(absl::string_view line);

}  // namespace edgebench::agent
