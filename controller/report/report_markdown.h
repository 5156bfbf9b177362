#pragma once

#include <string>
#include <vector>

#include "controller/output_folder.h"
#include "controller/report/report_data.h"

namespace edgebench::controller {

// The report as a write-up that GitHub and others render: README.md, which is the last file, after
// the drawings that it shows. `command` is how it was made, as typed.
std::vector<FolderFile> MarkdownReport(const ReportData& report, const std::string& command);

}  // namespace edgebench::controller
