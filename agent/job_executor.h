#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/artifact_store.h"
#include "agent/job_guard.h"
#include "agent/job_outcome.h"
#include "agent/memory_meter.h"
#include "agent/power/job_energy.h"
#include "agent/telemetry/measuring_watch.h"
#include "agent/worker_pool.h"
#include "common/clock.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::agent {

// Runs one job in a worker and says what came of it. Policy only: which
// attempts are made, what is passed on, what the end means.
class JobExecutor {
 public:
  // All must outlive the executor.
  struct Dependencies {
    WorkerPool& pool;
    ArtifactStore& artifacts;
    MemoryMeter& memory;
    Clock& clock;
    // Everything that could change a number, as it is now.
    std::function<v1::Environment()> environment;
    // What is sampled while a worker measures.
    MakeChannels channels;
    std::string root;  // before /proc and /sys; "" but in tests
    // Of benchmarks; without `open` their energy is not measured.
    JobPower power = {};
  };
  // Receives stage, progress and warning events, without offset and time.
  using EventSink = std::function<void(v1::JobEvent)>;

  explicit JobExecutor(Dependencies dependencies) : deps_(std::move(dependencies)) {}

  // Blocks until the job has ended; whatever goes wrong is in the result. The
  // worker may still be on its way out when this returns: FinishJob waits.
  v1::JobResult Run(const v1::Job& job, JobControl& control, const EventSink& emit);

  // To be called when the result has been recorded. Reaps the worker, so that the
  // next job has the device alone, and leaves the output to the journal's care.
  void FinishJob();

 private:
  struct Attempt;
  // The energy of this job, the idle device measured; nullptr where it is not asked for.
  std::unique_ptr<JobEnergy> BeginEnergy(const v1::JobSettings& settings, JobControl& control);
  AttemptEnd RunAttempt(const Attempt& attempt, std::unique_ptr<Worker> worker);
  void Converse(const Attempt& attempt, Worker& worker, AttemptEnd& end);
  AttemptEnd RunAttempts(Attempt& attempt, std::vector<std::string>& notes);
  v1::JobResult RunToResult(Attempt& attempt, std::vector<std::string>& notes);
  v1::JobResult RunColdStart(Attempt& attempt, std::vector<std::string>& notes);
  absl::Status ResolveFiles(const v1::JobSettings& settings, v1::WorkerRequest::RunJob& request);
  void KeepOutput(const std::string& path, v1::JobResult& result);

  Dependencies deps_;
  std::unique_ptr<Worker> finished_worker_;
  std::optional<v1::Digest> kept_output_;
};

}  // namespace edgebench::agent
