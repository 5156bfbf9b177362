#pragma once

#include <vector>

#include "db/result_store.h"

namespace edgebench::controller {

// The order of reports, whenever what was measured ended: by model, then by its settings as they
// are told (batch, sizes, decoding, threads, target, scenario, placement), numbers ascending, then
// by device, then by precision with fp32 first, then by method. Pointers into `measurements`.
std::vector<const db::Measurement*> InOrderOfReport(
    const std::vector<db::Measurement>& measurements);

}  // namespace edgebench::controller
