#include "tests/unit/worker/worker_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "common/framing.h"

namespace edgebench::worker {
namespace {

// Beyond the numbers that the worker gives to its pipes.
constexpr int kFirstFreeFd = 10;

struct Pipe {
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    read.Reset(fcntl(ends[0], F_DUPFD_CLOEXEC, kFirstFreeFd));
    write.Reset(fcntl(ends[1], F_DUPFD_CLOEXEC, kFirstFreeFd));
    close(ends[0]);
    close(ends[1]);
  }
  UniqueFd read, write;
};

}  // namespace

WorkerProcess::WorkerProcess(const std::string& binary) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe requests, messages;
  output_.Reset(memfd_create("worker output", MFD_CLOEXEC));
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output_.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, output_.get(), 2);
  posix_spawn_file_actions_adddup2(&actions, requests.read.get(), 3);
  posix_spawn_file_actions_adddup2(&actions, messages.write.get(), 4);
  char* const argv[] = {const_cast<char*>(binary.c_str()), nullptr};
  if (posix_spawn(&pid_, binary.c_str(), &actions, nullptr, argv, environ) != 0) std::abort();
  posix_spawn_file_actions_destroy(&actions);
  requests_ = std::move(requests.write);
  messages_ = std::move(messages.read);
}

WorkerProcess::~WorkerProcess() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  Wait();
}

bool WorkerProcess::Send(const v1::WorkerRequest& request) {
  return WriteFrame(requests_.get(), request).ok();
}

std::optional<v1::WorkerMessage> WorkerProcess::Receive() {
  v1::WorkerMessage message;
  if (!ReadFrame(messages_.get(), &message).ok()) return std::nullopt;
  return message;
}

std::optional<v1::JobResult> WorkerProcess::ReceiveResult() {
  while (const std::optional<v1::WorkerMessage> message = Receive()) {
    if (message->has_result()) return message->result();
  }
  return std::nullopt;
}

int WorkerProcess::Wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

std::string WorkerProcess::Output() {
  std::string text;
  char block[4096];
  for (off_t offset = 0;;) {
    const ssize_t bytes = pread(output_.get(), block, sizeof block, offset);
    if (bytes <= 0) return text;
    text.append(block, static_cast<size_t>(bytes));
    offset += bytes;
  }
}

}  // namespace edgebench::worker
