#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "db/result_store.h"

namespace edgebench::controller {

// One inference of each profile in the Trace Event Format (Google, JSON object format),
// which Perfetto and chrome://tracing open: a process for each profile, in it complete
// events ("ph": "X") with times in microseconds since the inference began.
nlohmann::ordered_json TraceDocument(const std::vector<const db::Measurement*>& profiles);

}  // namespace edgebench::controller
