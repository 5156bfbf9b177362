#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>

#include "agent/worker/process_age.h"
#include "agent/worker/process_memory.h"
#include "agent/worker/torch/torch_backend.h"
#include "agent/worker/worker_loop.h"
#include "common/clock.h"
#include "common/version.h"

namespace {

constexpr int kUsageError = 2;

// LibTorch's static destructors take their time and have crashed: what a
// worker has to say it has said, so it leaves without them.
[[noreturn]] void Leave(int code) {
  std::cerr.flush();
  _exit(code);
}

int AnswerArgument(const std::string& argument) {
  if (argument == "--version") {
    std::cout << "edgebench-worker " << edgebench::kVersion << "\n";
    return EXIT_SUCCESS;
  }
  std::cerr << "edgebench-worker takes no arguments but --version: edgebench-agent starts it\n";
  return kUsageError;
}

}  // namespace

int main(int argc, char** argv) {
  using edgebench::worker::WorkerChannels;
  if (argc > 1) return AnswerArgument(argv[1]);
  const WorkerChannels channels;
  if (fcntl(channels.requests, F_GETFD) < 0 || fcntl(channels.messages, F_GETFD) < 0) {
    std::cerr << "edgebench-worker is started by edgebench-agent, which talks to it over "
                 "descriptors 3 and 4; use `edgebench bench` instead\n";
    return kUsageError;
  }
  std::signal(SIGPIPE, SIG_IGN);
  edgebench::RealClock clock;
  edgebench::worker::ProcessMemory memory;
  const auto backend = edgebench::worker::MakeTorchBackend();
  if (!backend.ok()) {
    std::cerr << "edgebench-worker: " << backend.status().message() << "\n";
    Leave(EXIT_FAILURE);
  }
  const absl::Status status = edgebench::worker::RunWorker(
      **backend, channels,
      {clock, memory, [] { Leave(EXIT_FAILURE); },
       edgebench::worker::ProcessAge().value_or(absl::ZeroDuration())});
  if (!status.ok()) std::cerr << "edgebench-worker: " << status << "\n";
  Leave(status.ok() ? EXIT_SUCCESS : EXIT_FAILURE);
}
