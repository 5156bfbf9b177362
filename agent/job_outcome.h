#pragma once

#include <optional>
#include <string>

#include "agent/job_guard.h"
#include "agent/process_launcher.h"
#include "edgebench/v1/job.pb.h"
#include "edgebench/v1/result.pb.h"

namespace edgebench::agent {

// What the daemon saw of one worker that ran a job.
struct AttemptEnd {
  // As the worker sent it; absent when it ended without one.
  std::optional<v1::JobResult> result;
  StopReason stop_reason = StopReason::kNone;
  ExitStatus exit;
  v1::Stage last_stage = v1::STAGE_START;
  int64_t peak_seen_bytes = 0;  // by the guard
  // The worker's high-water mark when it was given the job: a mark that is no
  // higher at the end tells nothing of the job.
  int64_t mark_before_bytes = 0;
  std::string log_tail;
  bool heard_from = false;  // it sent a message after it was given the job
};

// How much a job's worker may have resident and swapped: its memory limit, and the size
// of its model's file, which the worker may map. The kernel takes such pages back when it
// must, so a limit that counted them would end jobs that fit; what a job allocates,
// RLIMIT_DATA holds to the limit itself (ADR 5).
int64_t ResidentLimit(const v1::JobSettings& settings);

// The result of an attempt: the worker's own where it sent one, otherwise what
// its end means. The only place that turns ends into outcomes.
//   stopped by the daemon     cancelled, timeout, oom (memory), interrupted (shutdown)
//   SIGKILL not by us         oom: the kernel's out-of-memory killer
//   another signal            crash, with the signal's name
//   any exit code             crash: it ended without a result
// The memory limit is strict: a worker's "ok" becomes oom, without a latency,
// when the guard saw more than ResidentLimit, or when the peak that the worker
// reports (job_peak_rss_bytes) is above both that and mark_before_bytes.
v1::JobResult ResultOf(const AttemptEnd& end, const v1::JobSettings& settings);

// "SIGSEGV"; "signal 42" for one without a name.
std::string SignalName(int signal);

// What to try next when optimizing a model ended its worker: FULL -> FREEZE ->
// NONE, nullopt when nothing is left or something else was at fault.
std::optional<v1::Optimize> NextOptimize(const AttemptEnd& end, v1::Optimize tried);

}  // namespace edgebench::agent
