#pragma once

#include <string>
#include <vector>

#include "controller/report/report_data.h"

namespace edgebench::controller {

class NoteList;

// The tables of a report in markdown, each with its heading. What a reader has to know of a cell is
// referred to by numbers of `notes`, which are markdown.

// Of each model: median and interval, speed-up and interval, verdict.
std::string LatencyTables(const std::vector<ReportEntry>& entries, NoteList& notes);
std::string SizeTable(const std::vector<ReportEntry>& entries);
std::string MemoryTable(const std::vector<ReportEntry>& entries);
// Or a sentence on why there is none.
std::string EnergySection(const std::vector<ReportEntry>& entries);
std::string ParityTable(const std::vector<ReportEntry>& entries);

}  // namespace edgebench::controller
