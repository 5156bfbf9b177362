#include "tests/bench/agent_probe.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <random>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/names.h"
#include "common/status_macros.h"

namespace edgebench::bench {
namespace {

absl::StatusOr<std::string> ReadProc(int32_t pid, const std::string& file) {
  const std::string path = absl::StrCat("/proc/", pid, "/", file);
  std::ifstream stream(path);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  return text.str();
}

// User and system time in clock ticks: fields 14 and 15 of proc(5)'s stat,
// counted after the command's closing parenthesis.
absl::StatusOr<int64_t> CpuTicks(int32_t pid) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string stat, ReadProc(pid, "stat"));
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(stat.rfind(')') + 2), absl::ByChar(' '));
  return std::stoll(fields.at(11)) + std::stoll(fields.at(12));
}

std::string RandomBytes(int64_t count) {
  std::mt19937_64 generator(std::random_device{}());
  std::string bytes(static_cast<size_t>(count), '\0');
  for (size_t at = 0; at + sizeof(uint64_t) <= bytes.size(); at += sizeof(uint64_t)) {
    const uint64_t word = generator();
    bytes.replace(at, sizeof(word), reinterpret_cast<const char*>(&word), sizeof(word));
  }
  return bytes;
}

absl::Status WriteAndSync(const std::string& path, absl::string_view content) {
  constexpr size_t kBlockBytes = 256 << 10;
  const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file.valid()) return ErrnoStatus(errno, path);
  while (!content.empty()) {
    const ssize_t count = write(file.get(), content.data(), std::min(content.size(), kBlockBytes));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ErrnoStatus(errno, path);
    content.remove_prefix(static_cast<size_t>(count));
  }
  return fsync(file.get()) == 0 ? absl::OkStatus() : ErrnoStatus(errno, path);
}

double BytesPerSecond(int64_t bytes, int64_t nanos) {
  return static_cast<double>(bytes) / absl::ToDoubleSeconds(absl::Nanoseconds(nanos));
}

}  // namespace

absl::StatusOr<int64_t> ResidentBytes(int32_t pid) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::string statm, ReadProc(pid, "statm"));
  const std::vector<std::string> fields = absl::StrSplit(statm, ' ');
  return std::stoll(fields.at(1)) * sysconf(_SC_PAGESIZE);
}

absl::StatusOr<double> CpuShare(int32_t pid, absl::Duration over) {
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t before, CpuTicks(pid));
  absl::SleepFor(over);
  EDGEBENCH_ASSIGN_OR_RETURN(const int64_t after, CpuTicks(pid));
  const double seconds =
      static_cast<double>(after - before) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return seconds / absl::ToDoubleSeconds(over);
}

absl::StatusOr<int64_t> TimeInspectJob(controller::AgentClient& agent,
                                       const v1::JobSettings& settings) {
  v1::SubmitJobRequest request;
  request.set_job_id(absl::StrCat("bench-", getpid(), "-", absl::GetCurrentTimeNanos()));
  request.set_submitter("tests/bench");
  *request.mutable_settings() = settings;
  RealClock clock;
  const int64_t start = clock.NowNanos();
  EDGEBENCH_RETURN_IF_ERROR(agent.SubmitJob(request).status());
  EDGEBENCH_RETURN_IF_ERROR(
      agent.WatchJob(request.job_id(), 0, [](const v1::JobEvent&) { return true; }));
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::JobResult result, agent.GetJobResult(request.job_id()));
  const int64_t nanos = clock.NowNanos() - start;
  EDGEBENCH_RETURN_IF_ERROR(agent.AcknowledgeJobResult(request.job_id()));
  if (result.outcome() != v1::OUTCOME_OK) {
    return absl::InternalError(
        absl::StrCat("inspect: ", OutcomeName(result.outcome()), ": ", result.message()));
  }
  return nanos;
}

absl::StatusOr<UploadRate> TimeUpload(controller::AgentClient& agent, const std::string& path,
                                      int64_t bytes) {
  RealClock clock;
  UploadRate rate;
  v1::Digest digest;
  {
    const std::string content = RandomBytes(bytes);
    if (!(std::ofstream(path, std::ios::binary) << content).flush()) {
      return absl::UnavailableError(absl::StrCat(path, " cannot be written"));
    }
    int64_t start = clock.NowNanos();
    digest.set_sha256(Sha256Hex(content));
    rate.sha256_bytes_per_second = BytesPerSecond(bytes, clock.NowNanos() - start);
    digest.set_size_bytes(bytes);
    const std::string copy = path + ".copy";
    start = clock.NowNanos();
    const absl::Status written = WriteAndSync(copy, content);
    rate.write_bytes_per_second = BytesPerSecond(bytes, clock.NowNanos() - start);
    unlink(copy.c_str());
    EDGEBENCH_RETURN_IF_ERROR(written);
  }
  const int64_t start = clock.NowNanos();
  EDGEBENCH_RETURN_IF_ERROR(agent.UploadArtifact(digest, path, 0, [](int64_t) {}));
  rate.upload_bytes_per_second = BytesPerSecond(bytes, clock.NowNanos() - start);
  return rate;
}

absl::StatusOr<v1::Digest> Provide(controller::AgentClient& agent, const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(const v1::Digest digest, DigestFile(path));
  EDGEBENCH_ASSIGN_OR_RETURN(const auto missing, agent.FindMissingArtifacts({digest}));
  if (!missing.empty())
    EDGEBENCH_RETURN_IF_ERROR(agent.UploadArtifact(digest, path, 0, [](int64_t) {}));
  return digest;
}

}  // namespace edgebench::bench
