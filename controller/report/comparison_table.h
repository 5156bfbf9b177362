#pragma once

#include <string>
#include <vector>

#include "controller/report/comparison.h"
#include "controller/report/table.h"

namespace edgebench::controller {

// One table per block, for people, and the notes below.
std::string RenderComparison(const std::vector<ComparisonBlock>& blocks, const Table::Style& style);

}  // namespace edgebench::controller
