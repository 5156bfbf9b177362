#include "controller/report/report_summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/quantities.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

using Kind = ReportSentence::Kind;

constexpr size_t kMostFailures = 20;

std::string PrecisionOfEntry(const ReportEntry& entry) {
  const std::string precision = PrecisionName(PrecisionOf(entry.measurement->result));
  return entry.variant.empty() ? precision : absl::StrCat(precision, " (", entry.variant, ")");
}

bool IsOk(const ReportEntry& entry) {
  return entry.measurement->result.outcome() == v1::OUTCOME_OK;
}

bool IsFp32(const ReportEntry& entry) {
  return PrecisionOf(entry.measurement->result) == v1::PRECISION_FP32;
}

bool IsSteady(const ReportEntry& entry) {
  return ScenarioText(entry.measurement->result.settings()).empty();
}

std::optional<double> MedianOf(const ReportEntry& entry) {
  return IsOk(entry) ? entry.measurement->latency.median_ns : std::nullopt;
}

std::optional<double> SizeOf(const ReportEntry& entry) {
  const v1::ModelFacts& model = entry.measurement->result.model();
  if (!model.has_model_bytes() || model.model_bytes() <= 0) return std::nullopt;
  return static_cast<double>(model.model_bytes());
}

using Group = ReportGroup;

std::string WhereText(const Group& group) {
  return absl::StrCat(group.model, " on ", group.device,
                      group.setting.empty() ? "" : absl::StrCat(" (", group.setting, ")"));
}

std::string IntervalText(const SpeedUp& speed_up) {
  if (!speed_up.low || !speed_up.high) return "";
  return absl::StrFormat(" (%.2f to %.2f)", *speed_up.low, *speed_up.high);
}

// In few words what keeps a speed-up from being believed: "; in doubt: marked foreign load". Empty:
// nothing does.
std::string DoubtsText(const SpeedUp& speed_up) {
  if (speed_up.trusted()) return "";
  std::set<std::string> marks;
  std::vector<std::string> others;
  for (const std::string& doubt : speed_up.doubts) {
    absl::string_view text = doubt;
    if (absl::ConsumePrefix(&text, "the baseline is marked ") ||
        absl::ConsumePrefix(&text, "this measurement is marked ")) {
      for (const absl::string_view mark : absl::StrSplit(text, ", ")) marks.emplace(mark);
    } else if (absl::StartsWith(text, "measured in one process")) {
      others.emplace_back("measured in one process");
    } else {
      others.emplace_back(text);
    }
  }
  if (!marks.empty()) others.insert(others.begin(), "marked " + absl::StrJoin(marks, ", "));
  return absl::StrCat("; in doubt: ", absl::StrJoin(others, "; "));
}

ReportSentence Sentence(Kind kind, std::string text, const Group& group, const ReportEntry* entry,
                        std::vector<size_t> rests_on) {
  ReportSentence sentence;
  sentence.kind = kind;
  sentence.text = std::move(text);
  sentence.model = group.model;
  sentence.device = group.device;
  if (entry != nullptr) sentence.precision = PrecisionName(PrecisionOf(entry->measurement->result));
  sentence.entries = std::move(rests_on);
  return sentence;
}

// The index of the entry with the least of something, of those that have it.
template <typename Value>
std::optional<size_t> LeastOf(const std::vector<ReportEntry>& entries, const Group& group,
                              Value value_of) {
  std::optional<size_t> least;
  double lowest = 0;
  for (const size_t i : group.entries) {
    const std::optional<double> value = value_of(entries[i]);
    if (!value || (least && *value >= lowest)) continue;
    least = i;
    lowest = *value;
  }
  return least;
}

void AddFastest(const std::vector<ReportEntry>& entries, const Group& group,
                std::vector<ReportSentence>& summary) {
  const auto fastest = LeastOf(entries, group, MedianOf);
  if (!fastest) return;
  size_t with_figures = 0;
  for (const size_t i : group.entries) with_figures += MedianOf(entries[i]) ? 1 : 0;
  const ReportEntry& entry = entries[*fastest];
  if (with_figures < 2) return;
  std::string text;
  std::vector<size_t> rests_on = {*fastest};
  if (IsFp32(entry)) {
    text = absl::StrCat(WhereText(group), ": fp32 has the lowest median, ",
                        LatencyText(*entry.measurement),
                        "; no other precision was found to be faster.");
  } else if (entry.speed_up && entry.speed_up->resolved) {
    text = absl::StrFormat("%s: %s is fastest, %s, %.2f times as fast as fp32%s.", WhereText(group),
                           PrecisionOfEntry(entry), LatencyText(*entry.measurement),
                           entry.speed_up->ratio, IntervalText(*entry.speed_up));
  } else if (entry.speed_up) {
    const SpeedUp& speed_up = *entry.speed_up;
    const bool apart = speed_up.low && *speed_up.low > 1;
    text = absl::StrCat(
        WhereText(group), ": ", PrecisionOfEntry(entry), " has the lowest median, ",
        LatencyText(*entry.measurement), ", ",
        apart ? absl::StrFormat("%.2f times as fast as fp32%s", speed_up.ratio,
                                IntervalText(speed_up))
              : absl::StrCat("but no difference from fp32 is resolved", IntervalText(speed_up)),
        DoubtsText(speed_up), ".");
  } else {
    const std::string why = entry.forbidding.empty() ? "fp32 was not measured at this setting"
                                                     : absl::StrJoin(entry.forbidding, "; ");
    text = absl::StrCat(WhereText(group), ": ", PrecisionOfEntry(entry), " has the lowest median, ",
                        LatencyText(*entry.measurement), "; not comparable with fp32: ", why, ".");
  }
  if (entry.baseline) rests_on.push_back(*entry.baseline);
  summary.push_back(Sentence(Kind::kFastest, std::move(text), group, &entry, std::move(rests_on)));
}

// Of a model once: its size is the same on each device.
void AddSmallest(const std::vector<ReportEntry>& entries, const Group& group,
                 std::set<std::string>& told, std::vector<ReportSentence>& summary) {
  const auto smallest = LeastOf(entries, group, SizeOf);
  if (!smallest || IsFp32(entries[*smallest]) || told.count(group.model) > 0) return;
  const ReportEntry& entry = entries[*smallest];
  const v1::ModelFacts& model = entry.measurement->result.model();
  if (!model.has_fp32_model_bytes() || model.fp32_model_bytes() <= model.model_bytes()) return;
  told.insert(group.model);
  const double share =
      static_cast<double>(model.model_bytes()) / static_cast<double>(model.fp32_model_bytes());
  ReportSentence sentence =
      Sentence(Kind::kSmallest,
               absl::StrFormat("%s: %s is smallest, %s instead of %s (%.0f %%).", group.model,
                               PrecisionOfEntry(entry), FormatBytes(model.model_bytes()),
                               FormatBytes(model.fp32_model_bytes()), 100 * share),
               group, &entry, {*smallest});
  sentence.device.clear();
  summary.push_back(std::move(sentence));
}

// Its time and size over those of fp32, where its outputs are near enough to fp32's.
std::optional<double> CostOf(const std::vector<ReportEntry>& entries, const ReportEntry& entry) {
  // Without a speed-up both cannot be compared, whatever their medians are.
  if (!entry.baseline || !entry.speed_up || !MedianOf(entry)) return std::nullopt;
  const v1::JobResult& result = entry.measurement->result;
  const bool close = result.parity().bit_identical() ||
                     (result.parity().has_sqnr_db() && result.parity().sqnr_db() >= kLeastParityDb);
  const auto size = SizeOf(entry), whole = SizeOf(entries[*entry.baseline]);
  const auto base = MedianOf(entries[*entry.baseline]);
  if (!close || !size || !whole || !base) return std::nullopt;
  return *MedianOf(entry) / *base * (*size / *whole);
}

void AddTradeOff(const std::vector<ReportEntry>& entries, const Group& group,
                 std::vector<ReportSentence>& summary) {
  const auto best =
      LeastOf(entries, group, [&](const ReportEntry& entry) { return CostOf(entries, entry); });
  if (!best || *CostOf(entries, entries[*best]) >= 1) return;
  const ReportEntry& entry = entries[*best];
  const ReportEntry& base = entries[*entry.baseline];
  const v1::Parity& parity = entry.measurement->result.parity();
  std::string text = absl::StrFormat(
      "%s: the best trade-off of time and size is %s: %.2f times the time of fp32, %.2f times its "
      "size, parity %s%s%s.",
      WhereText(group), PrecisionOfEntry(entry), *MedianOf(entry) / *MedianOf(base),
      *SizeOf(entry) / *SizeOf(base), ParityText(entry.measurement->result),
      parity.random_weights() ? ", of random weights" : "", DoubtsText(*entry.speed_up));
  summary.push_back(
      Sentence(Kind::kTradeOff, std::move(text), group, &entry, {*best, *entry.baseline}));
}

void AddEnergy(const std::vector<ReportEntry>& entries, const Group& group,
               std::vector<ReportSentence>& summary) {
  const auto least = LeastOf(entries, group, [](const ReportEntry& entry) -> std::optional<double> {
    const v1::Energy& energy = entry.measurement->result.energy();
    if (!IsOk(entry) || !energy.has_joules_per_inference()) return std::nullopt;
    return energy.joules_per_inference();
  });
  if (!least) return;
  const ReportEntry& entry = entries[*least];
  summary.push_back(
      Sentence(Kind::kEnergy,
               absl::StrCat(WhereText(group), ": ", PrecisionOfEntry(entry),
                            " takes the least energy, ", EnergyText(entry.measurement->result),
                            " an inference, by ", entry.measurement->result.energy().source(), "."),
               group, &entry, {*least}));
}

void AddFailures(const std::vector<ReportEntry>& entries, std::vector<ReportSentence>& summary) {
  size_t failures = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (IsOk(entries[i])) continue;
    if (++failures > kMostFailures) continue;
    const db::Measurement& m = *entries[i].measurement;
    Group group;
    group.model = ModelText(m.result.settings());
    group.device = m.device;
    group.setting = SettingText(m);
    const std::string& message = m.result.message();
    summary.push_back(Sentence(
        Kind::kFailure,
        absl::StrCat(WhereText(group), ": ", PrecisionOfEntry(entries[i]), " did not run: ",
                     VerdictText(m), message.empty() ? "" : absl::StrCat(": ", message), "."),
        group, &entries[i], {i}));
  }
  if (failures > kMostFailures) {
    ReportSentence more;
    more.kind = Kind::kFailure;
    more.text = absl::StrCat(failures - kMostFailures, " more did not run; the table says why.");
    summary.push_back(std::move(more));
  }
}

const char* MeaningOf(const std::string& code) {
  if (code == kUnconverged) return ": true, with an interval wider than its goal.";
  if (code == kTrial) return ": one short process of run --quick.";
  return ": not to be relied on.";
}

void AddDoubts(const std::vector<ReportEntry>& entries, std::vector<ReportSentence>& summary) {
  std::map<std::string, std::vector<size_t>> by_code;
  size_t with_figures = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    if (!IsOk(entries[i])) continue;
    ++with_figures;
    for (const std::string& code : InvalidCodes(entries[i].measurement->result))
      by_code[code].push_back(i);
    if (entries[i].measurement->labels.trial) by_code[kTrial].push_back(i);
  }
  for (const auto& [code, marked] : by_code) {
    ReportSentence sentence;
    sentence.text = absl::StrCat(marked.size(), " of ", with_figures,
                                 with_figures == 1 ? " figure is" : " figures are", " marked ",
                                 code, MeaningOf(code));
    sentence.entries = marked;
    summary.push_back(std::move(sentence));
  }
}

// What differs between devices and may explain a part of what differs between their figures.
void AddEnvironments(const std::vector<ReportEnvironment>& environments,
                     std::vector<ReportSentence>& summary) {
  std::map<std::string, std::set<std::string>> versions, blas;
  for (const ReportEnvironment& one : environments) {
    if (!one.environment.torch().version().empty())
      versions[one.environment.torch().version()].insert(one.device);
    if (!one.environment.torch().blas().empty())
      blas[one.environment.torch().blas()].insert(one.device);
  }
  const auto tell = [&](const char* what, const auto& by_value) {
    if (by_value.size() < 2) return;
    std::vector<std::string> parts;
    for (const auto& [value, devices] : by_value)
      parts.push_back(absl::StrCat(value, " (", absl::StrJoin(devices, ", "), ")"));
    ReportSentence sentence;
    sentence.text = absl::StrCat(what, " differs: ", absl::StrJoin(parts, ", "), ".");
    summary.push_back(std::move(sentence));
  };
  tell("LibTorch", versions);
  tell("BLAS", blas);
}

}  // namespace

std::vector<ReportGroup> MainGroups(const std::vector<ReportEntry>& entries) {
  std::map<std::pair<std::string, std::string>, std::vector<ReportGroup>> all;
  for (size_t i = 0; i < entries.size(); ++i) {
    const db::Measurement& m = *entries[i].measurement;
    if (!IsSteady(entries[i])) continue;
    const std::string model = ModelText(m.result.settings()), setting = SettingText(m);
    std::vector<ReportGroup>& groups = all[{model, m.device}];
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const ReportGroup& one) { return one.setting == setting; });
    if (group == groups.end()) group = groups.insert(groups.end(), {model, m.device, setting, {}});
    group->entries.push_back(i);
  }
  std::vector<ReportGroup> main;
  for (auto& [model_and_device, groups] : all) {
    main.push_back(*std::max_element(groups.begin(), groups.end(),
                                     [](const ReportGroup& a, const ReportGroup& b) {
                                       return a.entries.size() < b.entries.size();
                                     }));
  }
  return main;
}

std::vector<ReportSentence> SummaryOf(const std::vector<ReportEntry>& entries,
                                      const std::vector<ReportEnvironment>& environments) {
  std::vector<ReportSentence> summary;
  const std::vector<Group> groups = MainGroups(entries);
  for (const Group& group : groups) AddFastest(entries, group, summary);
  std::set<std::string> told;
  for (const Group& group : groups) AddSmallest(entries, group, told, summary);
  for (const Group& group : groups) AddTradeOff(entries, group, summary);
  for (const Group& group : groups) AddEnergy(entries, group, summary);
  AddFailures(entries, summary);
  AddDoubts(entries, summary);
  AddEnvironments(environments, summary);
  return summary;
}

}  // namespace edgebench::controller
