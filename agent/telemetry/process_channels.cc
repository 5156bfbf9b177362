#include "agent/telemetry/process_channels.h"

#include "absl/strings/str_cat.h"
#include "agent/telemetry/proc_fields.h"
#include "common/proc_text.h"

namespace edgebench::agent {

ProcessChannels::ProcessChannels(const std::string& root, pid_t worker)
    : stat_(absl::StrCat(root, "/proc/", worker, "/stat")),
      status_(absl::StrCat(root, "/proc/", worker, "/status")) {
  if (stat_.Read().empty() && status_.Read().empty()) return;
  channels_ = {{"page faults", "1/s", "/proc/PID/stat majflt"},
               {"switches voluntary", "1/s", "/proc/PID/status, main thread"},
               {"switches involuntary", "1/s", "/proc/PID/status, main thread"}};
}

void ProcessChannels::Read(int64_t now_nanos, std::span<double> values) {
  if (channels_.empty()) return;
  values[0] = faults_.PerSecond(now_nanos, ProcessField(stat_.Read(), kMajorFaults));
  const absl::string_view status = status_.Read();
  values[1] = voluntary_.PerSecond(now_nanos, ProcNumber(status, "voluntary_ctxt_switches:"));
  values[2] = involuntary_.PerSecond(now_nanos, ProcNumber(status, "nonvoluntary_ctxt_switches:"));
}

}  // namespace edgebench::agent
