#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "controller/report/report_data.h"

namespace edgebench::controller {

// What the entries say, in sentences: of each model on each device which precision is fastest,
// smallest and the best trade-off, at the setting that most of its precisions share; what uses
// least energy; what could not run and why; and what a reader has to be careful with. Nothing is
// called faster that was not resolved.
//
// The best trade-off has the smallest product of its time and its size, each over that of fp32,
// among those whose parity is at least kLeastParityDb, or whose output is that of fp32.
std::vector<ReportSentence> SummaryOf(const std::vector<ReportEntry>& entries,
                                      const std::vector<ReportEnvironment>& environments);
inline constexpr double kLeastParityDb = 10;

// The entries of one model on one device at one setting.
struct ReportGroup {
  std::string model, device, setting;
  std::vector<size_t> entries;
};

// Of each model and device, by their names, the setting that most of its precisions share; of
// several the first, which has the smallest batch. Steady state only.
std::vector<ReportGroup> MainGroups(const std::vector<ReportEntry>& entries);

}  // namespace edgebench::controller
