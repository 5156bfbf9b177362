#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/command_line/help.h"
#include "controller/quantization_options.h"
#include "edgebench/v1/capabilities.pb.h"
#include "edgebench/v1/job.pb.h"

namespace edgebench::controller {

// The flags that describe a job, as typed. What a command does not offer
// keeps its default, which is the agent's.
struct JobOptions {
  std::string target, optimize;
  std::vector<std::string> engines;
  std::vector<int32_t> threads;
  std::optional<int32_t> fixed_samples, processes, telemetry_hz, niceness;
  std::optional<int64_t> seed;
  std::optional<double> lm_weight;
  std::optional<int32_t> beam;
  std::string target_ci, max_time, timeout, memory_limit;
  std::vector<std::string> inputs;
  std::string weights;  // a path, see weights_choice.h
  bool allow_missing = false;
  // Scenarios: at most one of cold, sustained and server; streams alone or with server.
  bool cold = false;
  std::string sustained;  // how long
  std::string server;     // the bound of the 99th percentile
  std::string pin_cpus, huge_pages;
  std::optional<int32_t> streams;
  QuantizationOptions quantization;
};

// "all" of --engine: each engine that the device has.
inline constexpr char kAllEngines[] = "all";

// --input, --weights, --allow-missing, --seed, --target, --threads, --engine, --optimize,
// --timeout, --memory-limit, and those of quantization_options.h.
void AddJobFlags(CLI::App& command, JobOptions& options);
// --target-ci, --k, --max-time, --processes, --telemetry-hz; the scenarios: --cold,
// --sustained, --streams, --server.
void AddMeasuringFlags(CLI::App& command, JobOptions& options);
// How the kernel runs the worker: --pin, --nice, --huge-pages.
void AddPlacementFlags(CLI::App& command, JobOptions& options);

// All but the engine and the threads, of which bench may have several (a single number of threads
// is set), and the files: calibration data, weights.
// INVALID_ARGUMENT names the flag and what it accepts.
absl::StatusOr<v1::JobSettings> SettingsFrom(const JobOptions& options, v1::JobKind kind);

// In how many fresh processes each cell is measured: --processes, else kColdProcesses of a cold
// start, of which each process has one, one where --k, --sustained or --server say how long it
// takes, else kDefaultProcesses.
int ProcessesOf(const JobOptions& options);
inline constexpr int kDefaultProcesses = 3;
inline constexpr int kColdProcesses = 10;

// The engines that are asked for on a device: each once, with kAllEngines replaced
// by those that it has.
//   UNIMPLEMENTED  all are asked for, and it has none
absl::StatusOr<std::vector<std::string>> EnginesOn(const std::string& device,
                                                   const v1::Capabilities& capabilities,
                                                   const std::vector<std::string>& asked);

// --ctc-weight, of which a sweep may have several.
void AddCtcWeights(CLI::App& command, std::vector<double>& weights);

// Comma-separated or repeated values of one flag, each flag taking one word. What a value
// is called in the help, DEVICE of --device, says what completes it (completion.h).
CLI::Option* AddList(CLI::App& command, const std::string& flag, std::vector<std::string>& values,
                     const std::string& help);
CLI::Option* AddList(CLI::App& command, const std::string& flag, std::vector<int32_t>& values,
                     const std::string& help);

// Accepts 1 to `largest`.
CLI::Validator UpTo(int64_t largest);

absl::StatusOr<std::vector<v1::Precision>> ParsePrecisions(const std::vector<std::string>& names);

}  // namespace edgebench::controller
