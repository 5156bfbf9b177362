#pragma once

#include <string>
#include <vector>

namespace edgebench::controller {

// A text table: columns separated by two blanks, numbers to the right. Knows
// the width of UTF-8 text and of the terminal, nothing of what it shows.
class Table {
 public:
  enum class Align { kLeft, kRight };

  struct Column {
    std::string header;
    Align align = Align::kLeft;
    // Where the table is too wide, columns with the highest number go first, the
    // last column then is wrapped, and only then those with 1 go. 0 always stays.
    int expendable = 0;
  };

  struct Style {
    int width = 0;       // columns of the terminal; 0: no limit
    bool color = false;  // a bold header
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns.
  void AddRow(std::vector<std::string> cells);
  // A line of its own above the rows that follow.
  void AddHeading(const std::string& text);

  // Whether a width holds the columns that go last, with nothing wrapped.
  bool FitsUnwrapped(int width) const;

  // Ends with a line that names the columns which did not fit, if any.
  std::string Render(const Style& style) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string heading;  // instead of cells
  };

  std::vector<int> ColumnWidths() const;
  std::vector<bool> ChooseVisible(std::vector<int>& widths, int limit) const;
  // Whether the most expendable column above a rank could be hidden.
  bool HideOne(int above, std::vector<bool>& visible) const;
  std::string RenderRow(const std::vector<std::string>& cells, const std::vector<int>& widths,
                        const std::vector<bool>& visible) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace edgebench::controller
