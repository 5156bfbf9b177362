#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "controller/connect.h"
#include "controller/exit_code.h"
#include "controller/grid.h"
#include "controller/retry.h"
#include "controller/shared_store.h"
#include "db/result_store.h"

namespace edgebench::controller {

// What became of one cell on one device.
struct CellReport {
  enum class State {
    kNotRun,       // stopped before its turn, or the device was lost
    kMeasured,     // ran to an outcome, which is stored
    kSkipped,      // a smaller one failed already
    kRefused,      // the agent did not accept it
    kLeftRunning,  // submitted; its result is to be fetched later
  };
  std::string device;
  Cell cell;
  State state = State::kNotRun;
  std::string job_id;                          // once submitted; empty when it was refused
  absl::Time submitted_time;                   // when it was recorded
  bool ended = false;                          // the agent has its result, or had it
  std::optional<db::Measurement> measurement;  // kMeasured
  absl::Status status;                         // why it was refused, left or not run
  std::string skipped_because;
};

ExitCode ExitCodeOf(const CellReport& report);

// Hears what happens, from the threads of all devices.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // The cell's turn has come to be sent to the device.
  virtual void OnSubmitting(const CellReport& report) = 0;
  // The device lacks a file of it, its model, its weights or its calibration data, of which so
  // much is sent by now.
  virtual void OnFileSent(const CellReport& report, const std::string& name, int64_t sent_bytes,
                          int64_t total_bytes) = 0;
  // The device has it, and it is followed from now on.
  virtual void OnCellStarted(const CellReport& report) = 0;
  // The agent does not answer, and is called again.
  virtual void OnAgentLost(const std::string& device) = 0;
  virtual void OnEvent(const std::string& device, const v1::JobEvent& event) = 0;
  virtual void OnCellEnded(const CellReport& report) = 0;
};

enum class Stop {
  kNo,
  kLeave,   // stop watching; what was submitted goes on
  kCancel,  // cancel what was submitted, and wait for that
};

// Runs the cells of one device in order. Every job is recorded in the store
// before it is submitted, and every result stored the moment it arrives. One
// job is submitted ahead of the running one, unless the running one's failure
// would rule it out.
class DeviceRun {
 public:
  struct Options {
    std::string run_id;
    db::RunLabels labels = {};  // of the run
    std::string submitter;
    bool is_recorded = false;  // the store has the run: its jobs say of which cell they are
    std::string output_path;   // of a quantize job
    bool overwrite = false;
    RetryPolicy retry;
    // Called when the agent went away in the middle; may bring it back.
    std::function<void(const db::Device&)> on_lost = [](const db::Device&) {};
  };

  // All references outlive the run.
  DeviceRun(ConnectedDevice& device, std::vector<Cell> cells, SharedStore& store,
            RunObserver& observer, Options options);

  // Before Run: a job that was submitted earlier, to be awaited with the others. It is that of
  // one of the cells, where it says of which.
  void Adopt(const db::SubmittedJob& job) ABSL_LOCKS_EXCLUDED(mutex_);

  // Before Run: what was measured earlier of one of the cells.
  void Know(CellReport report);

  // Returns when all cells have ended, or after RequestStop.
  void Run();

  // From any thread, also more than once. Never waits for the device.
  void RequestStop(Stop stop) ABSL_LOCKS_EXCLUDED(mutex_);

  // After Run has returned.
  const std::vector<CellReport>& reports() const { return reports_; }

 private:
  std::optional<size_t> IndexOf(size_t position, int process) const;
  Stop stop() ABSL_LOCKS_EXCLUDED(mutex_);
  void SubmitAhead();
  bool SkipIfRuledOut(CellReport& report);
  bool MayBeRuledOutByUnfinished(const CellReport& report) const;
  bool FailedInAnEarlierProcess(const CellReport& report) const;
  void Submit(size_t index);
  void EndUnsubmitted(CellReport& report, absl::Status why, bool refused);
  absl::Status SubmitRecorded(const CellReport& report);
  absl::Status SendFiles(const CellReport& report);
  absl::Status SendFile(const CellReport& report, const std::string& name, const v1::Digest& digest,
                        const std::string& path);
  void FinishFirst();
  void Leave(CellReport& report, absl::Status why);
  bool AgentForgot(const std::string& job_id);
  bool MayStillArrive(const CellReport& report) const;
  void CancelAsTold() ABSL_LOCKS_EXCLUDED(mutex_);
  std::function<void()> OnLost();
  db::SubmittedJob SubmissionOf(const CellReport& report) const;

  ConnectedDevice& device_;
  SharedStore& store_;
  RunObserver& observer_;
  const Options options_;
  absl::Notification left_;  // by Stop::kLeave: no lost agent is called again
  const RetryPolicy retry_;
  std::vector<CellReport> reports_;
  size_t next_ = 0;
  std::deque<size_t> unfinished_;      // submitted, in order
  std::set<size_t> adopted_;           // of them, those of a recorded run that went before
  std::set<std::string> known_there_;  // ids of jobs that the agent has had for certain
  absl::Status lost_;                  // why nothing more is sent to the device

  absl::Mutex mutex_;
  Stop stop_ ABSL_GUARDED_BY(mutex_) = Stop::kNo;
  std::vector<std::string> submitted_ids_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> to_cancel_ ABSL_GUARDED_BY(mutex_);
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace edgebench::controller
