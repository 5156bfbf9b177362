#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/connect.h"
#include "controller/shared_store.h"
#include "db/result_store.h"

namespace edgebench::controller {

// What a round of collecting found.
struct Collected {
  std::vector<db::Measurement> stored;  // new in the store
  std::vector<std::string> unfinished;  // job ids that still queue or run
  std::vector<std::string> warnings;    // sentences for people
};

// Fetches the results of this store's jobs that ended while nobody watched,
// from every device that has some. Devices are asked at the same time; one
// that does not answer costs at most `timeout` and a warning. A job that its
// agent does not know is marked lost, unless it was recorded only minutes ago
// and may still be on its way.
absl::StatusOr<Collected> CollectPending(AgentConnector& connector, SharedStore& store,
                                         absl::Duration timeout);

}  // namespace edgebench::controller
