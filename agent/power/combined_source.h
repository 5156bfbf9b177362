#pragma once

#include <memory>
#include <vector>

#include "agent/power/power_source.h"

namespace edgebench::agent {

// Several sources of different parts of a machine as one: all rails and notes, the name
// "FIRST+SECOND", the slowest period. None of them may include another; at least one.
std::unique_ptr<PowerSource> Combine(std::vector<std::unique_ptr<PowerSource>> sources);

}  // namespace edgebench::agent
