#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "controller/connect.h"
#include "controller/run_view.h"
#include "controller/session.h"

namespace edgebench::controller {

// What a device's agent is busy with, followed in a thread of its own: an agent that is far away or
// gone holds nobody up. Only looks: the jobs are those of whoever runs them.
class DeviceWatch {
 public:
  DeviceWatch(AgentConnector& connector, db::Device device);
  ~DeviceWatch();
  DeviceWatch(const DeviceWatch&) = delete;
  DeviceWatch& operator=(const DeviceWatch&) = delete;

  // "resnet18 int8-static: measuring, 45 %", "does not answer"; empty: it is idle.
  std::string Now() ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Follow();
  absl::Status FollowRunningJob(AgentClient& client);
  void Say(std::string text) ABSL_LOCKS_EXCLUDED(mutex_);
  bool WaitToGoOn() ABSL_LOCKS_EXCLUDED(mutex_);

  AgentConnector& connector_;
  const db::Device device_;
  absl::Mutex mutex_;
  std::string now_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  AgentClient* client_ ABSL_GUARDED_BY(mutex_) = nullptr;  // while a call may be under way
  std::thread thread_;
};

// A recorded run as it is in the database, and what its devices do.
class RunWatch {
 public:
  // NOT_FOUND: no such run was recorded.
  static absl::StatusOr<RunWatch> Begin(Session& session, SharedStore& store, std::string run_id);

  // As it is now. Reads only what is new.
  absl::StatusOr<RunView> Look();

 private:
  RunWatch(Session& session, SharedStore& store, db::RecordedRun run);
  absl::Status ReadEnded();

  Session& session_;
  SharedStore& store_;
  db::RecordedRun run_;
  std::vector<std::unique_ptr<DeviceWatch>> devices_;  // as in run_
  std::map<std::string, std::string> known_;           // status of jobs that were looked at
  std::vector<RunView::Ended> ended_;
  struct Totals {
    int ended = 0;
    absl::Duration taken;
    std::optional<double> celsius;
  };
  std::map<std::string, Totals> totals_;  // by device
};

}  // namespace edgebench::controller
