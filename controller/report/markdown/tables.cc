#include "controller/report/markdown/tables.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/job_result.h"
#include "common/quantities.h"
#include "controller/report/markdown/matrix.h"
#include "controller/report/markdown/text.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

constexpr int kWidestMessage = 120;

std::vector<size_t> AllOf(const std::vector<ReportEntry>& entries) {
  std::vector<size_t> indices(entries.size());
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

bool IsOk(const ReportEntry& entry) {
  return entry.measurement->result.outcome() == v1::OUTCOME_OK;
}

std::string SpeedUpLine(const ReportEntry& entry) {
  if (!entry.speed_up) return "";
  const SpeedUp& speed_up = *entry.speed_up;
  std::string text = SpeedUpText(speed_up);
  if (speed_up.low && speed_up.high)
    absl::StrAppendFormat(&text, " (%.2f to %.2f)", *speed_up.low, *speed_up.high);
  return absl::StrCat("<br>", text);
}

std::string ColdText(const v1::ColdStart& cold) {
  const auto nanos = [](int64_t value) { return FormatNanos(static_cast<double>(value)); };
  return absl::StrCat("start ", nanos(cold.start_ns()), ", load ", nanos(cold.load_ns()),
                      ", first ", nanos(cold.first_ns()), ", second ", nanos(cold.second_ns()));
}

std::string FigureText(const db::Measurement& m) {
  std::vector<std::string> parts;
  if (m.result.has_cold()) parts.push_back(ColdText(m.result.cold()));
  const std::string rate = RateText(m.result);
  if (!rate.empty()) parts.push_back(rate);
  if (m.latency.median_ns) parts.push_back(LatencyText(m));
  return parts.empty() ? kUnknown : absl::StrJoin(parts, "; ");
}

std::vector<std::string> NotesOfEntry(const ReportEntry& entry) {
  std::vector<std::string> notes = NotesOf(*entry.measurement);
  for (const std::string& why : entry.forbidding)
    notes.push_back(absl::StrCat("no speed-up over fp32: ", why));
  if (entry.speed_up) {
    for (const std::string& doubt : entry.speed_up->doubts)
      notes.push_back(absl::StrCat("speed-up in doubt: ", doubt));
  }
  for (std::string& note : notes) note = MarkdownText(note);
  return notes;
}

std::string LatencyCell(const ReportEntry& entry, NoteList& notes) {
  const db::Measurement& m = *entry.measurement;
  const std::string verdict = MarkdownText(VerdictText(m));
  const std::string refer = notes.Refer(NotesOfEntry(entry));
  if (IsOk(entry)) return absl::StrCat(FigureText(m), ", ", verdict, refer, SpeedUpLine(entry));
  const std::string& message = m.result.message();
  return absl::StrCat("**", verdict, "**",
                      message.empty() ? "" : ": " + MarkdownText(message, kWidestMessage), refer);
}

std::string Heading(const char* title, const std::string& shared) {
  return absl::StrCat("## ", title, "\n\n",
                      shared.empty() ? "" : absl::StrCat("All: ", MarkdownText(shared), ".\n\n"));
}

// A section with one matrix of everything; "" where no cell has anything.
template <typename Text>
std::string Section(const char* title, const char* explanation,
                    const std::vector<ReportEntry>& entries, const Text& text) {
  const Matrix matrix(entries, AllOf(entries));
  const std::string table = matrix.Render(text);
  if (table.empty()) return "";
  return absl::StrCat(Heading(title, matrix.shared()), explanation, "\n\n", table);
}

// What is known of a model's sizes, from whichever measurement knows it.
struct Sizes {
  std::optional<int64_t> fp32, parameters, flops;
  std::map<std::string, int64_t> by_label;
};

template <typename Value>
void Keep(bool has, Value value, std::optional<int64_t>& kept) {
  if (has && !kept) kept = value;
}

Sizes SizesOf(const std::vector<ReportEntry>& entries, const std::string& model) {
  Sizes sizes;
  for (const ReportEntry& entry : entries) {
    const v1::JobResult& result = entry.measurement->result;
    if (ModelText(result.settings()) != model) continue;
    const v1::ModelFacts& facts = result.model();
    Keep(facts.has_fp32_model_bytes(), facts.fp32_model_bytes(), sizes.fp32);
    Keep(facts.has_parameters(), facts.parameters(), sizes.parameters);
    if (!facts.has_model_bytes()) continue;
    if (PrecisionOf(result) == v1::PRECISION_FP32) {
      Keep(true, facts.model_bytes(), sizes.fp32);
    } else {
      sizes.by_label.emplace(PrecisionLabel(entry), facts.model_bytes());
    }
  }
  return sizes;
}

std::string SizeCell(const Sizes& sizes, const std::string& label) {
  const auto found = sizes.by_label.find(label);
  if (found == sizes.by_label.end()) return kUnknown;
  std::string text = FormatBytes(found->second);
  if (sizes.fp32 && *sizes.fp32 > 0 && found->second > 0) {
    const double share = static_cast<double>(found->second) / static_cast<double>(*sizes.fp32);
    absl::StrAppendFormat(&text, ", %.0f %%, %.2f× smaller", 100 * share, 1 / share);
  }
  return text;
}

std::string Top1Text(const v1::Parity& parity) {
  if (!parity.has_top1_agreement()) return "";
  std::string text = absl::StrFormat(", top-1 agrees in %.3g %%", 100 * parity.top1_agreement());
  if (parity.has_top1_rows()) absl::StrAppend(&text, " of ", parity.top1_rows());
  return text;
}

std::string ParityCell(const ReportEntry& entry) {
  const v1::JobResult& result = entry.measurement->result;
  std::string text;
  if (ParityText(result) != kUnknown)
    text = absl::StrCat(ParityText(result), Top1Text(result.parity()));
  if (CoverageText(result) != kUnknown)
    absl::StrAppend(&text, text.empty() ? "" : "<br>", "covers ", CoverageText(result));
  return text;
}

std::string MemoryCell(const ReportEntry& entry) {
  const v1::JobResult& result = entry.measurement->result;
  if (!result.has_peak_rss_bytes()) return "";
  std::string text = FormatBytes(result.peak_rss_bytes());
  if (const auto of_model = ModelMemoryBytes(result))
    absl::StrAppend(&text, ", model ", FormatBytes(*of_model));
  return text;
}

}  // namespace

std::string LatencyTables(const std::vector<ReportEntry>& entries, NoteList& notes) {
  std::string text =
      "## Latency\n\nMedian of an inference ± half of its 95 % confidence interval, and the "
      "verdict; below it how many times as fast as fp32 it is, with the interval. The marks are "
      "explained [below](#what-the-marks-mean), the numbers in brackets under [notes](#notes).\n\n";
  for (const std::string& model : ModelsOf(entries)) {
    std::vector<size_t> indices;
    for (size_t i = 0; i < entries.size(); ++i)
      if (ModelText(entries[i].measurement->result.settings()) == model) indices.push_back(i);
    const Matrix matrix(entries, indices);
    absl::StrAppend(&text, "### ", MarkdownName(model), "\n\n");
    if (!matrix.shared().empty())
      absl::StrAppend(&text, "All: ", MarkdownText(matrix.shared()), ".\n\n");
    text += matrix.Render([&](const ReportEntry& entry) { return LatencyCell(entry, notes); });
  }
  return text;
}

std::string SizeTable(const std::vector<ReportEntry>& entries) {
  std::set<std::pair<v1::Precision, std::string>> labels;
  for (const ReportEntry& entry : entries) {
    const v1::Precision precision = PrecisionOf(entry.measurement->result);
    if (precision != v1::PRECISION_FP32) labels.emplace(precision, PrecisionLabel(entry));
  }
  std::vector<std::string> header = {"model", "parameters", "fp32"};
  for (const auto& [precision, label] : labels) header.push_back(MarkdownName(label));
  MarkdownTable table(header);
  for (const std::string& model : ModelsOf(entries)) {
    const Sizes sizes = SizesOf(entries, model);
    if (!sizes.fp32 && sizes.by_label.empty()) continue;
    std::vector<std::string> row = {MarkdownName(model),
                                    sizes.parameters ? FormatCount(*sizes.parameters) : kUnknown,
                                    BytesText(sizes.fp32.has_value(), sizes.fp32.value_or(0))};
    for (const auto& [precision, label] : labels) row.push_back(SizeCell(sizes, label));
    table.AddRow(std::move(row));
  }
  if (table.empty()) return "";
  return absl::StrCat("## Size\n\nOf the stored model: before, and after quantizing.\n\n",
                      table.Render(1));
}

std::string MemoryTable(const std::vector<ReportEntry>& entries) {
  return Section(
      "Memory",
      "The highest resident set of the process while it warmed up and measured, and what "
      "of it the model and its activations take, where the kernel tells.",
      entries, MemoryCell);
}

std::string EnergySection(const std::vector<ReportEntry>& entries) {
  std::string section = Section("Energy", "Of an inference, without what the device takes idle.",
                                entries, [](const ReportEntry& entry) {
                                  const v1::Energy& energy = entry.measurement->result.energy();
                                  if (!energy.has_joules_per_inference()) return std::string();
                                  return absl::StrCat(EnergyText(entry.measurement->result), " by ",
                                                      MarkdownName(energy.source()));
                                });
  if (!section.empty()) return section;
  std::map<std::string, std::set<std::string>> devices;  // by why not
  for (const ReportEntry& entry : entries) {
    const std::string& reason = entry.measurement->result.energy().reason();
    if (!reason.empty()) devices[reason].insert(entry.measurement->device);
  }
  std::vector<std::string> reasons;
  for (const auto& [reason, names] : devices)
    reasons.push_back(absl::StrCat(absl::StrJoin(names, ", "), ": ", reason));
  return absl::StrCat("## Energy\n\nNo energy was measured",
                      reasons.empty() ? ": no device has a meter that is read"
                                      : ". " + MarkdownText(absl::StrJoin(reasons, "; ")),
                      ".\n\n");
}

std::string ParityTable(const std::vector<ReportEntry>& entries) {
  return Section("Accuracy and coverage",
                 "How near the outputs are to those of fp32 on the same input "
                 "(signal-to-quantization-noise ratio), and how many of the operators that could "
                 "run in the precision did.",
                 entries, ParityCell);
}

}  // namespace edgebench::controller
