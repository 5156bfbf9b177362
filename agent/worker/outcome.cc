#include "agent/worker/outcome.h"

#include "absl/strings/str_cat.h"
#include "common/names.h"
#include "common/precisions.h"
#include "common/quantities.h"

namespace edgebench::worker {
namespace {

// Measuring needs as much memory wherever the file was made.
bool IsOnTheWay(v1::Stage stage, const v1::JobSettings& settings) {
  const bool measures = stage == v1::STAGE_WARM_UP || stage == v1::STAGE_MEASURE;
  return IsQuantizing(settings.precision()) && !measures && ComesBefore(v1::STAGE_REFERENCE, stage);
}

std::string SmallerJob(const v1::JobSettings& settings) {
  if (settings.batch() > 1) {
    return absl::StrCat("try a --batch below ", settings.batch());
  }
  if (settings.image_size() > 1) {
    return absl::StrCat("try an --image-size below ", settings.image_size());
  }
  if (settings.seq_len() > 1) {
    return absl::StrCat("try a --seq-len below ", settings.seq_len());
  }
  if (settings.frames() > 1) {
    return absl::StrCat("try --frames below ", settings.frames());
  }
  return "choose a smaller model or raise the agent's --job-memory";
}

std::string Remedy(v1::Stage stage, const v1::JobSettings& settings) {
  if (stage == v1::STAGE_LOAD || stage == v1::STAGE_START) {
    return "the model itself does not fit; choose a smaller model or raise the agent's "
           "--job-memory";
  }
  std::string remedy = SmallerJob(settings);
  if (IsOnTheWay(stage, settings)) {
    absl::StrAppend(&remedy, ", or quantize on a device with more memory and bench the file here");
  }
  return remedy;
}

}  // namespace

v1::Outcome OutcomeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return v1::OUTCOME_OK;
    case absl::StatusCode::kInvalidArgument:
      return v1::OUTCOME_INVALID_MODEL;
    case absl::StatusCode::kUnimplemented:
      return v1::OUTCOME_UNSUPPORTED;
    case absl::StatusCode::kResourceExhausted:
      return v1::OUTCOME_OOM;
    default:
      return v1::OUTCOME_CRASH;
  }
}

std::string OutOfMemoryMessage(const std::string& detail, v1::Stage stage,
                               std::optional<int64_t> peak_bytes, const v1::JobSettings& settings) {
  std::string message = absl::StrCat("out of memory in stage ", StageName(stage));
  if (!detail.empty()) absl::StrAppend(&message, ": ", detail);
  if (peak_bytes.has_value()) {
    absl::StrAppend(&message, "; ", FormatBytes(*peak_bytes), " were resident at the peak");
    if (settings.has_memory_limit_bytes()) {
      absl::StrAppend(&message, ", the limit is ", FormatBytes(settings.memory_limit_bytes()));
    }
  }
  absl::StrAppend(&message, "; ", Remedy(stage, settings));
  return message;
}

}  // namespace edgebench::worker
