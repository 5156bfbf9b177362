#include "controller/estimate.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/precisions.h"
#include "common/proto_time.h"
#include "controller/input_size.h"

namespace edgebench::controller {
namespace {

// Jobs of the same cell that are looked at.
constexpr int kSameJobs = 9;
// Of other models.
constexpr size_t kLikeJobs = 9;
// Where nothing is known of a model or a device.
constexpr absl::Duration kUnknownLatency = absl::Milliseconds(50);
constexpr double kMultiplyAddsPerThread = 30e9;    // per second; x86 with AVX2
constexpr double kArmMultiplyAddsPerThread = 3e9;  // per second; Cortex-A72 to A78

constexpr double kDecodingSlower = 4;  // seen of asr_lstm

// Of a job: between worker, daemon and controller, starting, loading.
constexpr absl::Duration kBeside = absl::Milliseconds(700);
// Building, freezing and packing, for each million parameters.
constexpr absl::Duration kPerMillionParameters = absl::Milliseconds(8);
constexpr absl::Duration kQuantizingPerMillionParameters = absl::Milliseconds(12);
// Inferences besides warm-up and measuring: reference, check, the compiled graph's first.
constexpr int kOtherInferences = 8;
constexpr int kCalibrationInferences = 6;
// As docs/measuring.md has them.
constexpr absl::Duration kShortestWindow = absl::Milliseconds(50);
constexpr int kWindowCalls = 5;
constexpr absl::Duration kLongestWarmUp = absl::Seconds(5);
// Most devices settle in two windows and know the median soon, some use all the time there is:
// how far between the two, on a scale of logarithms. Seen of steady and of unsteady machines.
constexpr double kWarmUpShare = 0.1;
constexpr double kMeasuringShare = 0.15;
constexpr absl::Duration kShortestMeasuring = absl::Milliseconds(200);
constexpr int kFewestSamples = 16;
constexpr absl::Duration kDefaultMaxTime = absl::Seconds(10);

int32_t BatchOf(const v1::JobSettings& settings) {
  return settings.has_batch() ? settings.batch() : 1;
}

bool IsSameModel(const v1::ModelReference& a, const v1::ModelReference& b) {
  return a.zoo_name() == b.zoo_name() && a.artifact().sha256() == b.artifact().sha256();
}

// Older agents do not say that it is the default.
v1::Scenario ScenarioOf(const v1::JobSettings& settings) {
  return settings.scenario() == v1::SCENARIO_UNSPECIFIED ? v1::SCENARIO_STEADY
                                                         : settings.scenario();
}

bool IsSameDecoding(const v1::JobSettings& asked, const v1::JobSettings& ran) {
  const v1::Decoding& wanted = asked.decoding();
  return (!wanted.has_ctc_weight() || wanted.ctc_weight() == ran.decoding().ctc_weight()) &&
         (!wanted.has_lm_weight() || wanted.lm_weight() == ran.decoding().lm_weight()) &&
         (!wanted.has_beam() || wanted.beam() == ran.decoding().beam());
}

// What was asked, against what ran, in which every default is filled in.
bool IsSameCell(const v1::JobSettings& asked, const v1::JobSettings& ran,
                const v1::ZooModel* facts) {
  for (const InputSize& size : InputSizesOfModels()) {
    auto wanted = size.of(asked);
    if (!wanted && facts != nullptr) wanted = size.default_of(*facts);
    if (wanted != size.of(ran)) return false;
  }
  const bool same_precision =
      asked.precision() == ran.precision() ||
      (asked.precision() == v1::PRECISION_UNSPECIFIED && ran.precision() == v1::PRECISION_FP32);
  return IsSameModel(asked.model(), ran.model()) && same_precision &&
         BatchOf(asked) == BatchOf(ran) && ScenarioOf(asked) == ScenarioOf(ran) &&
         (asked.engine().empty() || asked.engine() == ran.engine()) &&
         (asked.target().empty() || asked.target() == ran.target()) &&
         (asked.optimize() == v1::OPTIMIZE_UNSPECIFIED || asked.optimize() == ran.optimize()) &&
         asked.weights().sha256() == ran.weights().sha256() &&
         asked.calibration().sha256() == ran.calibration().sha256() &&
         asked.pin_cpus() == ran.pin_cpus() && IsSameDecoding(asked, ran) &&
         (!asked.has_threads() || asked.threads() == ran.threads()) &&
         asked.fixed_samples() == ran.fixed_samples() &&
         (!asked.has_target_ci() || asked.target_ci() == ran.target_ci()) &&
         (!asked.has_max_time() || FromProto(asked.max_time()) == FromProto(ran.max_time()));
}

// How much more one inference computes than another, or than that of the defaults. Convolutions
// go with the square of an image's side, the rest about with the length.
double Work(const v1::JobSettings& settings, const v1::ZooModel* facts) {
  double work = BatchOf(settings);
  const auto& sizes = InputSizesOfModels();
  for (size_t i = 0; i < sizes.size(); ++i) {
    std::optional<int32_t> size = sizes[i].of(settings);
    if (!size && facts != nullptr) size = sizes[i].default_of(*facts);
    if (size) work *= i == 0 ? static_cast<double>(*size) * *size : static_cast<double>(*size);
  }
  return work;
}

absl::Duration MaxTime(const v1::JobSettings& settings) {
  return settings.has_max_time() ? FromProto(settings.max_time()) : kDefaultMaxTime;
}

// Between the least and the most, nearer to the least the smaller `share` is.
absl::Duration Between(absl::Duration least, absl::Duration most, double share) {
  const double low = absl::ToDoubleSeconds(least), high = absl::ToDoubleSeconds(most);
  return absl::Seconds(low * std::pow(high / low, share));
}

absl::Duration WarmUp(const v1::JobSettings& settings, absl::Duration latency) {
  const absl::Duration most =
      std::min(MaxTime(settings), std::max(kLongestWarmUp, MaxTime(settings) / 2));
  const absl::Duration least = 2 * std::max(kShortestWindow, kWindowCalls * latency);
  return least < most ? Between(least, most, kWarmUpShare) : most;
}

// The default shape's, of a model that has no sizes asked.
double DefaultWork(const v1::ZooModel& facts) { return Work({}, &facts); }

}  // namespace

Estimator::Estimator(const v1::Capabilities& capabilities, std::vector<db::JobDuration> history)
    : capabilities_(capabilities), history_(std::move(history)) {}

const v1::ZooModel* Estimator::FactsOf(const v1::JobSettings& settings) const {
  for (const v1::ZooModel& model : capabilities_.zoo())
    if (model.name() == settings.model().zoo_name()) return &model;
  return nullptr;
}

// Multiply-adds a second: the median over the jobs of the family that are nearest in work, as small
// models are slower by their work than large ones.
std::optional<double> Estimator::RateOfLikeJobs(double flops, const std::string& family) const {
  std::vector<std::pair<double, double>> by_distance;  // and rate
  for (const db::JobDuration& job : history_) {
    const v1::ZooModel* const model = FactsOf(job.settings);
    if (!job.median_ns || job.flops.value_or(0) <= 0 || model == nullptr ||
        model->family() != family)
      continue;
    const auto work = static_cast<double>(*job.flops);
    by_distance.emplace_back(std::abs(std::log(work / flops)), work / (*job.median_ns * 1e-9));
  }
  if (by_distance.empty()) return std::nullopt;
  std::sort(by_distance.begin(), by_distance.end());
  by_distance.resize(std::min<size_t>(by_distance.size(), kLikeJobs));
  std::sort(by_distance.begin(), by_distance.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  return by_distance[by_distance.size() / 2].second;
}

absl::Duration Estimator::Latency(const v1::JobSettings& settings,
                                  const v1::ZooModel* facts) const {
  const auto is_known = [](const db::JobDuration& job) {
    return job.median_ns && job.settings.scenario() == v1::SCENARIO_STEADY;
  };
  const db::JobDuration* other_precision = nullptr;
  for (const db::JobDuration& job : history_) {
    if (!is_known(job) || !IsSameModel(job.settings.model(), settings.model())) continue;
    if (job.settings.precision() != settings.precision()) {
      if (other_precision == nullptr) other_precision = &job;
      continue;
    }
    return absl::Nanoseconds(*job.median_ns * Work(settings, facts) / Work(job.settings, facts));
  }
  if (other_precision != nullptr) {
    return absl::Nanoseconds(*other_precision->median_ns * Work(settings, facts) /
                             Work(other_precision->settings, facts));
  }
  if (facts == nullptr || !facts->has_flops()) return kUnknownLatency;
  const double flops =
      static_cast<double>(facts->flops()) * Work(settings, facts) / DefaultWork(*facts);
  // A decoder computes token by token, each with all weights read anew.
  const double slower = facts->decodes() ? kDecodingSlower : 1;
  if (const auto rate = RateOfLikeJobs(flops, facts->family()))
    return absl::Seconds(slower * flops / *rate);
  const v1::HostInfo& host = capabilities_.host();
  const int threads = settings.has_threads() ? settings.threads()
                                             : std::max(1, static_cast<int>(host.usable_cores()));
  const double per_thread =
      host.architecture() == "x86_64" ? kMultiplyAddsPerThread : kArmMultiplyAddsPerThread;
  return absl::Seconds(slower * flops / (per_thread * threads));
}

absl::Duration Estimator::Measuring(const v1::JobSettings& settings, absl::Duration latency) const {
  const absl::Duration max_time = MaxTime(settings);
  if (settings.has_fixed_samples()) return settings.fixed_samples() * latency;
  switch (settings.scenario()) {
    case v1::SCENARIO_COLD:
      return absl::ZeroDuration();
    case v1::SCENARIO_SUSTAINED:
    case v1::SCENARIO_THROUGHPUT:
    case v1::SCENARIO_SERVER:
      return max_time;
    default:
      break;
  }
  const absl::Duration least =
      std::min(max_time, std::max(kShortestMeasuring, kFewestSamples * latency));
  return Between(least, max_time, kMeasuringShare);
}

absl::Duration Estimator::Estimate(const v1::JobSettings& settings) const {
  const v1::ZooModel* const facts = FactsOf(settings);
  absl::Duration total = absl::ZeroDuration();
  int same = 0;
  for (const db::JobDuration& job : history_) {
    if (same == kSameJobs) break;
    if (!IsSameCell(settings, job.settings, facts)) continue;
    total += job.duration;
    ++same;
  }
  if (same > 0) return total / same;
  const absl::Duration latency = Latency(settings, facts);
  const double millions = facts != nullptr ? static_cast<double>(facts->parameters()) / 1e6 : 0;
  absl::Duration beside = kBeside + millions * kPerMillionParameters + kOtherInferences * latency;
  if (IsQuantizing(settings.precision()))
    beside += millions * kQuantizingPerMillionParameters + kCalibrationInferences * latency;
  if (settings.scenario() == v1::SCENARIO_COLD) return 2 * beside + 2 * latency;
  return beside + WarmUp(settings, latency) + Measuring(settings, latency);
}

absl::Duration Estimator::Estimate(const DeviceWork& work) const {
  absl::Duration total = absl::ZeroDuration();
  for (size_t position = 0; position < work.cells.size(); ++position) {
    const auto measured =
        std::count_if(work.measured.begin(), work.measured.end(),
                      [&](const CellReport& r) { return r.cell.position == position; });
    const auto left = std::max<int64_t>(work.cells[position].processes - measured, 0);
    total += left * Estimate(work.cells[position].settings);
  }
  return total;
}

const db::JobDuration* Estimator::FindSame(const v1::JobSettings& asked, bool trials_count) const {
  for (const db::JobDuration& job : history_) {
    if (job.trial && !trials_count) continue;
    if (IsSameCell(asked, job.settings, FactsOf(asked))) return &job;
  }
  return nullptr;
}

std::string RoughDuration(absl::Duration duration) {
  const auto seconds = static_cast<int64_t>(std::llround(absl::ToDoubleSeconds(duration)));
  if (seconds < 20) return absl::StrCat(std::max<int64_t>(seconds, 1), " s");
  if (seconds < 90) return absl::StrCat((seconds + 5) / 10 * 10, " s");
  const int64_t minutes = (seconds + 30) / 60;
  if (minutes < 60) return absl::StrCat(minutes, " min");
  return absl::StrCat(minutes / 60, " h ", minutes % 60 / 10 * 10, " min");
}

}  // namespace edgebench::controller
