#include "controller/report/comparability.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/digest.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/quantities.h"
#include "controller/input_size.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

struct Setting {
  const char* name;
  std::function<std::string(const v1::JobResult&)> value;
};

std::string Number(bool known, int64_t value) { return known ? absl::StrCat(value) : ""; }

Setting OfSize(const InputSize& size) {
  return {size.name, [&size](const v1::JobResult& r) {
            const std::optional<int32_t> value = size.of(r.settings());
            return Number(value.has_value(), value.value_or(0));
          }};
}

std::string Weight(const v1::JobResult& result, double (v1::Decoding::*weight)() const) {
  if (!result.settings().has_decoding()) return "";
  return absl::StrCat((result.settings().decoding().*weight)());
}

const Setting& Target() {
  static const auto* const setting =
      new Setting{"target", [](const v1::JobResult& r) { return r.settings().target(); }};
  return *setting;
}

// These settings change the latency whatever is compared, as the target does.
const std::vector<Setting>& ForbiddingSettings() {
  static const auto* const settings = new std::vector<Setting>{
      {"scenario", [](const v1::JobResult& r) { return ScenarioText(r.settings()); }},
      {"placement",
       [](const v1::JobResult& r) {
         const std::string text = PlacementText(r.settings());
         return text.empty() ? std::string("the system's") : text;
       }},
      {"batch", [](const v1::JobResult& r) { return absl::StrCat(r.settings().batch()); }},
      OfSize(InputSizesOfModels()[0]),
      OfSize(InputSizesOfModels()[1]),
      OfSize(InputSizesOfModels()[2]),
      {"CTC weight", [](const v1::JobResult& r) { return Weight(r, &v1::Decoding::ctc_weight); }},
      {"weight of the language model",
       [](const v1::JobResult& r) { return Weight(r, &v1::Decoding::lm_weight); }},
      {"beam",
       [](const v1::JobResult& r) {
         const v1::Decoding& decoding = r.settings().decoding();
         return Number(decoding.has_beam(), decoding.beam());
       }},
      // Of a file. Equal text, because the sizes it leaves open are settings as well.
      {"--input", [](const v1::JobResult& r) { return InputsText(r.settings()); }},
      // What was asked for: where the device could not apply it, that is notable.
      {"--optimize", [](const v1::JobResult& r) { return OptimizeName(r.settings().optimize()); }},
  };
  return *settings;
}

const Setting& Engine() {
  static const auto* const setting =
      new Setting{"engine", [](const v1::JobResult& r) { return r.engine(); }};
  return *setting;
}

const Setting& Threads() {
  static const auto* const setting =
      new Setting{"thread count", [](const v1::JobResult& r) {
                    const std::optional<int> threads = ThreadsOf(r);
                    return Number(threads.has_value(), threads.value_or(0));
                  }};
  return *setting;
}

const Setting& Processor() {
  static const auto* const setting = new Setting{
      "processor", [](const v1::JobResult& r) { return r.environment().host().cpu_model(); }};
  return *setting;
}

// What shows that one device's name stood for two machines, or for one that was
// set up anew. Between devices it differs as a matter of course.
const std::vector<Setting>& MachineSettings() {
  static const auto* const settings = new std::vector<Setting>{
      {"hostname", [](const v1::JobResult& r) { return r.environment().host().hostname(); }},
      {"kernel", [](const v1::JobResult& r) { return r.environment().host().kernel(); }},
      {"CPU capability",
       [](const v1::JobResult& r) { return r.environment().torch().cpu_capability(); }},
  };
  return *settings;
}

const std::vector<Setting>& NotableSettings() {
  static const auto* const settings = new std::vector<Setting>{
      {"optimization", [](const v1::JobResult& r) { return OptimizeName(r.optimize()); }},
      {"LibTorch", [](const v1::JobResult& r) { return r.environment().torch().version(); }},
      {"BLAS", [](const v1::JobResult& r) { return r.environment().torch().blas(); }},
      {"governor", [](const v1::JobResult& r) { return r.environment().host().governor(); }},
      {"power mode", [](const v1::JobResult& r) { return r.environment().host().power_mode(); }},
      {"setting of huge pages",
       [](const v1::JobResult& r) { return r.environment().host().transparent_huge_pages(); }},
      {"agent version", [](const v1::JobResult& r) { return r.environment().agent_version(); }},
  };
  return *settings;
}

void AddDifference(const Setting& setting, const v1::JobResult& a, const v1::JobResult& b,
                   std::vector<std::string>& differences) {
  const std::string left = setting.value(a);
  const std::string right = setting.value(b);
  if (left == right) return;
  differences.push_back(absl::StrCat(setting.name, " differs (", left.empty() ? "unknown" : left,
                                     ", ", right.empty() ? "unknown" : right, ")"));
}

void AddDoubts(const char* whose, const v1::JobResult& result, SpeedUp& speed_up) {
  std::vector<std::string> codes = InvalidCodes(result);
  // An interval that did not become narrow says all there is to say.
  codes.erase(std::remove(codes.begin(), codes.end(), kUnconverged), codes.end());
  if (codes.empty()) return;
  speed_up.doubts.push_back(absl::StrCat(whose, " is marked ", absl::StrJoin(codes, ", ")));
}

constexpr char kOneProcess[] =
    "measured in one process, and how much processes differ is not known; --processes 3 tells";

// Whether any difference that there may be is a small one.
bool IsNearlyOne(const SpeedUp& speed_up) { return *speed_up.low >= 0.9 && *speed_up.high <= 1.1; }

// Unknown is no other one.
bool IsOtherProcessor(const v1::JobResult& a, const v1::JobResult& b) {
  const std::string left = Processor().value(a);
  const std::string right = Processor().value(b);
  return !left.empty() && !right.empty() && left != right;
}

}  // namespace

std::optional<SpeedUp> CompareLatency(const db::Measurement& baseline, const db::Measurement& other,
                                      int comparisons) {
  SpeedUp speed_up;
  speed_up.confidence = ConfidenceOfEach(0.95, comparisons);
  const auto estimate = CompareMedians(baseline.processes, other.processes, speed_up.confidence);
  if (!estimate) return std::nullopt;
  speed_up.ratio = estimate->ratio;
  speed_up.low = estimate->low;
  speed_up.high = estimate->high;
  AddDoubts("the baseline", baseline.result, speed_up);
  AddDoubts("this measurement", other.result, speed_up);
  if (estimate->low && !estimate->knows_processes) speed_up.doubts.emplace_back(kOneProcess);
  if (speed_up.low)
    speed_up.resolved = speed_up.trusted() && (*speed_up.low > 1 || *speed_up.high < 1);
  return speed_up;
}

std::vector<std::string> ForbiddingDifferences(const db::Measurement& baseline,
                                               const db::Measurement& other, Axis axis) {
  std::vector<std::string> differences;
  if (axis != Axis::kTarget) AddDifference(Target(), baseline.result, other.result, differences);
  for (const Setting& setting : ForbiddingSettings())
    AddDifference(setting, baseline.result, other.result, differences);
  if (axis == Axis::kDevice) return differences;
  // Each device has its own number of cores; on one device it is a choice, and on a GPU none.
  if (axis != Axis::kTarget && axis != Axis::kThreads)
    AddDifference(Threads(), baseline.result, other.result, differences);
  if (IsOtherProcessor(baseline.result, other.result))
    AddDifference(Processor(), baseline.result, other.result, differences);
  return differences;
}

std::vector<std::string> NotableDifferences(const db::Measurement& baseline,
                                            const db::Measurement& other, Axis axis) {
  std::vector<std::string> differences;
  if (axis == Axis::kDevice) {
    AddDifference(Threads(), baseline.result, other.result, differences);
    AddDifference(Engine(), baseline.result, other.result, differences);
  } else {
    AddDifference(Processor(), baseline.result, other.result, differences);
    for (const Setting& setting : MachineSettings())
      AddDifference(setting, baseline.result, other.result, differences);
  }
  if (axis == Axis::kTarget) {
    AddDifference(Target(), baseline.result, other.result, differences);
    AddDifference(Threads(), baseline.result, other.result, differences);
  }
  if (axis == Axis::kRun || axis == Axis::kThreads)
    AddDifference(Engine(), baseline.result, other.result, differences);
  for (const Setting& setting : NotableSettings())
    AddDifference(setting, baseline.result, other.result, differences);
  return differences;
}

std::string ModelKey(const v1::JobResult& result) {
  const v1::ModelReference& model = result.settings().model();
  if (model.has_artifact()) return model.artifact().sha256();
  return absl::StrCat(model.zoo_name(), " ", result.settings().weights().sha256());
}

std::string GivenWeightsText(const v1::JobSettings& settings) {
  if (!settings.has_weights()) return "";
  return absl::StrCat(settings.weights_name(), " ", ShortDigest(settings.weights()));
}

std::string ModelText(const v1::JobSettings& settings) {
  const std::string weights = GivenWeightsText(settings);
  return absl::StrCat(settings.model().display_name(), weights.empty() ? "" : " with ", weights);
}

std::string InputsText(const v1::JobSettings& settings) {
  return absl::StrJoin(settings.input_specs(), " and ");
}

std::string SpeedUpText(const SpeedUp& speed_up) {
  const bool known = speed_up.low && speed_up.trusted();
  if (known && !speed_up.resolved) return IsNearlyOne(speed_up) ? "≈ 1×" : "unresolved";
  // Two decimals at most, and no more than the interval supports.
  const double half = speed_up.low && speed_up.high ? (*speed_up.high - *speed_up.low) / 2 : 0;
  const int whole = speed_up.ratio < 10 ? 1 : speed_up.ratio < 100 ? 2 : 3;
  const int decimals = std::max(0, SupportedDigits(speed_up.ratio, half) - whole);
  return absl::StrFormat("%.*f×%s", decimals, speed_up.ratio, known ? "" : "?");
}

}  // namespace edgebench::controller
