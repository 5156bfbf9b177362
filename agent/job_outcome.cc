#include "agent/job_outcome.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/quantities.h"

namespace edgebench::agent {
namespace {

struct Ending {
  v1::Outcome outcome;
  std::string message;
};

// As seen from outside; 0 when it is unknown.
int64_t PeakSeen(const AttemptEnd& end) {
  return std::max(end.peak_seen_bytes, end.exit.peak_rss_bytes.value_or(0));
}

std::string PeakText(int64_t peak) {
  return peak > 0 ? absl::StrCat(", peak ", FormatBytes(peak)) : "";
}

// Batch and input do not matter before the model has run.
const char* Remedy(v1::Stage stage) {
  switch (stage) {
    case v1::STAGE_START:
      return "LibTorch alone needs as much; give the job a higher limit";
    case v1::STAGE_LOAD:
      return "the model itself does not fit; give the job a higher limit or a smaller model";
    default:
      return "try a smaller batch or input";
  }
}

std::string OverLimitMessage(const v1::JobSettings& settings, v1::Stage stage, int64_t peak) {
  return absl::StrCat("used more than its limit of ", FormatBytes(settings.memory_limit_bytes()),
                      " in stage ", StageName(stage), PeakText(peak), "; ", Remedy(stage));
}

Ending EndingOfStopped(const AttemptEnd& end, const v1::JobSettings& settings) {
  const std::string stage = StageName(end.last_stage);
  switch (end.stop_reason) {
    case StopReason::kCancelled:
      return {v1::OUTCOME_CANCELLED, absl::StrCat("cancelled in stage ", stage)};
    case StopReason::kDeadline:
      return {v1::OUTCOME_TIMEOUT,
              absl::StrCat("did not end within its deadline of ",
                           absl::FormatDuration(FromProto(settings.deadline())), ", reached stage ",
                           stage, "; give the job a longer deadline")};
    case StopReason::kMemory:
      return {v1::OUTCOME_OOM, OverLimitMessage(settings, end.last_stage, PeakSeen(end))};
    default:
      return {v1::OUTCOME_INTERRUPTED,
              absl::StrCat("the agent was stopped while the job ran (stage ", stage,
                           "); submit it again")};
  }
}

Ending EndingOf(const AttemptEnd& end, const v1::JobSettings& settings) {
  if (end.stop_reason != StopReason::kNone) return EndingOfStopped(end, settings);
  const std::string stage = StageName(end.last_stage);
  if (end.exit.signal == SIGKILL) {
    return {
        v1::OUTCOME_OOM,
        absl::StrCat("the kernel killed the worker in stage ", stage, PeakText(PeakSeen(end)),
                     ": the device most likely ran out of memory; try a smaller batch or input")};
  }
  if (end.exit.signal) {
    return {v1::OUTCOME_CRASH, absl::StrCat("the worker was ended by ",
                                            SignalName(*end.exit.signal), " in stage ", stage)};
  }
  const std::string how =
      end.exit.code ? absl::StrCat("with exit code ", *end.exit.code) : "in an unknown way";
  return {v1::OUTCOME_CRASH,
          absl::StrCat("the worker ended ", how, " and without a result in stage ", stage)};
}

// What the job itself is known to have used at its peak.
int64_t PeakOfJob(const AttemptEnd& end) {
  const int64_t reported = end.result->job_peak_rss_bytes();
  return reported > end.mark_before_bytes ? std::max(reported, end.peak_seen_bytes)
                                          : end.peak_seen_bytes;
}

// The first stage whose peak was above the limit; the last reached when the
// stages' peaks do not tell.
v1::Stage StageAbove(int64_t limit, const v1::JobResult& result) {
  for (const v1::StageReport& stage : result.stages()) {
    if (stage.peak_rss_bytes() > limit) return stage.stage();
  }
  return result.stage();
}

// Turns the result of a job that ended before it could be stopped.
void HoldToLimit(const AttemptEnd& end, const v1::JobSettings& settings, v1::JobResult& result) {
  const int64_t limit = ResidentLimit(settings);
  const int64_t peak = PeakOfJob(end);
  if (result.outcome() != v1::OUTCOME_OK || peak <= limit) return;
  result.set_outcome(v1::OUTCOME_OOM);
  result.set_stage(StageAbove(limit, result));
  result.set_message(OverLimitMessage(settings, result.stage(), peak));
  result.set_peak_rss_bytes(peak);  // of the whole job, because nothing was measured
  result.clear_latency();
  result.clear_validity();
}

}  // namespace

int64_t ResidentLimit(const v1::JobSettings& settings) {
  const int64_t limit = settings.memory_limit_bytes();
  const int64_t most = std::numeric_limits<int64_t>::max() - limit;
  return limit + std::min(settings.model().artifact().size_bytes(), most);
}

v1::JobResult ResultOf(const AttemptEnd& end, const v1::JobSettings& settings) {
  v1::JobResult result;
  if (end.result) {
    result = *end.result;
    if (result.outcome() == v1::OUTCOME_UNSPECIFIED) {
      result.set_outcome(v1::OUTCOME_CRASH);
      result.set_message("the worker sent a result without an outcome");
    }
  } else {
    Ending ending = EndingOf(end, settings);
    result.set_outcome(ending.outcome);
    result.set_message(std::move(ending.message));
    if (end.stop_reason == StopReason::kNone && end.exit.signal) {
      result.set_signal_name(SignalName(*end.exit.signal));
    }
  }
  if (result.stage() == v1::STAGE_UNSPECIFIED) result.set_stage(end.last_stage);
  if (end.result) HoldToLimit(end, settings, result);
  result.set_log_tail(end.log_tail);
  const int64_t peak = PeakSeen(end);
  if (!result.has_job_peak_rss_bytes() && peak > 0) result.set_job_peak_rss_bytes(peak);
  if (!result.has_peak_rss_bytes() && peak > 0) result.set_peak_rss_bytes(peak);
  return result;
}

std::string SignalName(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? absl::StrCat("signal ", signal) : absl::StrCat("SIG", name);
}

std::optional<v1::Optimize> NextOptimize(const AttemptEnd& end, v1::Optimize tried) {
  const bool crashed = end.result
                           ? end.result->outcome() == v1::OUTCOME_CRASH
                           : end.stop_reason == StopReason::kNone && end.exit.signal != SIGKILL;
  const v1::Stage stage = end.result && end.result->stage() != v1::STAGE_UNSPECIFIED
                              ? end.result->stage()
                              : end.last_stage;
  if (!crashed || stage != v1::STAGE_OPTIMIZE) return std::nullopt;
  if (tried == v1::OPTIMIZE_FULL) return v1::OPTIMIZE_FREEZE;
  if (tried == v1::OPTIMIZE_FREEZE) return v1::OPTIMIZE_NONE;
  return std::nullopt;
}

}  // namespace edgebench::agent
