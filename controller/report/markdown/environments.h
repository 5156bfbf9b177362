#pragma once

#include <string>
#include <vector>

#include "controller/report/report_data.h"

namespace edgebench::controller {

// What devices were measured on: a table of what is the same everywhere, and one of what differs,
// with a column for each environment.
std::string EnvironmentsSection(const std::vector<ReportEnvironment>& environments);

}  // namespace edgebench::controller
