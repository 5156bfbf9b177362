#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/agent_client.h"

namespace edgebench::bench {

// Resident memory of a process, from /proc.
absl::StatusOr<int64_t> ResidentBytes(int32_t pid);

// Share of one core that a process used over a time, which this call waits for.
absl::StatusOr<double> CpuShare(int32_t pid, absl::Duration over);

// Nanoseconds from submitting an inspect job to holding its result. The result
// is acknowledged.
absl::StatusOr<int64_t> TimeInspectJob(controller::AgentClient& agent,
                                       const v1::JobSettings& settings);

// Uploads a file of random bytes under its digest, beside what bounds the rate:
// hashing the same bytes in memory, and writing and syncing a copy of the file
// in its folder.
struct UploadRate {
  double upload_bytes_per_second = 0;
  double sha256_bytes_per_second = 0;
  double write_bytes_per_second = 0;
  double AgainstSha256() const { return upload_bytes_per_second / sha256_bytes_per_second; }
  double AgainstWrite() const { return upload_bytes_per_second / write_bytes_per_second; }
};
absl::StatusOr<UploadRate> TimeUpload(controller::AgentClient& agent, const std::string& path,
                                      int64_t bytes);

// Uploads a small file unless the agent has it, and answers its digest.
absl::StatusOr<v1::Digest> Provide(controller::AgentClient& agent, const std::string& path);

}  // namespace edgebench::bench
