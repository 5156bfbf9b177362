#pragma once

#include <string>
#include <vector>

#include "controller/device_run.h"
#include "controller/grid.h"

namespace edgebench::controller {

// The cells of one device, each in as many processes as it says, in the order to run them: round
// after round, every cell at most once a round and each round in an order of its own, so that what
// changes slowly on a device (its temperature, a neighbour) spreads over all cells instead of one.
// In the first round a cell follows the smaller ones of its kind, of which one that fails rules it
// out. `seed` decides the orders: any text.
std::vector<Cell> ScheduleProcesses(const std::vector<Cell>& cells, const std::string& seed);

// One report per cell, in the order of the grid, of those per process: its measurement is that
// of all processes that measured, and its state that of the first process where none did.
std::vector<CellReport> MergeByCell(std::vector<CellReport> reports);

}  // namespace edgebench::controller
