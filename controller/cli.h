#pragma once

#include "controller/exit_code.h"
#include "controller/session.h"

namespace edgebench::controller {

// The whole program but for the outside world: parses the call, runs the
// command, prints an error once, and answers the exit code.
ExitCode RunProgram(int argc, const char* const* argv, const World& world);

}  // namespace edgebench::controller
