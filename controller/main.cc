#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <optional>

#include "common/clock.h"
#include "controller/ascii_output.h"
#include "controller/cli.h"
#include "controller/connect.h"
#include "controller/exit_code.h"
#include "controller/grpc_agent_client.h"
#include "controller/terminal.h"

namespace {

// A reader that left (`edgebench results | head`) has all that it wanted.
bool ReaderLeft() {
  pollfd end{STDOUT_FILENO, POLLOUT, 0};
  return poll(&end, 1, 0) > 0 && (end.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace edgebench;              // NOLINT(google-build-using-namespace)
  using namespace edgebench::controller;  // NOLINT(google-build-using-namespace)
  // A reader that goes away (`edgebench results | head`) is an error of write, not a reason to die
  // in the middle of storing a result.
  std::signal(SIGPIPE, SIG_IGN);
  PrepareGrpc();
  RealClock clock;
  const auto connector = NewGrpcConnector();
  const Terminal terminal = DetectTerminal();
  std::optional<AsciiOutput> ascii_out, ascii_err;
  if (!LocaleHasUtf8()) {
    if (terminal.stdout_is_terminal) ascii_out.emplace(std::cout);
    if (terminal.stderr_is_terminal) ascii_err.emplace(std::cerr);
  }
  const World world{std::cout, std::cerr, terminal, *connector, clock};
  const ExitCode code = RunProgram(argc, argv, world);
  std::cout.flush();
  if (std::cout || ReaderLeft()) return static_cast<int>(code);
  std::cerr << "edgebench: stdout could not be written, the output is not whole; is the disk "
               "full?\n";
  return static_cast<int>(Worse(code, ExitCode::kUsage));
}
