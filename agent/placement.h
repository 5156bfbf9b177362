#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::agent {

// Where the kernel puts a worker, and when it lets it run: what a job may ask for and no job
// has unasked.

// Checks what a job asks for, and writes pin_cpus as the kernel would: "0-3" for "1,0,2-3".
// What is not timed has none of it: then all is cleared. `usable_cpus` are those the agent may
// use, as the kernel lists them; "": not known, and not checked.
// INVALID_ARGUMENT names the field, what was given and what is allowed.
absl::Status NormalizePlacement(const std::string& usable_cpus, v1::JobSettings& settings);

// The number of processors of pin_cpus; nullopt where it is unset.
std::optional<int> PinnedCpus(const v1::JobSettings& settings);

// Pins every thread that `worker` has to JobSettings.pin_cpus and gives it JobSettings.niceness;
// threads that it starts later inherit both. Nothing is done of what is unset. To be called
// while the worker waits for its job.
//   PERMISSION_DENIED  the agent may not give so high a priority
//   INVALID_ARGUMENT   the kernel leaves none of these processors to the worker
absl::Status ApplyPlacement(pid_t worker, const v1::JobSettings& settings);

// What a worker has to be started with for JobSettings.huge_pages ON: glibc's malloc then asks
// for huge pages (glibc manual, "Memory Allocation Tunables", glibc.malloc.hugetlb; from 2.35
// on). Empty for all else, which any worker can run.
std::vector<std::string> PlacementEnvironment(const v1::JobSettings& settings);

}  // namespace edgebench::agent
