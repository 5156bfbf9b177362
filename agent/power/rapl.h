#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/power/power_source.h"

namespace edgebench::agent {

// RAPL, the energy counters of Intel's processors since Sandy Bridge and AMD's since Zen, as
// the kernel shows them in /sys/class/powercap/intel-rapl:*
// (Documentation/power/powercap/powercap.rst): `name`, `energy_uj`, which wraps at
// `max_energy_range_uj`. Counted are "package-N" and, beside it, "dram". "core" and "uncore"
// are parts of a package; "psys" is the platform, of which makers wire up different parts, so
// it is shown and not counted. intel-rapl-mmio:* are the same packages by another road.
//   NOT_FOUND          there is no zone of a package
//   PERMISSION_DENIED  they may be read by root only (CVE-2020-8694, since Linux 5.10); says
//                      what to do
//   codes of ErrnoStatus, INTERNAL: a package cannot be read otherwise
absl::StatusOr<std::unique_ptr<PowerSource>> OpenRapl(const std::string& root);

}  // namespace edgebench::agent
