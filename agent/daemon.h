#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/activity.h"
#include "agent/agent_service.h"
#include "agent/artifact_service.h"
#include "agent/artifact_store.h"
#include "agent/device.h"
#include "agent/instance_lock.h"
#include "agent/job_executor.h"
#include "agent/job_queue.h"
#include "agent/memory_meter.h"
#include "agent/options.h"
#include "agent/process_launcher.h"
#include "agent/server.h"
#include "agent/service_manager.h"
#include "agent/stop_signals.h"
#include "agent/torch_facts.h"
#include "agent/wakeup.h"
#include "agent/worker_pool.h"
#include "common/clock.h"
#include "db/job_journal.h"

namespace edgebench::agent {

// The whole agent: makes its parts, runs until it is told to stop, and stops
// them in order. One per process.
class Daemon {
 public:
  // Takes the data folder, opens what is in it and starts to serve.
  //   FAILED_PRECONDITION  the folder or an address is in use; names by whom
  //   errors of JobJournal::Open
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(const Options& options,
                                                       ProcessLauncher& launcher, Clock& clock);

  // Serves until SIGTERM, SIGINT, or until nobody needs the agent any more. Goes
  // on when its terminal is gone.
  void RunUntilStopped();

  const std::vector<ListenAddress>& addresses() const { return server_->addresses(); }

 private:
  Daemon(const Options& options, Clock& clock)
      : options_(options), clock_(clock), activity_(clock, [this] { quiet_.Notify(); }) {}

  absl::Status OpenData(ProcessLauncher& launcher, Clock& clock);
  absl::Status Serve(const std::vector<ListenAddress>& addresses, Clock& clock);
  void Announce();
  // What is done from time to time, and the time until the next of it.
  void DoWhatIsDue();
  absl::Duration UntilNextDue();
  // Tells systemd that we are alive, if the threads that matter are; else false.
  bool FeedWatchdog();
  // Time until nobody will have needed us for --exit-when-idle.
  absl::Duration UntilIdleExit();
  void StopGracefully();
  // Whoever waited for the job that has just ended fetches its result now.
  void AwaitLastCalls();

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  const Options options_;
  Clock& clock_;
  StopSignals signals_;
  Wakeup quiet_;  // the last call in flight has ended
  ServiceManager service_manager_;
  Activity activity_;
  ProcMemoryMeter memory_;
  std::optional<InstanceLock> lock_;
  std::unique_ptr<db::JobJournal> journal_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<TorchFacts> torch_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<JobExecutor> executor_;
  std::unique_ptr<JobQueue> queue_;
  std::unique_ptr<AgentService> agent_service_;
  std::unique_ptr<ArtifactService> artifact_service_;
  std::unique_ptr<Server> server_;
  std::pair<int64_t, int64_t> last_pulse_ = {-1, -1};
  int64_t feed_due_nanos_ = kNever;
  int64_t tidy_due_nanos_ = kNever;
};

}  // namespace edgebench::agent
