#include "agent/service_manager.h"

#include <systemd/sd-daemon.h>

#include <cstdint>

namespace edgebench::agent {
namespace {

// Its failure is nothing that we could mend.
void Notify(const char* state) { sd_notify(/*unset_environment=*/0, state); }

}  // namespace

ServiceManager::ServiceManager() {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(/*unset_environment=*/1, &microseconds) > 0) {
    watchdog_period_ = absl::Microseconds(static_cast<int64_t>(microseconds));
  }
}

void ServiceManager::Ready() { Notify("READY=1"); }
void ServiceManager::Stopping() { Notify("STOPPING=1"); }
void ServiceManager::Alive() { Notify("WATCHDOG=1"); }

}  // namespace edgebench::agent
