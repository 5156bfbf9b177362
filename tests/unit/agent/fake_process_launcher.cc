#include "tests/unit/agent/fake_process_launcher.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/framing.h"

namespace edgebench::agent {
namespace {

struct SocketPair {
  UniqueFd ours, childs;
};

// Sockets instead of pipes, because shutdown(2) wakes whoever blocks on them.
SocketPair MakePair() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

bool FakeChild::Read(v1::WorkerRequest* request) {
  return ReadFrame(requests_.get(), request).ok();
}

void FakeChild::Send(const v1::WorkerMessage& message) {
  WriteFrame(messages_.get(), message).IgnoreError();
}

void FakeChild::Log(absl::string_view text) {
  absl::MutexLock lock(&mutex_);
  log_.append(text.data(), text.size());
}

void FakeChild::Hang() {
  char ignored = 0;
  while (read(requests_.get(), &ignored, 1) > 0) {
  }
}

void FakeChild::Cut() {
  shutdown(requests_.get(), SHUT_RDWR);
  shutdown(messages_.get(), SHUT_RDWR);
}

class FakeProcess final : public Process {
 public:
  FakeProcess(pid_t pid, FakeScript script, std::vector<std::string> argv, SocketPair requests,
              SocketPair messages)
      : pid_(pid),
        requests_(std::move(requests.ours)),
        messages_(std::move(messages.ours)),
        child_(std::move(requests.childs), std::move(messages.childs)),
        thread_([this, script = std::move(script), argv = std::move(argv)] { Run(script, argv); }) {
  }

  ~FakeProcess() override {
    Kill();
    Wait();
  }

  pid_t pid() const override { return pid_; }
  int request_fd() const override { return requests_.get(); }
  int message_fd() const override { return messages_.get(); }
  void CloseRequests() override { requests_.Reset(); }

  absl::Status SetMemoryLimit(int64_t bytes) override {
    child_.memory_limit_ = bytes;
    return absl::OkStatus();
  }

  void Kill() override {
    child_.killed_ = true;
    child_.Cut();
  }

  bool HasEnded() override { return ended_; }

  ExitStatus Wait() override {
    if (thread_.joinable()) thread_.join();
    return status_;
  }

  std::string LogTail() const override {
    absl::MutexLock lock(&child_.mutex_);
    const std::string& log = child_.log_;
    return log.size() > kLogTailBytes ? log.substr(log.size() - kLogTailBytes) : log;
  }

 private:
  void Run(const FakeScript& script, const std::vector<std::string>& argv) {
    status_ = script(child_, argv);
    if (child_.killed_) status_ = DiesOf(SIGKILL);
    ended_ = true;
    child_.Cut();
  }

  const pid_t pid_;
  UniqueFd requests_;
  const UniqueFd messages_;
  FakeChild child_;
  ExitStatus status_;  // written by the thread, read when it has been joined
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

FakeProcessLauncher::FakeProcessLauncher() { signal(SIGPIPE, SIG_IGN); }

void FakeProcessLauncher::Define(const std::string& name, FakeScript script) {
  absl::MutexLock lock(&mutex_);
  scripts_[name] = std::move(script);
}

void FakeProcessLauncher::SetMissing(const std::string& program) {
  absl::MutexLock lock(&mutex_);
  missing_ = program;
}

absl::StatusOr<std::unique_ptr<Process>> FakeProcessLauncher::Launch(
    const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
  absl::MutexLock lock(&mutex_);
  last_environment_ = environment;
  if (argv.at(0) == missing_) return absl::NotFoundError(absl::StrCat("starting ", missing_));
  constexpr pid_t kFirstPid = 1'000'000'000;  // above every pid of Linux
  const pid_t pid = kFirstPid + ++launches_;
  FakeScript script = scripts_.at(argv.size() > 1 ? argv[1] : "");
  return std::unique_ptr<Process>(
      std::make_unique<FakeProcess>(pid, std::move(script), argv, MakePair(), MakePair()));
}

FakeScript FakeWorker(v1::WorkerMessage::Description description, FakeJob run) {
  return [description = std::move(description), run = std::move(run)](
             FakeChild& child, const std::vector<std::string>&) {
    v1::WorkerMessage ready;
    ready.set_ready(true);
    child.Send(ready);
    v1::WorkerRequest request;
    while (child.Read(&request)) {
      if (request.has_run_job()) return run(child, request.run_job());
      v1::WorkerMessage answer;
      *answer.mutable_description() = description;
      child.Send(answer);
    }
    return ExitsWith(0);
  };
}

v1::WorkerMessage StageMessage(v1::Stage stage) {
  v1::WorkerMessage message;
  message.set_stage_entered(stage);
  return message;
}

v1::WorkerMessage ResultMessage(v1::Outcome outcome) {
  v1::WorkerMessage message;
  message.mutable_result()->set_outcome(outcome);
  message.mutable_result()->set_job_peak_rss_bytes(12'345);
  return message;
}

}  // namespace edgebench::agent
