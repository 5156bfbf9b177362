#include "controller/report/table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "controller/terminal.h"

namespace edgebench::controller {
namespace {

constexpr char kGap[] = "  ";
constexpr int kGapWidth = 2;
// What the last column keeps when it is wrapped: a word such as "unconverged".
constexpr int kNarrowest = 11;

int TotalWidth(const std::vector<int>& widths, const std::vector<bool>& visible) {
  int total = -kGapWidth;
  for (size_t i = 0; i < widths.size(); ++i)
    if (visible[i]) total += widths[i] + kGapWidth;
  return total;
}

}  // namespace

void Table::AddRow(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Printable(cell);
  cells.resize(columns_.size());
  rows_.push_back({std::move(cells), ""});
}

void Table::AddHeading(const std::string& text) { rows_.push_back({{}, Printable(text)}); }

std::vector<int> Table::ColumnWidths() const {
  std::vector<int> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    int width = DisplayWidth(columns_[i].header);
    for (const Row& row : rows_)
      if (!row.cells.empty()) width = std::max(width, DisplayWidth(row.cells[i]));
    widths.push_back(width);
  }
  return widths;
}

bool Table::HideOne(int above, std::vector<bool>& visible) const {
  size_t victim = columns_.size();
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!visible[i] || columns_[i].expendable <= above) continue;
    if (victim == columns_.size() || columns_[i].expendable > columns_[victim].expendable)
      victim = i;
  }
  if (victim == columns_.size()) return false;
  visible[victim] = false;
  return true;
}

bool Table::FitsUnwrapped(int width) const {
  std::vector<bool> visible(columns_.size(), true);
  while (HideOne(1, visible)) {
  }
  return width <= 0 || TotalWidth(ColumnWidths(), visible) <= width;
}

// Narrows the last column where that helps.
std::vector<bool> Table::ChooseVisible(std::vector<int>& widths, int limit) const {
  std::vector<bool> visible(columns_.size(), true);
  const auto excess = [&] { return limit > 0 ? TotalWidth(widths, visible) - limit : 0; };
  while (excess() > 0 && HideOne(1, visible)) {
  }
  if (columns_.size() > 1 && excess() > 0)
    widths.back() -= std::clamp(widths.back() - kNarrowest, 0, excess());
  while (excess() > 0 && HideOne(0, visible)) {
  }
  return visible;
}

std::string Table::RenderRow(const std::vector<std::string>& cells, const std::vector<int>& widths,
                             const std::vector<bool>& visible) const {
  std::string line;
  int column_start = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!visible[i]) continue;
    const int room = widths[i] - DisplayWidth(cells[i]);
    if (room < 0) {  // the last one, which was narrowed
      const std::string indent(static_cast<size_t>(column_start), ' ');
      absl::StrAppend(&line, absl::StrJoin(WrapWords(cells[i], widths[i]), "\n" + indent));
      continue;
    }
    const std::string padding(static_cast<size_t>(room), ' ');
    const bool right = columns_[i].align == Align::kRight;
    absl::StrAppend(&line, right ? padding : cells[i], right ? cells[i] : padding, kGap);
    column_start += widths[i] + kGapWidth;
  }
  absl::StripTrailingAsciiWhitespace(&line);
  return line;
}

std::string Table::Render(const Style& style) const {
  std::vector<int> widths = ColumnWidths();
  const std::vector<bool> visible = ChooseVisible(widths, style.width);
  std::vector<std::string> headers, hidden;
  for (size_t i = 0; i < columns_.size(); ++i) {
    headers.push_back(columns_[i].header);
    if (!visible[i]) hidden.push_back(columns_[i].header);
  }
  const char* const bold = style.color ? "\x1b[1m" : "";
  const char* const plain = style.color ? "\x1b[0m" : "";
  std::string text = absl::StrCat(bold, RenderRow(headers, widths, visible), plain, "\n");
  for (const Row& row : rows_) {
    if (row.cells.empty()) {
      absl::StrAppend(&text, bold, row.heading, plain, "\n");
    } else {
      absl::StrAppend(&text, RenderRow(row.cells, widths, visible), "\n");
    }
  }
  if (!hidden.empty()) {
    const std::string names = absl::StrCat("(no room for: ", absl::StrJoin(hidden, ", "),
                                           "; a wider terminal or --json shows them)");
    absl::StrAppend(&text, absl::StrJoin(WrapWords(names, style.width), "\n"), "\n");
  }
  return text;
}

}  // namespace edgebench::controller
