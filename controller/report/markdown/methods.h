#pragma once

#include <string>
#include <vector>

#include "controller/report/report_data.h"

namespace edgebench::controller {

// How these entries were measured, in sentences made of the settings that were really used; where
// they differ, each value with how many measurements have it.
std::string MethodsSection(const ReportData& report);

// What each verdict and mark that occurs in the tables means.
std::string MarksSection(const std::vector<ReportEntry>& entries);

}  // namespace edgebench::controller
