#include "agent/daemon.h"

#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "agent/free_memory.h"
#include "agent/telemetry/device_channels.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "spdlog/spdlog.h"

namespace edgebench::agent {
namespace {

// Time for watchers to be told of the last event.
constexpr absl::Duration kCallGrace = absl::Seconds(2);
// Between two calls of a client that fetches a result.
constexpr absl::Duration kQuietTime = absl::Seconds(1);
constexpr absl::Duration kSelfCheckTimeout = absl::Seconds(5);
// After the last call, until memory is given back: gRPC frees some of it late.
constexpr absl::Duration kTidyDelay = absl::Seconds(1);

// Readable or not, when poll returns.
struct Ready {
  bool first = false, second = false;
};

Ready WaitFor(int first_fd, int second_fd, absl::Duration timeout) {
  std::array<pollfd, 2> fds = {pollfd{first_fd, POLLIN, 0}, pollfd{second_fd, POLLIN, 0}};
  if (poll(fds.data(), fds.size(), PollTimeout(timeout)) <= 0) return {};
  return {(fds[0].revents & POLLIN) != 0, (fds[1].revents & POLLIN) != 0};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(const Options& options,
                                                      ProcessLauncher& launcher, Clock& clock) {
  umask(077);  // sockets, models and results are the user's own business
  std::vector<ListenAddress> addresses;
  for (const std::string& text : options.listen) {
    EDGEBENCH_ASSIGN_OR_RETURN(ListenAddress address, ParseListenAddress(text));
    EDGEBENCH_RETURN_IF_ERROR(CheckPlaintextAllowed(address, options.insecure));
    addresses.push_back(std::move(address));
  }
  std::unique_ptr<Daemon> daemon(new Daemon(options, clock));
  EDGEBENCH_RETURN_IF_ERROR(daemon->OpenData(launcher, clock));
  EDGEBENCH_RETURN_IF_ERROR(daemon->Serve(addresses, clock));
  daemon->Announce();
  return daemon;
}

absl::Status Daemon::OpenData(ProcessLauncher& launcher, Clock& clock) {
  const std::string& folder = options_.data_folder;
  EDGEBENCH_RETURN_IF_ERROR(MakeDirectories(folder, 0700));
  EDGEBENCH_ASSIGN_OR_RETURN(
      lock_, InstanceLock::Acquire(folder + "/lock", absl::StrCat("the data folder ", folder)));
  EDGEBENCH_ASSIGN_OR_RETURN(journal_, db::JobJournal::Open(folder + "/journal.db"));
  EDGEBENCH_ASSIGN_OR_RETURN(
      artifacts_, ArtifactStore::Open({.folder = folder + "/artifacts",
                                       .max_bytes = options_.cache_bytes,
                                       .pinned = [this] { return journal_->PinnedArtifacts(); }}));
  pool_ = std::make_unique<WorkerPool>(
      launcher, clock, WorkerPool::Options{options_.worker_path, options_.keep_worker});
  torch_ = std::make_unique<TorchFacts>(*pool_, memory_, clock,
                                        TorchFacts::Options{folder + "/torch-facts", ""});
  device_ = std::make_unique<Device>(
      *torch_, clock,
      Device::Options{
          .name = options_.name,
          .root = "",
          .data_folder = folder,
          .job_memory_bytes = options_.job_memory_bytes,
          .cache_bytes = options_.cache_bytes,
          .power_source = [this] { return NameOfPowerSource(options_.power, "cpu", clock_); }});
  return absl::OkStatus();
}

absl::Status Daemon::Serve(const std::vector<ListenAddress>& addresses, Clock& clock) {
  executor_ = std::make_unique<JobExecutor>(JobExecutor::Dependencies{
      *pool_, *artifacts_, memory_, clock, [this] { return device_->CurrentEnvironment(); },
      [](pid_t worker) { return DeviceChannels("", worker); },
      /*root=*/"",
      JobPower{[this](const std::string& target) {
                 return OpenPowerSource(options_.power, target, clock_);
               },
               options_.power_idle}});
  queue_ = std::make_unique<JobQueue>(JobQueue::Dependencies{*journal_, *executor_, *pool_, clock},
                                      JobQueue::Options{options_.max_queued});
  agent_service_ = std::make_unique<AgentService>(
      AgentService::Dependencies{*queue_, *journal_, *device_, *artifacts_, activity_});
  artifact_service_ = std::make_unique<ArtifactService>(*artifacts_, activity_);
  EDGEBENCH_ASSIGN_OR_RETURN(
      server_,
      Server::Start(addresses,
                    {{v1::AgentService::service_full_name(), agent_service_.get()},
                     {v1::ArtifactService::service_full_name(), artifact_service_.get()}}));
  return queue_->Start();
}

void Daemon::Announce() {
  std::vector<std::string> names;
  for (const ListenAddress& address : server_->addresses()) names.push_back(address.ToString());
  // One write, so that whoever waits for the line never sees half of it.
  std::cerr << absl::StrCat("edgebench-agent ready on ", absl::StrJoin(names, " "), "\n")
            << std::flush;
  service_manager_.Ready();
}

void Daemon::RunUntilStopped() {
  if (service_manager_.watchdog_period() != absl::InfiniteDuration()) feed_due_nanos_ = 0;
  while (true) {
    const Ready ready = WaitFor(signals_.fd(), quiet_.fd(), UntilNextDue());
    if (ready.first) {
      spdlog::info("stopping: {}", signals_.Next());
      break;
    }
    if (ready.second && quiet_.Wait(absl::ZeroDuration())) {
      tidy_due_nanos_ = clock_.NowNanos() + absl::ToInt64Nanoseconds(kTidyDelay);
    }
    if (UntilIdleExit() <= absl::ZeroDuration()) {
      spdlog::info("stopping: not needed for {}", absl::FormatDuration(options_.exit_when_idle));
      break;
    }
    DoWhatIsDue();
  }
  StopGracefully();
}

absl::Duration Daemon::UntilNextDue() {
  const int64_t due = std::min(feed_due_nanos_, tidy_due_nanos_);
  const absl::Duration until_due =
      due == kNever ? absl::InfiniteDuration() : absl::Nanoseconds(due - clock_.NowNanos());
  return std::min(until_due, UntilIdleExit());
}

void Daemon::DoWhatIsDue() {
  const int64_t now = clock_.NowNanos();
  if (now >= feed_due_nanos_) {
    const bool well = FeedWatchdog();
    feed_due_nanos_ = now + absl::ToInt64Nanoseconds(service_manager_.UntilNextCheck(well));
  }
  if (now >= tidy_due_nanos_) {
    ReturnFreeMemory();
    tidy_due_nanos_ = kNever;
  }
}

absl::Duration Daemon::UntilIdleExit() {
  if (options_.exit_when_idle <= absl::ZeroDuration()) return absl::InfiniteDuration();
  if (!queue_->Idle()) return options_.exit_when_idle;
  return options_.exit_when_idle - activity_.IdleTime();
}

bool Daemon::FeedWatchdog() {
  const auto pulse = queue_->Pulse();
  const bool queue_alive = pulse != last_pulse_;
  last_pulse_ = pulse;
  // Asks for a job that cannot exist: the answer comes through the server's
  // threads and the journal. It counts as a call: a watched agent is never idle.
  const auto stub = v1::AgentService::NewStub(server_->InProcessChannel());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoMilliseconds(kSelfCheckTimeout));
  v1::GetJobResponse response;
  const grpc::Status status = stub->GetJob(&context, {}, &response);
  const bool server_alive = status.error_code() == grpc::StatusCode::NOT_FOUND;
  if (queue_alive && server_alive) {
    service_manager_.Alive();
    return true;
  }
  spdlog::error("not well: queue {}, server {}", queue_alive ? "alive" : "stuck",
                status.error_message());
  return false;
}

void Daemon::StopGracefully() {
  service_manager_.Stopping();
  server_->AnnounceEnd();
  const bool had_jobs = !queue_->Idle();
  queue_->BeginStop();
  if (WaitFor(signals_.fd(), queue_->ended_fd(), options_.grace).first) {
    spdlog::info("told again ({}): the running job is ended now", signals_.Next());
  }
  torch_->Stop();
  queue_->EndNow();
  if (had_jobs) AwaitLastCalls();
  server_->Shutdown(kCallGrace);
}

void Daemon::AwaitLastCalls() {
  const int64_t until = clock_.NowNanos() + absl::ToInt64Nanoseconds(kCallGrace);
  while (activity_.IdleTime() < kQuietTime && clock_.NowNanos() < until) {
    absl::SleepFor(kQuietTime / 10);
  }
}

}  // namespace edgebench::agent
