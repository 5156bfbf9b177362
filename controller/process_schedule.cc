#include "controller/process_schedule.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <random>
#include <string>
#include <utility>

#include "db/result_store.h"

namespace edgebench::controller {
namespace {

using Order = std::vector<const Cell*>;

// Moves each cell behind those that it is strictly larger than, and keeps the order otherwise.
Order SmallerFirst(Order order) {
  Order sorted;
  while (!order.empty()) {
    const auto has_no_smaller = [&order](const Cell* cell) {
      return std::none_of(order.begin(), order.end(), [cell](const Cell* other) {
        return IsStrictlyLarger(cell->settings, other->settings);
      });
    };
    const auto next = std::find_if(order.begin(), order.end(), has_no_smaller);
    sorted.push_back(*next);
    order.erase(next);
  }
  return sorted;
}

// std::mt19937_64 gives the same numbers everywhere; std::shuffle may not.
void Shuffle(std::mt19937_64& random, Order& order) {
  for (size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random() % left]);
}

db::Measurement MergedMeasurement(const std::vector<CellReport>& processes) {
  std::vector<db::Measurement> measurements;
  for (const CellReport& report : processes)
    if (report.measurement) measurements.push_back(*report.measurement);
  return db::MergeProcesses(std::move(measurements));
}

CellReport Merged(std::vector<CellReport> processes) {
  std::stable_sort(
      processes.begin(), processes.end(),
      [](const CellReport& a, const CellReport& b) { return a.cell.process < b.cell.process; });
  const auto measured = std::find_if(processes.begin(), processes.end(),
                                     [](const CellReport& r) { return r.measurement.has_value(); });
  if (measured == processes.end()) return std::move(processes.front());
  CellReport merged = *measured;
  merged.measurement = MergedMeasurement(processes);
  return merged;
}

}  // namespace

std::vector<Cell> ScheduleProcesses(const std::vector<Cell>& cells, const std::string& seed) {
  std::seed_seq seeds(seed.begin(), seed.end());
  std::mt19937_64 random(seeds);
  Order order;
  int rounds = 0;
  for (const Cell& cell : cells) {
    order.push_back(&cell);
    rounds = std::max(rounds, cell.processes);
  }
  std::vector<Cell> schedule;
  for (int process = 1; process <= rounds; ++process) {
    // A single round has nothing to spread, and people expect the order they asked for.
    if (rounds > 1) Shuffle(random, order);
    const Order round = process == 1 ? SmallerFirst(order) : order;
    for (const Cell* cell : round) {
      if (process > cell->processes) continue;
      schedule.push_back(*cell);
      schedule.back().position = static_cast<size_t>(cell - cells.data());
      schedule.back().process = process;
    }
  }
  return schedule;
}

std::vector<CellReport> MergeByCell(std::vector<CellReport> reports) {
  std::map<std::pair<std::string, size_t>, size_t> places;  // by device and position
  std::vector<std::vector<CellReport>> cells;
  for (CellReport& report : reports) {
    const auto [place, is_new] =
        places.emplace(std::make_pair(report.device, report.cell.position), cells.size());
    if (is_new) cells.emplace_back();
    cells[place->second].push_back(std::move(report));
  }
  std::vector<CellReport> merged;
  std::vector<std::string> devices;  // as they came
  for (std::vector<CellReport>& processes : cells) {
    merged.push_back(Merged(std::move(processes)));
    if (std::find(devices.begin(), devices.end(), merged.back().device) == devices.end())
      devices.push_back(merged.back().device);
  }
  const auto rank = [&devices](const CellReport& report) {
    return std::make_pair(std::find(devices.begin(), devices.end(), report.device),
                          report.cell.position);
  };
  std::stable_sort(merged.begin(), merged.end(),
                   [&rank](const CellReport& a, const CellReport& b) { return rank(a) < rank(b); });
  return merged;
}

}  // namespace edgebench::controller
