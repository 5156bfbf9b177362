#include "controller/report/comparison_table.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/job_result.h"
#include "controller/report/phrases.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

std::string IntervalText(const SpeedUp& speed_up) {
  if (!speed_up.low) return kUnknown;
  return absl::StrFormat("%.2f to %.2f", *speed_up.low, *speed_up.high);
}

std::string SpeedUpCell(const ComparedColumn& column) {
  if (column.is_baseline) return "baseline";
  if (!column.forbidding.empty()) return "not comparable";
  if (!column.speed_up) return kUnknown;
  const SpeedUp& speed_up = *column.speed_up;
  if (speed_up.low && speed_up.trusted() && !speed_up.resolved) return "no difference resolved";
  return SpeedUpText(speed_up);
}

std::vector<std::string> NotesOf(const ComparedColumn& column) {
  std::vector<std::string> notes;
  for (const std::string& difference : column.forbidding)
    notes.push_back("not comparable: " + difference);
  if (column.speed_up) {
    for (const std::string& doubt : column.speed_up->doubts)
      notes.push_back("speed-up in doubt: " + doubt);
  }
  for (const std::string& difference : column.notable)
    notes.push_back("part of the difference may come from elsewhere: " + difference);
  for (std::string& note : controller::NotesOf(column.measurement))
    notes.push_back(std::move(note));
  return notes;
}

using Columns = std::vector<const ComparedColumn*>;

Table MakeTable(const Columns& columns, NoteList& notes) {
  std::vector<Table::Column> headers = {{""}};
  for (const ComparedColumn* column : columns)
    headers.push_back({Printable(column->name), Table::Align::kRight});
  Table table(std::move(headers));
  const auto add = [&](const std::string& metric, const auto& text) {
    std::vector<std::string> cells = {metric};
    for (const ComparedColumn* column : columns) cells.push_back(text(*column));
    table.AddRow(std::move(cells));
  };
  add("latency", [](const ComparedColumn& c) { return LatencyText(c.measurement); });
  add("speed", [](const ComparedColumn& c) { return SpeedUpCell(c); });
  add("  interval", [](const ComparedColumn& c) {
    return c.speed_up ? IntervalText(*c.speed_up) : std::string(kUnknown);
  });
  add("size", [](const ComparedColumn& c) {
    const v1::ModelFacts& model = c.measurement.result.model();
    return BytesText(model.has_model_bytes(), model.model_bytes());
  });
  add("parity", [](const ComparedColumn& c) { return ParityText(c.measurement.result); });
  add("coverage", [](const ComparedColumn& c) { return CoverageText(c.measurement.result); });
  add("engine", [](const ComparedColumn& c) {
    const std::string& engine = c.measurement.result.engine();
    return engine.empty() ? std::string(kUnknown) : engine;
  });
  add("peak memory", [](const ComparedColumn& c) {
    const v1::JobResult& result = c.measurement.result;
    return BytesText(result.has_peak_rss_bytes(), result.peak_rss_bytes());
  });
  add("  of the model", [](const ComparedColumn& c) {
    const std::optional<int64_t> bytes = ModelMemoryBytes(c.measurement.result);
    return BytesText(bytes.has_value(), bytes.value_or(0));
  });
  add("verdict", [&](const ComparedColumn& c) {
    return VerdictText(c.measurement) + notes.Refer(NotesOf(c));
  });
  return table;
}

// As many columns side by side as the width holds, the others below.
std::string RenderBlock(const ComparisonBlock& block, const Table::Style& style, NoteList& notes) {
  Columns left;
  for (const ComparedColumn& column : block.columns) left.push_back(&column);
  std::string text = Printable(block.title) + "\n";
  while (!left.empty()) {
    size_t count = left.size();
    const auto first = [&] {
      return MakeTable({left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count)}, notes);
    };
    while (count > 1 && !first().FitsUnwrapped(style.width)) --count;
    absl::StrAppend(&text, left.size() < block.columns.size() ? "\n" : "", first().Render(style));
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return text;
}

}  // namespace

std::string RenderComparison(const std::vector<ComparisonBlock>& blocks,
                             const Table::Style& style) {
  std::string text;
  NoteList notes;
  for (const ComparisonBlock& block : blocks)
    absl::StrAppend(&text, text.empty() ? "" : "\n", RenderBlock(block, style, notes));
  const std::string below = notes.Render(style.width);
  return text + (below.empty() ? "" : "\n" + below);
}

}  // namespace edgebench::controller
