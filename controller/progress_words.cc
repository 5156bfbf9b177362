#include "controller/progress_words.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace edgebench::controller {

std::string StageWords(v1::Stage stage) {
  switch (stage) {
    case v1::STAGE_START:
      return "starting";
    case v1::STAGE_LOAD:
      return "loading";
    case v1::STAGE_REFERENCE:
      return "fp32 reference";
    case v1::STAGE_CALIBRATE:
      return "calibrating";
    case v1::STAGE_TRAIN:
      return "training";
    case v1::STAGE_QUANTIZE:
      return "quantizing";
    case v1::STAGE_CHECK:
      return "checking";
    case v1::STAGE_RANK:
      return "ranking operators";
    case v1::STAGE_OPTIMIZE:
      return "optimizing";
    case v1::STAGE_WARM_UP:
      return "warming up";
    case v1::STAGE_MEASURE:
      return "measuring";
    case v1::STAGE_SAVE:
      return "saving";
    default:
      return "waiting";
  }
}

std::string ProgressWords(const v1::Progress& progress) {
  std::string words;
  if (progress.samples() > 0) absl::StrAppend(&words, ", ", progress.samples(), " samples");
  if (progress.has_step()) absl::StrAppend(&words, ", step ", progress.step());
  if (progress.has_loss()) absl::StrAppendFormat(&words, ", loss %.3g", progress.loss());
  if (progress.has_relative_ci())
    absl::StrAppendFormat(&words, " ± %.1f %%", 100 * progress.relative_ci());
  if (progress.has_fraction())
    absl::StrAppendFormat(&words, ", %.0f %%", 100 * progress.fraction());
  return words;
}

std::string ShortDuration(int64_t nanos) {
  const int64_t seconds = nanos / 1'000'000'000;
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) return absl::StrFormat("%d min %02d s", seconds / 60, seconds % 60);
  return absl::StrFormat("%d h %02d min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace edgebench::controller
