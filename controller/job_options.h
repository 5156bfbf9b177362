#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::controller {

// The flags that describe a job, as typed. What a command does not offer
// keeps its default, which is the agent's.
struct JobOptions {
  std::string target, engine, optimize, observer;
  std::optional<int32_t> threads, fixed_samples;
  std::optional<int64_t> seed;
  std::string target_ci, max_time, timeout, memory_limit;
  std::vector<std::string> inputs;
};

// --target, --threads, --engine, --optimize, --input, --seed, --observer,
// --timeout, --memory-limit.
void AddJobFlags(CLI::App& command, JobOptions& options);
// --target-ci, --k, --max-time.
void AddMeasuringFlags(CLI::App& command, JobOptions& options);

// INVALID_ARGUMENT names the flag and what it accepts.
absl::StatusOr<v1::JobSettings> SettingsFrom(const JobOptions& options, v1::JobKind kind);

// Comma-separated or repeated values of one flag, each flag taking one word.
CLI::Option* AddList(CLI::App& command, const std::string& flag, std::vector<std::string>& values,
                     const std::string& help);
CLI::Option* AddList(CLI::App& command, const std::string& flag, std::vector<int32_t>& values,
                     const std::string& help);

// Accepts 1 to `largest`.
CLI::Validator UpTo(int64_t largest);

absl::StatusOr<std::vector<v1::Precision>> ParsePrecisions(const std::vector<std::string>& names);

}  // namespace edgebench::controller
