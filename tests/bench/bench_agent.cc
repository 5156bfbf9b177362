// Measures a running agent from outside: memory and processor time when idle,
// the way of a small job, and uploads. See run.sh, which starts the agent.
//
//   bench_agent cold ADDRESS SMALL_MODEL
//   bench_agent warm UNIX_ADDRESS TCP_ADDRESS SMALL_MODEL SCRATCH_FILE
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/quantities.h"
#include "common/stats.h"
#include "common/status_macros.h"
#include "controller/grpc_agent_client.h"
#include "tests/bench/agent_probe.h"
#include "tests/bench/row.h"

namespace edgebench::bench {
namespace {

constexpr int64_t kIdleGoalBytes = 25'000'000;
constexpr double kIdleGoalShare = 0.001;
constexpr absl::Duration kIdleTime = absl::Minutes(1);
constexpr double kWarmGoalNanos = 20e6;
constexpr int kJobs = 9;
// A worker never runs two jobs; the next one loads LibTorch meanwhile.
constexpr absl::Duration kWarmUpTime = absl::Seconds(3);
constexpr double kUploadGoal = 0.7;
constexpr int64_t kUploadBytes = 256'000'000;
constexpr int kUploads = 5;
constexpr absl::Duration kTimeout = absl::Seconds(30);

absl::Status ReportMemory(const std::string& when, int32_t pid) {
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t resident, ResidentBytes(pid));
  PrintRow(absl::StrCat("daemon, resident memory, ", when), FormatBytes(resident),
           absl::StrCat("<= ", FormatBytes(kIdleGoalBytes)), resident <= kIdleGoalBytes);
  return absl::OkStatus();
}

absl::Status ReportIdleCpu(int32_t pid) {
  EDGEBENCH_ASSIGN_OR_RETURN(const double share, CpuShare(pid, kIdleTime));
  PrintRow("daemon, processor time when idle, over a minute",
           absl::StrFormat("%.3f %% of a core", 100 * share),
           absl::StrFormat("<= %.1f %%", 100 * kIdleGoalShare), share <= kIdleGoalShare);
  return absl::OkStatus();
}

absl::StatusOr<double> MedianJobNanos(controller::AgentClient& agent, const std::string& model,
                                      absl::Duration pause) {
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::Digest digest, Provide(agent, model));
  v1::JobSettings settings;
  settings.set_kind(v1::JOB_KIND_INSPECT);
  *settings.mutable_model()->mutable_artifact() = digest;
  settings.mutable_model()->set_display_name("small");
  settings.add_input_specs("float32[N,8]");
  std::vector<int64_t> times;
  for (int i = 0; i < kJobs; ++i) {
    absl::SleepFor(pause);
    EDGEBENCH_ASSIGN_OR_RETURN(const int64_t nanos, TimeInspectJob(agent, settings));
    times.push_back(nanos);
  }
  return Median(times).value_or(0);
}

std::string JobRow(const std::string& how) {
  return absl::StrFormat("inspect job, from submit to result, %s worker, median of %d", how, kJobs);
}

// An agent that keeps no worker.
absl::Status RunCold(const std::string& address, const std::string& model) {
  EDGEBENCH_ASSIGN_OR_RETURN(auto agent, controller::ConnectGrpc(address, kTimeout));
  EDGEBENCH_ASSIGN_OR_RETURN(const double nanos,
                             MedianJobNanos(*agent, model, absl::ZeroDuration()));
  PrintFigure(JobRow("cold"), FormatNanos(nanos));
  return absl::OkStatus();
}

absl::Status ReportWarmJobs(controller::AgentClient& agent, const std::string& model) {
  EDGEBENCH_ASSIGN_OR_RETURN(const double nanos, MedianJobNanos(agent, model, kWarmUpTime));
  PrintRow(JobRow("warm"), FormatNanos(nanos), absl::StrCat("<= ", FormatNanos(kWarmGoalNanos)),
           nanos <= kWarmGoalNanos);
  return absl::OkStatus();
}

absl::Status ReportUploads(controller::AgentClient& agent, const std::string& way,
                           const std::string& scratch) {
  std::vector<int64_t> hash_permille, write_permille;
  UploadRate last;
  for (int i = 0; i < kUploads; ++i) {
    EDGEBENCH_ASSIGN_OR_RETURN(last, TimeUpload(agent, scratch, kUploadBytes));
    hash_permille.push_back(static_cast<int64_t>(1000 * last.AgainstSha256()));
    write_permille.push_back(static_cast<int64_t>(1000 * last.AgainstWrite()));
  }
  const std::string what = absl::StrFormat("upload of %s over %s, median of %d, against",
                                           FormatBytes(kUploadBytes), way, kUploads);
  const double ratio = Median(hash_permille).value_or(0) / 1000;
  PrintRow(absl::StrCat(what, " SHA-256"),
           absl::StrFormat("%.2f (last: %.2f of %.2f GB/s)", ratio,
                           last.upload_bytes_per_second / 1e9, last.sha256_bytes_per_second / 1e9),
           absl::StrFormat(">= %.1f", kUploadGoal), ratio >= kUploadGoal);
  PrintFigure(
      absl::StrCat(what, " write and fsync"),
      absl::StrFormat("%.2f (last: %.2f of %.2f GB/s)", Median(write_permille).value_or(0) / 1000,
                      last.upload_bytes_per_second / 1e9, last.write_bytes_per_second / 1e9));
  return absl::OkStatus();
}

absl::Status RunWarm(const std::string& unix_address, const std::string& tcp_address,
                     const std::string& model, const std::string& scratch) {
  EDGEBENCH_ASSIGN_OR_RETURN(auto unix_agent, controller::ConnectGrpc(unix_address, kTimeout));
  EDGEBENCH_ASSIGN_OR_RETURN(auto tcp_agent, controller::ConnectGrpc(tcp_address, kTimeout));
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::Capabilities capabilities,
                             unix_agent->GetCapabilities(kTimeout));
  const int32_t pid = capabilities.agent_pid();
  EDGEBENCH_RETURN_IF_ERROR(ReportMemory("after the start", pid));
  EDGEBENCH_RETURN_IF_ERROR(ReportWarmJobs(*unix_agent, model));
  EDGEBENCH_RETURN_IF_ERROR(ReportUploads(*unix_agent, "a unix socket", scratch));
  EDGEBENCH_RETURN_IF_ERROR(ReportUploads(*tcp_agent, "TCP", scratch));
  EDGEBENCH_RETURN_IF_ERROR(ReportIdleCpu(pid));
  return ReportMemory("after the jobs and uploads above, clients connected", pid);
}

absl::Status Main(const std::vector<std::string>& arguments) {
  if (arguments.size() == 3 && arguments[0] == "cold") return RunCold(arguments[1], arguments[2]);
  if (arguments.size() == 5 && arguments[0] == "warm") {
    return RunWarm(arguments[1], arguments[2], arguments[3], arguments[4]);
  }
  return absl::InvalidArgumentError("see the head of bench_agent.cc for its arguments");
}

}  // namespace
}  // namespace edgebench::bench

int main(int argc, char** argv) {
  edgebench::controller::PrepareGrpc();
  if (const absl::Status status = edgebench::bench::Main({argv + 1, argv + argc}); !status.ok()) {
    std::fprintf(stderr, "bench_agent: %s\n", status.ToString().c_str());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
