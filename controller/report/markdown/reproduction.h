#pragma once

#include <string>
#include <vector>

#include "controller/report/report_data.h"

namespace edgebench::controller {

// How to get these figures again: the runs they are from with their labels, commands that measure
// the same, and `command`, which made this report.
std::string ReproductionSection(const ReportData& report, const std::string& command);

// A word as a shell takes it: in quotes where it holds what a shell would read.
std::string ShellWord(const std::string& word);

}  // namespace edgebench::controller
