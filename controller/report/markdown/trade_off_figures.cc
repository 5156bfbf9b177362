#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "controller/report/markdown/figures.h"
#include "controller/report/markdown/looks.h"
#include "controller/report/markdown/text.h"
#include "controller/report/phrases.h"
#include "controller/report/report_summary.h"
#include "controller/report/svg/xy_figure.h"

namespace edgebench::controller {
namespace {

constexpr size_t kFewestPoints = 3;  // fewer are seen in the table
constexpr double kWideSpread = 8;

// What latency is weighed against. Less of each is better, so that in all panels the good ones lie
// below and left.
struct Criterion {
  const char* name;  // of the panel and in the caption
  const char* title;
  plot::Quantity quantity;
  std::optional<double> (*value_of)(const v1::JobResult& result);
};

std::optional<double> SizeOf(const v1::JobResult& result) {
  const v1::ModelFacts& model = result.model();
  if (!model.has_model_bytes() || model.model_bytes() <= 0) return std::nullopt;
  return static_cast<double>(model.model_bytes());
}

// Of the outputs, in percent; of fp32 itself 0.
std::optional<double> ErrorOf(const v1::JobResult& result) {
  if (PrecisionOf(result) == v1::PRECISION_FP32 || result.parity().bit_identical()) return 0;
  if (!result.parity().has_sqnr_db()) return std::nullopt;
  return 100 * std::pow(10, -result.parity().sqnr_db() / 20);
}

std::optional<double> EnergyOf(const v1::JobResult& result) {
  if (!result.energy().has_joules_per_inference()) return std::nullopt;
  return result.energy().joules_per_inference();
}

constexpr Criterion kCriteria[] = {
    {"size", "size of the stored model", plot::Quantity::kBytes, SizeOf},
    {"error", "error against fp32 (%)", plot::Quantity::kNumber, ErrorOf},
    {"energy", "energy of an inference", plot::Quantity::kJoules, EnergyOf}};

// One that only has a wide interval may be weighed, one that something spoiled may not.
bool MayBeOnFront(const ReportEntry& entry) {
  const std::vector<std::string> codes = InvalidCodes(entry.measurement->result);
  return std::all_of(codes.begin(), codes.end(),
                     [](const std::string& code) { return code == kUnconverged; });
}

struct Candidate {
  const ReportGroup* group = nullptr;
  const ReportEntry* entry = nullptr;
  double latency = 0;
};

std::vector<Candidate> CandidatesOf(const ReportData& report,
                                    const std::vector<ReportGroup>& groups,
                                    const std::string& device, const std::string& kind) {
  std::vector<Candidate> all;
  for (const ReportGroup& group : groups) {
    if (group.device != device) continue;
    for (const size_t i : group.entries) {
      const ReportEntry& entry = report.entries[i];
      const std::optional<double> median = DrawnMedian(entry);
      if (KindOfInput(entry.measurement->result.settings()) == kind && median)
        all.push_back({&group, &entry, *median});
    }
  }
  return all;
}

struct TradeOff {
  Candidate candidate;
  double value = 0;
};

// Empty where there is nothing to choose: with few of them, or all alike.
std::vector<TradeOff> TradeOffsOf(const std::vector<Candidate>& candidates,
                                  const Criterion& criterion) {
  std::vector<TradeOff> all;
  std::set<double> values;
  for (const Candidate& candidate : candidates) {
    const auto value = criterion.value_of(candidate.entry->measurement->result);
    if (!value) continue;
    all.push_back({candidate, *value});
    values.insert(*value);
  }
  if (all.size() < kFewestPoints || values.size() < 2) all.clear();
  return all;
}

plot::XyPoint At(double x, double y) {
  plot::XyPoint point;
  point.x = x;
  point.y = y;
  return point;
}

// Those that nothing else is at least as good as in both, by latency.
std::vector<plot::XyPoint> FrontOf(std::vector<TradeOff> all) {
  std::sort(all.begin(), all.end(), [](const TradeOff& a, const TradeOff& b) {
    return std::make_pair(a.candidate.latency, a.value) <
           std::make_pair(b.candidate.latency, b.value);
  });
  std::vector<plot::XyPoint> front;
  for (const TradeOff& one : all) {
    if (!MayBeOnFront(*one.candidate.entry)) continue;
    if (!front.empty() && one.value >= front.back().y) continue;
    // In steps: what lies above and right of one of them is no better than it.
    if (!front.empty()) front.push_back(At(one.candidate.latency, front.back().y));
    front.push_back(At(one.candidate.latency, one.value));
  }
  return front;
}

bool IsOn(const std::vector<plot::XyPoint>& front, const TradeOff& one) {
  return MayBeOnFront(*one.candidate.entry) &&
         std::any_of(front.begin(), front.end(), [&one](const plot::XyPoint& point) {
           return point.x == one.candidate.latency && point.y == one.value;
         });
}

bool IsWide(const std::set<double>& values) {
  return *values.begin() > 0 && *values.rbegin() / *values.begin() > kWideSpread;
}

plot::XyPanel PanelOf(const Criterion& criterion, const std::vector<TradeOff>& all,
                      const Legend& legend) {
  plot::XyPanel panel;
  panel.x.title = "median latency";
  panel.x.quantity = plot::Quantity::kNanos;
  panel.x.from_zero = true;
  panel.y.title = criterion.title;
  panel.y.quantity = criterion.quantity;
  panel.y.from_zero = true;
  const std::vector<plot::XyPoint> front_points = FrontOf(all);
  if (!front_points.empty()) {
    plot::XySeries& front = panel.series.emplace_back();
    front.name = "front: nothing is better in both than the ringed";
    front.look = {6, 0, 1};
    front.markers = false;
    front.points = front_points;
  }
  std::set<double> latencies, values;
  for (const TradeOff& one : all) {
    const ReportEntry& entry = *one.candidate.entry;
    const std::string name = legend.NameOf(entry);
    auto series = std::find_if(panel.series.begin(), panel.series.end(),
                               [&name](const plot::XySeries& other) { return other.name == name; });
    if (series == panel.series.end()) {
      series = panel.series.insert(panel.series.end(), plot::XySeries());
      series->name = name;
      series->look = legend.LookOfEntry(entry);
      series->line = false;
    }
    plot::XyPoint point = At(one.candidate.latency, one.value);
    point.doubtful = IsDoubtful(entry);
    point.label = one.candidate.group->model;
    point.ringed = IsOn(front_points, one);
    series->points.push_back(std::move(point));
    latencies.insert(one.candidate.latency);
    values.insert(one.value);
  }
  panel.x.log = IsWide(latencies);
  panel.y.log = IsWide(values);
  return panel;
}

// What a reader has to know of the panels that there are.
std::string ExplanationOf(const std::vector<std::string>& names,
                          const std::vector<Candidate>& candidates) {
  const auto any = [&candidates](const auto& holds) {
    return std::any_of(candidates.begin(), candidates.end(),
                       [&holds](const Candidate& one) { return holds(*one.entry); });
  };
  const auto has = [&names](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::string text;
  if (has("error")) {
    const bool random = any([](const ReportEntry& entry) {
      return entry.measurement->result.parity().random_weights();
    });
    absl::StrAppend(&text, " The error is that of the outputs against fp32, as a share of them: ",
                    "20 dB are 10 %, 40 dB 1 %", random ? "; weights are random" : "", ".");
  }
  if (any([](const ReportEntry& entry) { return !MayBeOnFront(entry); })) {
    const bool all = !any(MayBeOnFront);
    absl::StrAppend(&text, all ? " All are marked invalid: there is no front."
                               : " What is marked invalid is not on the front.");
  }
  return text;
}

void AddTradeOffFigure(const ReportData& report, const std::string& device, const std::string& kind,
                       std::vector<ReportFigure>& figures) {
  const std::vector<ReportGroup> groups = MainGroups(report.entries);
  const std::vector<Candidate> candidates = CandidatesOf(report, groups, device, kind);
  std::vector<size_t> drawn;
  std::vector<std::string> settings;
  for (const Candidate& one : candidates) {
    drawn.push_back(static_cast<size_t>(one.entry - report.entries.data()));
    const std::string setting = MarkdownText(one.group->setting);
    if (!setting.empty() && std::find(settings.begin(), settings.end(), setting) == settings.end())
      settings.push_back(setting);
  }
  const Legend legend(report.entries, drawn);
  plot::XyFigure figure;
  std::vector<std::string> names;
  for (const Criterion& criterion : kCriteria) {
    const std::vector<TradeOff> all = TradeOffsOf(candidates, criterion);
    if (all.empty()) continue;
    figure.panels.push_back(PanelOf(criterion, all, legend));
    names.emplace_back(criterion.name);
  }
  if (names.empty()) return;
  if (names.size() > 1) {
    for (size_t i = 0; i < names.size(); ++i)
      figure.panels[i].title = absl::StrCat("latency and ", names[i]);
  }
  figure.title =
      absl::StrCat("Latency against ", ListText(names), " on ", device, ", models of ", kind);
  figure.description = "Each point is a model in one precision; further down left is better.";
  figures.push_back(
      {absl::StrCat("trade-off-", device, "-", kind, ".svg"),
       absl::StrCat("latency against ", ListText(names), " of models of ", kind, " on ",
                    MarkdownName(device),
                    settings.empty() ? "" : absl::StrCat(" at ", absl::StrJoin(settings, "; ")),
                    "; further down left is better.", ExplanationOf(names, candidates)),
       plot::Draw(figure)});
}

}  // namespace

void AddTradeOffFigures(const ReportData& report, std::vector<ReportFigure>& figures) {
  std::set<std::string> devices;
  for (const ReportEntry& entry : report.entries) devices.insert(entry.measurement->device);
  for (const std::string& device : devices) {
    for (const char* kind : {"images", "sequences", "speech", "others"})
      AddTradeOffFigure(report, device, kind, figures);
  }
}

}  // namespace edgebench::controller
