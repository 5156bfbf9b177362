#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/settings.h"
#include "agent/torch_facts.h"
#include "common/clock.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/diagnosis.pb.h"

namespace edgebench::agent {

// This device as jobs and clients see it: the host, LibTorch and the limits
// of this agent in one place. Thread-safe.
class Device {
 public:
  struct Options {
    std::string name;
    std::string root;         // before /proc, /sys, /etc; "" but in tests
    std::string data_folder;  // whose disk counts
    int64_t job_memory_bytes = 0;
    int64_t cache_bytes = 0;
    // The name of what measures the energy of jobs on the processor, or why nothing does.
    std::function<absl::StatusOr<std::string>()> power_source;
  };
  // All must outlive this.
  Device(TorchFacts& torch, Clock& clock, Options options);

  // Always answers: without a working worker, torch and zoo are empty and a
  // warning says why.
  v1::Capabilities Describe();
  v1::Environment CurrentEnvironment();
  // Watches the device for a second and says what would spoil figures.
  std::vector<v1::Finding> Diagnose();
  google::protobuf::Timestamp Now();
  // What settings are checked against, but for find_artifact. Errors of TorchFacts::Get.
  absl::StatusOr<SettingsContext> SettingsLimits();

 private:
  v1::HostInfo Host() const;

  TorchFacts& torch_;
  Clock& clock_;
  const Options options_;
};

}  // namespace edgebench::agent
