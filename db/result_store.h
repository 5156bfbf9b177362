#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/process_stats.h"
#include "db/database.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::db {

// A device as the user added it. `local` always exists.
struct Device {
  std::string name;
  std::string address;  // "unix:/path" or "host:port"; empty for local
  absl::Time added_time;
};

// A job this controller submitted.
struct SubmittedJob {
  std::string job_id;
  std::string device;
  std::string address;  // where it was sent
  std::string run_id;   // one call of the command line
  v1::JobSettings settings;
  absl::Time submitted_time;
  // "pending" until the result is stored, then the outcome's name; "lost" when
  // the agent no longer knows the job.
  std::string status;
  std::string output_path;  // where quantize was told to write; may be empty
  bool overwrite = false;   // whether another file that is there may be replaced
  // Of a recorded run: which of the device's cells it measures, and as which process, from 1.
  std::optional<int> cell_position = {};
  std::optional<int> process = {};
};

// What people call a run by, each of which may be empty, and what it was for.
struct RunLabels {
  std::string name;  // of the plan
  std::string note;
  std::vector<std::string> tags;  // each once, sorted
  bool trial = false;             // only to try a plan
};

// What one call was to measure, recorded before it began, so that it can go on after whatever
// cut it off.
struct RecordedRun {
  struct Cell {
    v1::JobSettings settings;                                // as asked
    int processes = 1;                                       // fresh ones
    std::string model_path, calibration_path, weights_path;  // absolute; empty: no such file
  };
  struct OnDevice {
    std::string device, address;
    std::vector<Cell> cells;  // their positions are their order
  };
  std::string id;
  absl::Time started_time;
  RunLabels labels = {};
  std::vector<OnDevice> devices;
  bool finished = false;
};

// How long a job took, and what it was.
struct JobDuration {
  v1::JobSettings settings;  // as run
  absl::Duration duration;   // on the agent, from its start to its end
  std::vector<v1::StageReport> stages;
  std::optional<double> median_ns;
  std::optional<int64_t> flops, parameters;
  bool trial = false;  // of a run that only tried a plan
};

// A measurement, joined with what it belongs to. A cell that was measured in several
// processes is one measurement: see MergeProcesses.
struct Measurement {
  int64_t id = 0;
  std::string job_id, run_id, device;
  absl::Time stored_time;
  RunLabels labels = {};  // of the run
  // The whole result as the agent sent it, raw samples included.
  v1::JobResult result;
  // The measured samples of each process.
  ProcessSamples processes;
  // Derived from them.
  LatencySummary latency;
};

// The measurement of one job.
Measurement MeasurementOfJob(const SubmittedJob& job, const v1::JobResult& result,
                             absl::Time stored_time);

// One measurement of those that several fresh processes made of one cell, which are at least
// one, in the order they were stored.
//   result      of the first process that ended ok, else of the last one; peaks of memory are the
//               highest of all, and notes those of all
//   cold        each part the median over the processes
//   throughput, energy  the means over the processes, with the t interval of what differs between
//               them where that is wider than their own
//   validity    the reasons of all, each code once. Whether the goal of the interval was met is
//               judged anew, over all samples: "unconverged". "incomplete" where some ended ok
//               and others did not.
//   id, stored_time  of the last
Measurement MergeProcesses(std::vector<Measurement> of_one_cell);

struct MeasurementFilter {
  // Empty: any. Otherwise one of these.
  std::vector<std::string> models, devices, precisions, kinds, tags;
  std::optional<std::string> run_id;
  std::optional<std::string> job_id;       // its own result, without other processes of the cell
  std::optional<absl::Time> since, until;  // when it was stored; until: before
  bool valid_only = false;                 // that ended ok, with no reason to doubt the figures
  // Only the newest of every cell (device, model and its digest, precision,
  // target, engine, threads, batch, image size, sequence length, optimization),
  // without those that were cancelled or interrupted. What only tried a plan is
  // older than anything else.
  // Of a cell that was measured in several processes, all of that run.
  bool latest_per_cell = false;
  int limit = 0;  // of measurements; 0: all
};

// INVALID_ARGUMENT: the name is not [A-Za-z0-9._-]{1,64}, or is "local".
absl::Status CheckDeviceName(const std::string& name);

// The controller's results. One connection; not thread-safe. Several
// controllers may use one file at once.
class ResultStore {
 public:
  // The newest schema that this program reads and writes.
  static int SchemaVersion();

  // Errors of Database::Open.
  static absl::StatusOr<std::unique_ptr<ResultStore>> Open(const std::string& path);
  // Errors of Database::OpenReadOnly. What writes answers PERMISSION_DENIED.
  static absl::StatusOr<std::unique_ptr<ResultStore>> OpenReadOnly(const std::string& path);

  // ALREADY_EXISTS: the name is taken. INVALID_ARGUMENT: the name is not
  // [A-Za-z0-9._-]{1,64}, or is "local".
  absl::Status AddDevice(const Device& device);
  // What AddDevice would answer; nothing is added.
  absl::Status CheckNewDevice(const std::string& name);
  // NOT_FOUND. Results of the device stay.
  absl::Status RemoveDevice(const std::string& name);
  absl::StatusOr<Device> GetDevice(const std::string& name);
  absl::StatusOr<std::vector<Device>> ListDevices();  // without local, by name
  // Of the devices that are listed or have results, which a removed one keeps.
  absl::StatusOr<std::vector<std::string>> NamesOfKnownDevices();

  // Of the models that have results, files by their file name, by name.
  absl::StatusOr<std::vector<std::string>> NamesOfKnownModels();

  // Written before the job is submitted, so that no result is ever orphaned.
  absl::Status RecordSubmission(const SubmittedJob& job);
  absl::StatusOr<std::vector<SubmittedJob>> PendingJobs();
  // Jobs whose result is stored here and may still be kept by the agent.
  absl::StatusOr<std::vector<SubmittedJob>> UnacknowledgedJobs();
  // The agent knows that the result is stored. NOT_FOUND.
  absl::Status MarkAcknowledged(const std::string& job_id);
  absl::StatusOr<std::vector<SubmittedJob>> ListJobs(int limit);  // newest first
  // NOT_FOUND.
  absl::StatusOr<SubmittedJob> GetJob(const std::string& job_id);
  // Removes a submission that the agent refused, or marks it lost.
  absl::Status ForgetSubmission(const std::string& job_id);
  absl::Status MarkLost(const std::string& job_id);

  // ALREADY_EXISTS.
  absl::Status RecordRun(const RecordedRun& run);
  // NOT_FOUND, also for a run from before runs were recorded, or of another command than bench.
  absl::StatusOr<RecordedRun> GetRun(const std::string& id);
  // The id of the recorded run whose id begins so. NOT_FOUND where there is none, or several.
  absl::StatusOr<std::string> FindRecordedRun(const std::string& beginning);
  // The newest that has not finished: cut off, or going on. Empty where there is none.
  absl::StatusOr<std::string> NewestUnfinishedRun();
  // A run without any job is forgotten.
  absl::Status FinishRun(const std::string& id, absl::Time now);
  absl::StatusOr<std::vector<SubmittedJob>> JobsOfRun(const std::string& id);

  // Of benchmarks on a device that ended well, newest first; limit 0: all.
  absl::StatusOr<std::vector<JobDuration>> RecentDurations(const std::string& device, int limit);

  // Puts energies into the stored results of jobs, in place of what they have: into all of them
  // or, where one fails, into none.
  // NOT_FOUND  no result of a job is stored here
  absl::Status SetEnergy(const std::map<std::string, v1::Energy>& by_job);

  // Stores a result, all of it in one transaction. True when it is new, false
  // when this job's result was stored before (nothing changes then).
  //   NOT_FOUND  the job was not submitted from this database
  absl::StatusOr<bool> StoreResult(const v1::JobResult& result, absl::Time now);

  // By the time they were stored, oldest first. Benchmarks of one cell in one run are one
  // measurement, as processes of it.
  absl::StatusOr<std::vector<Measurement>> Measurements(const MeasurementFilter& filter);

  // Of runs with results, the newest first.
  absl::StatusOr<std::vector<std::string>> RunIds();

  // Of the runs, by name.
  absl::StatusOr<std::vector<std::string>> NamesOfKnownTags();

 private:
  explicit ResultStore(std::unique_ptr<Database> database);
  absl::StatusOr<std::vector<SubmittedJob>> JobsWhere(const char* condition);
  // The first column of all rows.
  absl::StatusOr<std::vector<std::string>> Texts(const char* query);

  std::unique_ptr<Database> database_;
};

}  // namespace edgebench::db
