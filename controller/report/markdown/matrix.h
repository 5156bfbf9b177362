#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "controller/report/report_data.h"

namespace edgebench::controller {

// One thing that was chosen for a measurement besides its model, device and precision.
struct SettingPart {
  std::string name;   // "batch"
  std::string value;  // "4"; never empty
};

// In the order in which tables have them: batch, image, length, frames, decoding, threads, target,
// scenario, placement; those that a measurement has.
std::vector<SettingPart> SettingParts(const db::Measurement& measurement);

// "int8-static", "int8-static (qnnpack)".
std::string PrecisionLabel(const ReportEntry& entry);

// The models of entries, each once, in their order.
std::vector<std::string> ModelsOf(const std::vector<ReportEntry>& entries);

// Entries as the cells of a table: a row for each model, device and setting, a column for each
// precision.
class Matrix {
 public:
  // Of the entries at `indices`.
  Matrix(const std::vector<ReportEntry>& entries, const std::vector<size_t>& indices);

  // Settings that are the same in all rows: "batch 1, 2 threads"; they have no column.
  const std::string& shared() const { return shared_; }

  // As a table of markdown. `text` makes the markdown of a cell; where all cells of a row or a
  // column are empty it is left out. "" when nothing is left.
  std::string Render(const std::function<std::string(const ReportEntry&)>& text) const;

 private:
  struct Row {
    std::vector<std::string> names;          // markdown
    std::vector<std::vector<size_t>> cells;  // by column
  };
  Row& RowFor(const std::string& key, const ReportEntry& entry);

  const std::vector<ReportEntry>& entries_;
  std::string shared_;
  std::vector<std::string> keys_;    // of the rows
  std::vector<std::string> labels_;  // of the columns: precisions
  std::vector<std::string> header_;  // of the names
  std::vector<std::string> varying_;
  bool with_model_ = false;
  std::vector<Row> rows_;
};

}  // namespace edgebench::controller
