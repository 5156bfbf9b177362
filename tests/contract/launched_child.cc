// The program that process_launcher_contract_test starts: argv[1] says what to do.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace {

constexpr int kRequests = 3;
constexpr int kMessages = 4;

int Echo() {
  char byte = 0;
  while (read(kRequests, &byte, 1) == 1) {
    if (write(kMessages, &byte, 1) != 1) return 1;
  }
  return 0;
}

int Die(int signal) {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  ::signal(signal, SIG_DFL);
  raise(signal);
  return 1;
}

int Log(int lines) {
  for (int line = 0; line < lines; ++line)
    std::fprintf(line % 2 ? stderr : stdout, "line %d\n", line);
  return 0;
}

int Hang() {
  while (true) pause();
}

int PrintDescriptors() {
  std::string open;
  for (int fd = 0; fd < 256; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) open += (open.empty() ? "" : " ") + std::to_string(fd);
  }
  std::printf("%s\n", open.c_str());
  return 0;
}

// Says that it is set up, and waits until it may go on.
void AwaitGo() {
  char byte = 'r';
  if (write(kMessages, &byte, 1) != 1 || read(kRequests, &byte, 1) != 1) std::exit(98);
}

bool CanMap(size_t bytes) {
  return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
         MAP_FAILED;
}

// What a limit of 64 MiB leaves to a process that has mapped more than that
// before, and not used it.
int PrintWhatCanBeMapped() {
  const bool before = CanMap(size_t{256} << 20);
  AwaitGo();
  std::printf("256 MiB before: %d, 32 MiB after: %d, 128 MiB after: %d\n", before,
              CanMap(size_t{32} << 20), CanMap(size_t{128} << 20));
  return 0;
}

int PrintState() {
  AwaitGo();
  rlimit core{};
  getrlimit(RLIMIT_CORE, &core);
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, nullptr, &blocked);
  struct sigaction pipe {};
  sigaction(SIGPIPE, nullptr, &pipe);
  int score = 0;
  std::ifstream("/proc/self/oom_score_adj") >> score;
  std::printf("leads its group: %d\ncore limit: %llu\noom_score_adj: %d\n", getpgrp() == getpid(),
              static_cast<unsigned long long>(core.rlim_cur), score);
  std::printf("SIGTERM blocked: %d\nSIGPIPE ignored: %d\n", sigismember(&blocked, SIGTERM),
              pipe.sa_handler == SIG_IGN);
  return 0;
}

int LeaveOrphan() {
  std::printf("left one behind\n");
  std::fflush(stdout);
  if (fork() == 0) Hang();
  return 0;
}

int Allocate(size_t bytes) {
  std::vector<char> memory(bytes, 1);
  return memory[bytes / 2] == 1 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const std::string mode = argc > 1 ? argv[1] : "";
  const long argument = argc > 2 ? std::atol(argv[2]) : 0;
  if (mode == "echo") return Echo();
  if (mode == "exit") return static_cast<int>(argument);
  if (mode == "die") return Die(static_cast<int>(argument));
  if (mode == "log") return Log(static_cast<int>(argument));
  if (mode == "hang") return Hang();
  if (mode == "descriptors") return PrintDescriptors();
  if (mode == "state") return PrintState();
  if (mode == "map") return PrintWhatCanBeMapped();
  if (mode == "orphan") return LeaveOrphan();
  if (mode == "allocate") return Allocate(static_cast<size_t>(argument));
  return 99;
}
