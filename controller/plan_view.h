#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "controller/grid.h"
#include "controller/report/table.h"

namespace edgebench::controller {

// What a plan would do, for `run --dry-run`.
struct PlannedCell {
  std::string device;
  Cell cell;
  bool measured = false;            // ended well before, with the same settings
  std::optional<double> median_ns;  // then
  absl::Duration estimate;          // of all its processes
};

// Each cell, then how long each device takes; all devices work at the same time.
std::string RenderPlan(const std::vector<PlannedCell>& cells, const Table::Style& style);

nlohmann::ordered_json PlanDocument(const std::string& name, const std::vector<PlannedCell>& cells);

}  // namespace edgebench::controller
