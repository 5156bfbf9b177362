#include "controller/report/report_markdown.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/version.h"
#include "controller/report/markdown/environments.h"
#include "controller/report/markdown/figures.h"
#include "controller/report/markdown/methods.h"
#include "controller/report/markdown/reproduction.h"
#include "controller/report/markdown/tables.h"
#include "controller/report/markdown/text.h"
#include "controller/report/phrases.h"

namespace edgebench::controller {
namespace {

using Kind = ReportSentence::Kind;

constexpr std::pair<Kind, const char*> kGroups[] = {
    {Kind::kFastest, "Fastest"}, {Kind::kSmallest, "Smallest"},   {Kind::kTradeOff, "Trade-off"},
    {Kind::kEnergy, "Energy"},   {Kind::kFailure, "Did not run"}, {Kind::kCaution, "With caution"}};

std::string HeadSection(const ReportData& report) {
  std::vector<std::string> selection;
  for (const std::string& phrase : report.selection) selection.push_back(MarkdownText(phrase));
  const size_t count = report.entries.size();
  return absl::StrCat(
      "# ", MarkdownText(report.title, 200), "\n\n", count,
      count == 1 ? " measurement" : " measurements", " by edgebench ", kVersion, ", written ",
      absl::FormatTime("%Y-%m-%d %H:%M UTC", report.generated, absl::UTCTimeZone()),
      ". Selection: ", selection.empty() ? "everything" : absl::StrJoin(selection, "; "),
      ", of each cell the newest measurement.\n\n");
}

// A sentence about a model with a very long name is still one.
std::string SentenceText(const ReportSentence& sentence) {
  std::string text = sentence.text;
  constexpr size_t kLong = 80;
  if (sentence.model.size() > kLong) {
    text = absl::StrReplaceAll(
        text, {{sentence.model, absl::StrCat(sentence.model.substr(0, kLong), "…")}});
  }
  return MarkdownText(text);
}

std::string SummarySection(const std::vector<ReportSentence>& summary) {
  std::string text = "## Summary\n\n";
  for (const auto& [kind, name] : kGroups) {
    std::string lines;
    for (const ReportSentence& sentence : summary)
      if (sentence.kind == kind) absl::StrAppend(&lines, "- ", SentenceText(sentence), "\n");
    if (!lines.empty()) absl::StrAppend(&text, "**", name, "**\n\n", lines, "\n");
  }
  return summary.empty() ? "" : text;
}

std::string FiguresSection(const std::vector<ReportFigure>& figures) {
  if (figures.empty()) return "";
  std::string text =
      "## Figures\n\nHollow points and pale bars are marked or in doubt, see the tables. An "
      "interval "
      "that goes on beyond the axis ends in an arrow.\n\n";
  for (size_t i = 0; i < figures.size(); ++i) {
    absl::StrAppend(&text, "![Figure ", i + 1, "](plots/", figures[i].file, ")\n\n*Figure ", i + 1,
                    ":* ", figures[i].caption, "\n\n");
  }
  return text;
}

// The notes as a list whose numbers are those that tables refer to.
std::string NotesSection(const NoteList& notes) {
  const std::string rendered = notes.Render(0);
  if (rendered.empty()) return "";
  std::string text = "## Notes\n\n";
  for (const absl::string_view line : absl::StrSplit(rendered, '\n', absl::SkipEmpty()))
    absl::StrAppend(&text, "- ", line, "\n");
  return text + "\n";
}

}  // namespace

std::vector<FolderFile> MarkdownReport(const ReportData& report, const std::string& command) {
  std::vector<ReportFigure> figures = FiguresOf(report);
  NoteList notes;
  const std::string latency = LatencyTables(report.entries, notes);
  const std::string readme =
      absl::StrCat(HeadSection(report), SummarySection(report.summary), FiguresSection(figures),
                   latency, SizeTable(report.entries), MemoryTable(report.entries),
                   EnergySection(report.entries), ParityTable(report.entries),
                   MarksSection(report.entries), NotesSection(notes), MethodsSection(report),
                   EnvironmentsSection(report.environments), ReproductionSection(report, command));
  std::vector<FolderFile> files;
  for (ReportFigure& figure : figures)
    files.push_back({absl::StrCat("plots/", figure.file), std::move(figure.svg)});
  // One line end at the end.
  files.push_back({"README.md", readme.substr(0, readme.find_last_not_of('\n') + 1) + "\n"});
  return files;
}

}  // namespace edgebench::controller
