#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edgebench::controller {

// Markdown as GitHub renders it, of text that may hold anything: names of files, messages of
// devices. https://github.github.com/gfm/

// The text as it is to be read, wherever it stands: nothing in it is markup, an element, a link, a
// formula or the end of a cell, line ends and control characters are "?", and what is longer than
// so many columns ends with "…".
std::string MarkdownText(absl::string_view text, int columns = 500);

// The same of a name, which is cut so that a table stays readable.
std::string MarkdownName(absl::string_view name);

// A block of code with one line each.
std::string MarkdownCode(const std::vector<std::string>& lines);

// "a, b and c"; "" of none.
std::string ListText(const std::vector<std::string>& parts);

// A table of cells that are markdown already.
class MarkdownTable {
 public:
  explicit MarkdownTable(std::vector<std::string> header) : header_(std::move(header)) {}

  void AddRow(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  // With a blank line after it. Columns from `numbers_from` on are aligned to the right.
  std::string Render(size_t numbers_from) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace edgebench::controller
