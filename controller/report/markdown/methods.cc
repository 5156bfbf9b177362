#include "controller/report/markdown/methods.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/names.h"
#include "common/precisions.h"
#include "common/proto_time.h"
#include "common/stats.h"
#include "controller/report/markdown/text.h"

namespace edgebench::controller {
namespace {

using Value = std::function<std::string(const db::Measurement&)>;

// "3", or "3 (96 measurements) and 1 (12)"; "" where none has any. Markdown.
std::string Told(const std::vector<ReportEntry>& entries, const Value& value) {
  std::vector<std::pair<std::string, int>> counts;
  for (const ReportEntry& entry : entries) {
    const std::string text = value(*entry.measurement);
    if (text.empty()) continue;
    const auto found = std::find_if(counts.begin(), counts.end(),
                                    [&text](const auto& count) { return count.first == text; });
    if (found == counts.end()) {
      counts.emplace_back(text, 1);
    } else {
      ++found->second;
    }
  }
  if (counts.size() == 1) return MarkdownText(counts.front().first);
  std::vector<std::string> parts;
  for (const auto& [text, count] : counts) {
    parts.push_back(
        absl::StrCat(MarkdownText(text), " (", count,
                     parts.empty() ? count == 1 ? " measurement)" : " measurements)" : ")"));
  }
  return ListText(parts);
}

std::string ProcessesText(const db::Measurement& m) {
  const size_t count = m.processes.size();
  return count == 0 ? "" : absl::StrCat(count, count == 1 ? " fresh process" : " fresh processes");
}

std::string TimeText(const db::Measurement& m) {
  if (!m.result.settings().has_max_time()) return "";
  return absl::FormatDuration(
      absl::Trunc(FromProto(m.result.settings().max_time()), absl::Milliseconds(1)));
}

std::string TargetText(const db::Measurement& m) {
  const v1::JobSettings& settings = m.result.settings();
  if (settings.has_fixed_samples())
    return absl::StrCat("exactly ", settings.fixed_samples(), " samples a process");
  if (!settings.has_target_ci()) return "";
  return absl::StrFormat("until the interval is within ± %.3g %% of the median",
                         100 * settings.target_ci());
}

std::string SamplesText(const std::vector<ReportEntry>& entries) {
  std::vector<int64_t> samples;
  for (const ReportEntry& entry : entries) {
    if (entry.measurement->latency.samples > 0)
      samples.push_back(entry.measurement->latency.samples);
  }
  if (samples.empty()) return "";
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  if (*least == *most) return absl::StrCat(" That gave ", *least, " samples each.");
  return absl::StrFormat(" That gave %d to %d samples each, %.0f in the median.", *least, *most,
                         *Median(samples));
}

std::string OptimizationText(const db::Measurement& m) {
  std::string asked = OptimizeName(m.result.settings().optimize());
  const std::string used = OptimizeName(m.result.optimize());
  if (used.empty() || used == asked || m.result.outcome() != v1::OUTCOME_OK) return asked;
  return absl::StrCat(used, " where ", asked, " was asked");
}

std::string EngineText(const db::Measurement& m) {
  return UsesEngine(PrecisionOf(m.result)) ? m.result.engine() : "";
}

std::string CalibrationText(const db::Measurement& m) {
  if (!m.result.calibration_source().empty()) return m.result.calibration_source();
  // Older agents say it in a note only.
  return IsCalibrated(PrecisionOf(m.result)) ? m.result.settings().calibration_name() : "";
}

std::string MethodText(const db::Measurement& m) {
  const v1::JobSettings& settings = m.result.settings();
  if (!IsCalibrated(PrecisionOf(m.result))) return "";
  std::vector<std::string> parts;
  if (!settings.observer().empty())
    parts.push_back(absl::StrCat("ranges by ", settings.observer()));
  if (!settings.weight_scheme().empty())
    parts.push_back(absl::StrCat("weights ", settings.weight_scheme()));
  return absl::StrJoin(parts, ", ");
}

std::string WeightsText(const db::Measurement& m) {
  const v1::JobSettings& settings = m.result.settings();
  const bool some_random = m.result.model().random_weights();
  if (settings.has_weights()) {
    return absl::StrCat("those of ", GivenWeightsText(settings),
                        some_random ? ", some of them random" : "");
  }
  if (settings.model().has_artifact()) return "those of the model's file";
  return some_random || m.result.outcome() == v1::OUTCOME_OK ? "random, seeded" : "";
}

std::string SeedText(const db::Measurement& m) {
  return m.result.settings().has_seed() ? absl::StrCat(m.result.settings().seed()) : "";
}

std::string ThreadsText(const db::Measurement& m) {
  const std::optional<int> threads = ThreadsOf(m.result);
  return threads ? absl::StrCat(*threads) : "";
}

std::string TelemetryText(const db::Measurement& m) {
  return m.result.settings().has_telemetry_hz() ? absl::StrCat(m.result.settings().telemetry_hz())
                                                : "";
}

// A sentence where there is something to say.
void Add(const char* before, const std::string& told, const char* after, std::string& text) {
  if (!told.empty()) absl::StrAppend(&text, before, told, after);
}

std::string SamplingParagraph(const std::vector<ReportEntry>& entries) {
  std::string text;
  Add("Each cell, a model in one precision at one setting on one device, was measured in ",
      Told(entries, ProcessesText), "; processes of all cells of a run take turns.", text);
  text +=
      " In each, the warm-up went on until the medians of two consecutive windows differed by at "
      "most 3 %";
  Add(", and then samples were taken: ", Told(entries, TargetText), "", text);
  Add(", in each process no longer than ", Told(entries, TimeText), "", text);
  return absl::StrCat(text, ".", SamplesText(entries),
                      " A sample is the time of one inference on prepared inputs, on the monotonic "
                      "clock; no outlier is dropped.\n\n");
}

constexpr char kIntervals[] =
    "The interval of a median holds, with 95 % confidence, both the t interval over the processes' "
    "medians and the one from order statistics of all samples, which assumes no distribution and "
    "is "
    "widened by how much samples depend on those before. That of a speed-up holds both Welch's t "
    "interval and the one that is recovered from those of the medians; those that stand together "
    "hold together with 95 % confidence (Bonferroni).\n\n";

}  // namespace

std::string MethodsSection(const ReportData& report) {
  const std::vector<ReportEntry>& entries = report.entries;
  std::string text = absl::StrCat("## Methods\n\n", SamplingParagraph(entries), kIntervals);
  std::string setup;
  Add("Optimization of the graph, of fp32 as of the others: ", Told(entries, OptimizationText),
      ". ", setup);
  Add("Threads: ", Told(entries, ThreadsText), ". ", setup);
  Add("Engine of int8: ", Told(entries, EngineText), ". ", setup);
  Add("Calibration: ", Told(entries, CalibrationText), ". ", setup);
  Add("Quantization: ", Told(entries, MethodText), ". ", setup);
  Add("Weights: ", Told(entries, WeightsText), ". ", setup);
  Add("Seed of weights, inputs and calibration: ", Told(entries, SeedText), ". ", setup);
  Add("LibTorch: ",
      Told(entries,
           [](const db::Measurement& m) { return m.result.environment().torch().version(); }),
      ". ", setup);
  Add("BLAS: ",
      Told(entries, [](const db::Measurement& m) { return m.result.environment().torch().blas(); }),
      ". ", setup);
  Add("The device was looked at so many times a second meanwhile: ", Told(entries, TelemetryText),
      ".", setup);
  absl::StripTrailingAsciiWhitespace(&setup);
  return absl::StrCat(text, setup, "\n\n");
}

}  // namespace edgebench::controller
