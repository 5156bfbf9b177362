#include "common/names.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/suggest.h"

namespace edgebench {
namespace {

template <typename Enum>
struct Named {
  Enum value;
  const char* name;
};

constexpr Named<v1::Precision> kPrecisions[] = {
    {v1::PRECISION_FP32, "fp32"},
    {v1::PRECISION_FP16, "fp16"},
    {v1::PRECISION_BF16, "bf16"},
    {v1::PRECISION_INT8_DYNAMIC, "int8-dynamic"},
    {v1::PRECISION_INT8_STATIC, "int8-static"},
    {v1::PRECISION_INT8_WEIGHT_ONLY, "int8-weight-only"},
    {v1::PRECISION_INT8_QAT, "int8-qat"},
    {v1::PRECISION_AS_STORED, "as-stored"},
};

constexpr Named<v1::Scenario> kScenarios[] = {
    {v1::SCENARIO_STEADY, "steady"},       {v1::SCENARIO_COLD, "cold"},
    {v1::SCENARIO_SUSTAINED, "sustained"}, {v1::SCENARIO_THROUGHPUT, "throughput"},
    {v1::SCENARIO_SERVER, "server"},
};

constexpr Named<v1::HugePages> kHugePages[] = {
    {v1::HUGE_PAGES_ON, "on"},
    {v1::HUGE_PAGES_OFF, "off"},
};

constexpr Named<v1::Optimize> kOptimizes[] = {
    {v1::OPTIMIZE_NONE, "none"},
    {v1::OPTIMIZE_FREEZE, "freeze"},
    {v1::OPTIMIZE_FULL, "full"},
};

constexpr Named<v1::JobKind> kJobKinds[] = {
    {v1::JOB_KIND_QUANTIZE, "quantize"}, {v1::JOB_KIND_BENCHMARK, "benchmark"},
    {v1::JOB_KIND_EVALUATE, "evaluate"}, {v1::JOB_KIND_PROFILE, "profile"},
    {v1::JOB_KIND_INSPECT, "inspect"},   {v1::JOB_KIND_ROOFLINE, "roofline"},
};

constexpr Named<v1::JobState> kJobStates[] = {
    {v1::JOB_STATE_QUEUED, "QUEUED"},       {v1::JOB_STATE_RUNNING, "RUNNING"},
    {v1::JOB_STATE_SUCCEEDED, "SUCCEEDED"}, {v1::JOB_STATE_FAILED, "FAILED"},
    {v1::JOB_STATE_CANCELLED, "CANCELLED"}, {v1::JOB_STATE_INTERRUPTED, "INTERRUPTED"},
};

// In the order in which a job passes them, which is not that of their numbers.
constexpr Named<v1::Stage> kStages[] = {
    {v1::STAGE_START, "start"},         {v1::STAGE_LOAD, "load"},
    {v1::STAGE_REFERENCE, "reference"}, {v1::STAGE_CALIBRATE, "calibrate"},
    {v1::STAGE_TRAIN, "train"},         {v1::STAGE_QUANTIZE, "quantize"},
    {v1::STAGE_CHECK, "check"},         {v1::STAGE_RANK, "rank"},
    {v1::STAGE_OPTIMIZE, "optimize"},   {v1::STAGE_WARM_UP, "warm-up"},
    {v1::STAGE_MEASURE, "measure"},     {v1::STAGE_SAVE, "save"},
};

constexpr Named<v1::Outcome> kOutcomes[] = {
    {v1::OUTCOME_OK, "ok"},
    {v1::OUTCOME_OOM, "oom"},
    {v1::OUTCOME_CRASH, "crash"},
    {v1::OUTCOME_TIMEOUT, "timeout"},
    {v1::OUTCOME_UNSUPPORTED, "unsupported"},
    {v1::OUTCOME_INVALID_MODEL, "invalid_model"},
    {v1::OUTCOME_CANCELLED, "cancelled"},
    {v1::OUTCOME_INTERRUPTED, "interrupted"},
};

constexpr Named<v1::RooflinePeaks::Quantity> kPeakQuantities[] = {
    {v1::RooflinePeaks::QUANTITY_FP32, "fp32"},
    {v1::RooflinePeaks::QUANTITY_INT8, "int8"},
    {v1::RooflinePeaks::QUANTITY_BANDWIDTH, "bandwidth"},
};

template <typename Enum, size_t kSize>
std::string NameOf(const Named<Enum> (&table)[kSize], Enum value) {
  for (const auto& row : table) {
    if (row.value == value) return row.name;
  }
  return "";
}

template <typename Enum, size_t kSize>
std::vector<std::string> NamesOf(const Named<Enum> (&table)[kSize]) {
  std::vector<std::string> names;
  for (const auto& row : table) names.push_back(row.name);
  return names;
}

template <typename Enum, size_t kSize>
absl::StatusOr<Enum> Parse(const Named<Enum> (&table)[kSize], absl::string_view what,
                           absl::string_view name) {
  for (const auto& row : table) {
    if (name == row.name) return row.value;
  }
  const std::vector<std::string> names = NamesOf(table);
  return absl::InvalidArgumentError(absl::StrCat("there is no ", what, " \"", name, "\".",
                                                 DidYouMean(name, names),
                                                 " Allowed: ", absl::StrJoin(names, ", ")));
}

}  // namespace

std::string PrecisionName(v1::Precision precision) { return NameOf(kPrecisions, precision); }
std::string ScenarioName(v1::Scenario scenario) { return NameOf(kScenarios, scenario); }
std::string HugePagesName(v1::HugePages huge_pages) { return NameOf(kHugePages, huge_pages); }
std::string OptimizeName(v1::Optimize optimize) { return NameOf(kOptimizes, optimize); }
std::string JobKindName(v1::JobKind kind) { return NameOf(kJobKinds, kind); }
std::string JobStateName(v1::JobState state) { return NameOf(kJobStates, state); }
std::string StageName(v1::Stage stage) { return NameOf(kStages, stage); }
std::string OutcomeName(v1::Outcome outcome) { return NameOf(kOutcomes, outcome); }
std::string PeakQuantityName(v1::RooflinePeaks::Quantity quantity) {
  return NameOf(kPeakQuantities, quantity);
}

bool ComesBefore(v1::Stage earlier, v1::Stage later) {
  const auto position = [](v1::Stage stage) {
    return std::find_if(std::begin(kStages), std::end(kStages),
                        [stage](const auto& row) { return row.value == stage; });
  };
  return position(earlier) < position(later);
}

absl::StatusOr<v1::Precision> ParsePrecision(absl::string_view name) {
  return Parse(kPrecisions, "precision", name);
}

absl::StatusOr<v1::Optimize> ParseOptimize(absl::string_view name) {
  return Parse(kOptimizes, "optimization level", name);
}

std::vector<std::string> PrecisionNames() { return NamesOf(kPrecisions); }
std::vector<std::string> ScenarioNames() { return NamesOf(kScenarios); }
std::vector<std::string> HugePagesNames() { return NamesOf(kHugePages); }
std::vector<std::string> OptimizeNames() { return NamesOf(kOptimizes); }

const std::vector<std::string>& EngineNames() {
  static const auto* const names =
      new std::vector<std::string>{kAutoEngine, "x86", "onednn", "fbgemm", "qnnpack"};
  return *names;
}

const std::vector<std::string>& ObserverNames() {
  static const auto* const names =
      new std::vector<std::string>{"min-max", "moving-average", "histogram", "percentile", "mse"};
  return *names;
}

const std::vector<std::string>& WeightSchemeNames() {
  static const auto* const names = new std::vector<std::string>{"per-channel", "per-tensor"};
  return *names;
}

const std::vector<std::string>& TrainingOptimizerNames() {
  static const auto* const names = new std::vector<std::string>{"adam", "sgd"};
  return *names;
}

bool IsFinal(v1::JobState state) {
  switch (state) {
    case v1::JOB_STATE_SUCCEEDED:
    case v1::JOB_STATE_FAILED:
    case v1::JOB_STATE_CANCELLED:
    case v1::JOB_STATE_INTERRUPTED:
      return true;
    default:
      return false;
  }
}

v1::JobState FinalState(v1::Outcome outcome) {
  switch (outcome) {
    case v1::OUTCOME_OK:
      return v1::JOB_STATE_SUCCEEDED;
    case v1::OUTCOME_CANCELLED:
      return v1::JOB_STATE_CANCELLED;
    case v1::OUTCOME_INTERRUPTED:
      return v1::JOB_STATE_INTERRUPTED;
    default:
      return v1::JOB_STATE_FAILED;
  }
}

}  // namespace edgebench
