#pragma once

#include <string>
#include <vector>

#include "controller/device_run.h"
#include "controller/report/table.h"
#include "db/result_store.h"

namespace edgebench::controller {

// What `bench` shows of its cells: a table, its notes, and what was not run.
// Speed-ups are against the fp32 cell of the same model, device and shape.
std::string RenderBenchTable(const std::vector<CellReport>& reports, const Table::Style& style);

// What `results` shows: stored measurements with the time of each.
std::string RenderResultsTable(const std::vector<db::Measurement>& measurements,
                               const Table::Style& style, absl::TimeZone time_zone);

}  // namespace edgebench::controller
