#include "controller/job_options.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "common/proto_time.h"
#include "common/quantities.h"
#include "common/stats.h"
#include "common/status_macros.h"
#include "common/suggest.h"
#include "controller/exit_code.h"

namespace edgebench::controller {
namespace {

constexpr int32_t kLargestSize = 1 << 20;
constexpr int32_t kMaxProcesses = 1000;
constexpr char kDecoding[] = "Decoding, of speech";

// One that the device lacks is for the agent to judge; a word that is none is a
// slip of the pen.
absl::Status CheckEngines(const std::vector<std::string>& engines) {
  std::vector<std::string> allowed = EngineNames();
  allowed.emplace_back(kAllEngines);
  for (const std::string& engine : engines) {
    if (std::find(allowed.begin(), allowed.end(), engine) != allowed.end()) continue;
    return absl::InvalidArgumentError(absl::StrCat("--engine: there is no quantized engine '",
                                                   engine, "'.", DidYouMean(engine, allowed),
                                                   " Engines: ", absl::StrJoin(allowed, ", ")));
  }
  return absl::OkStatus();
}

absl::Status CheckTarget(const std::string& target) {
  int index = 0;
  const bool cuda =
      absl::StartsWith(target, "cuda:") && absl::SimpleAtoi(target.substr(5), &index) && index >= 0;
  if (target.empty() || target == "cpu" || cuda) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--target: '", target, "' is neither 'cpu' nor 'cuda:N', for example cuda:0"));
}

// "--max-time: " before what the parser says.
template <typename T>
absl::StatusOr<T> OfFlag(const char* flag, absl::StatusOr<T> value) {
  if (value.ok()) return value;
  return WithPrefix(value.status(), absl::StrCat(flag, ": "));
}

absl::Status SetLimits(const JobOptions& options, v1::JobSettings& settings) {
  if (!options.timeout.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::Duration timeout,
                               OfFlag("--timeout", ParseSeconds(options.timeout)));
    *settings.mutable_deadline() = ToProto(timeout);
  }
  if (!options.timeout.empty() && settings.has_max_time() &&
      FromProto(settings.deadline()) <= FromProto(settings.max_time())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--timeout ", options.timeout, " is not longer than --max-time ", options.max_time,
        ": the job would be ended without figures; give it more, or leave --timeout out"));
  }
  if (!options.memory_limit.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(const int64_t bytes,
                               OfFlag("--memory-limit", ParseBytes(options.memory_limit)));
    settings.set_memory_limit_bytes(bytes);
  }
  return absl::OkStatus();
}

// What its processes share is given to each in equal parts.
absl::Duration OfEachProcess(absl::Duration max_time, const JobOptions& options) {
  return max_time / ProcessesOf(options);
}

absl::Status CheckScenario(const JobOptions& options) {
  std::vector<std::string> given;
  if (options.cold) given.emplace_back("--cold");
  if (!options.sustained.empty()) given.emplace_back("--sustained");
  if (!options.server.empty()) given.emplace_back("--server");
  if (options.streams && options.server.empty()) given.emplace_back("--streams");
  if (options.fixed_samples) given.emplace_back("--k");
  if (given.size() < 2) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(absl::StrJoin(given, " and "),
                   " do not go together: each measures something else; run one after the other"));
}

absl::Status SetScenario(const JobOptions& options, v1::JobSettings& settings) {
  EDGEBENCH_RETURN_IF_ERROR(CheckScenario(options));
  if (options.streams) settings.set_streams(*options.streams);
  if (options.cold) {
    settings.set_scenario(v1::SCENARIO_COLD);
  } else if (!options.sustained.empty()) {
    settings.set_scenario(v1::SCENARIO_SUSTAINED);
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::Duration time,
                               OfFlag("--sustained", ParseSeconds(options.sustained)));
    *settings.mutable_max_time() = ToProto(time);
  } else if (!options.server.empty()) {
    settings.set_scenario(v1::SCENARIO_SERVER);
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::Duration bound,
                               OfFlag("--server", ParseSeconds(options.server)));
    *settings.mutable_latency_bound() = ToProto(bound);
  } else if (options.streams) {
    settings.set_scenario(v1::SCENARIO_THROUGHPUT);
  }
  return absl::OkStatus();
}

constexpr int32_t kMaxThreads = 1024;

absl::Status SetThreads(const JobOptions& options, v1::JobSettings& settings) {
  for (const int32_t threads : options.threads) {
    if (threads > kMaxThreads) {
      return absl::InvalidArgumentError(
          absl::StrCat("--threads: ", threads, " is not between 1 and ", kMaxThreads));
    }
  }
  if (options.threads.size() > 1 && settings.kind() != v1::JOB_KIND_BENCHMARK)
    return absl::InvalidArgumentError("--threads: only bench takes several numbers");
  if (options.threads.size() == 1) settings.set_threads(options.threads.front());
  return absl::OkStatus();
}

// Whether these processors exist is for the agent to say.
absl::Status SetPlacement(const JobOptions& options, v1::JobSettings& settings) {
  settings.set_pin_cpus(options.pin_cpus);
  if (options.niceness) settings.set_niceness(*options.niceness);
  if (options.huge_pages.empty()) return absl::OkStatus();
  settings.set_huge_pages(options.huge_pages == HugePagesName(v1::HUGE_PAGES_ON)
                              ? v1::HUGE_PAGES_ON
                              : v1::HUGE_PAGES_OFF);
  return absl::OkStatus();
}

// Of one cell, all its processes together.
absl::Duration DefaultMaxTime(v1::Scenario scenario) {
  return scenario == v1::SCENARIO_SERVER ? absl::Minutes(2) : absl::Seconds(10);
}

absl::Status SetMeasuring(const JobOptions& options, v1::JobSettings& settings) {
  if (options.fixed_samples) settings.set_fixed_samples(*options.fixed_samples);
  if (options.telemetry_hz) settings.set_telemetry_hz(*options.telemetry_hz);
  if (!options.target_ci.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(const double target_ci,
                               OfFlag("--target-ci", ParseFraction(options.target_ci)));
    settings.set_target_ci(target_ci);
  }
  EDGEBENCH_RETURN_IF_ERROR(SetScenario(options, settings));
  if (!options.max_time.empty() && !options.sustained.empty())
    return absl::InvalidArgumentError("--sustained says how long it takes; leave --max-time out");
  if (!options.max_time.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(const absl::Duration max_time,
                               OfFlag("--max-time", ParseSeconds(options.max_time)));
    *settings.mutable_max_time() = ToProto(OfEachProcess(max_time, options));
  } else if (settings.kind() == v1::JOB_KIND_BENCHMARK && !settings.has_max_time()) {
    *settings.mutable_max_time() =
        ToProto(OfEachProcess(DefaultMaxTime(settings.scenario()), options));
  }
  return absl::OkStatus();
}

}  // namespace

CLI::Validator UpTo(int64_t largest) {
  return CLI::Range(static_cast<int64_t>(1), largest).description("");
}

CLI::Option* AddList(CLI::App& command, const std::string& flag, std::vector<std::string>& values,
                     const std::string& help) {
  return command.add_option(flag, values, help)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name(absl::StrCat(absl::AsciiStrToUpper(flag.substr(2)), ",.."));
}

CLI::Option* AddList(CLI::App& command, const std::string& flag, std::vector<int32_t>& values,
                     const std::string& help) {
  return command.add_option(flag, values, help)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("N,..")
      ->check(UpTo(kLargestSize));
}

void AddCtcWeights(CLI::App& command, std::vector<double>& weights) {
  InGroup(command, kDecoding, [&] {
    command
        .add_option("--ctc-weight", weights,
                    "of CTC against attention: 0 to 1, 1 is CTC alone; default: 0.3")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->type_name("X,..")
        ->check(CLI::Range(0.0, 1.0).description(""));
  });
}

void AddJobFlags(CLI::App& command, JobOptions& options) {
  const auto add = [&](const char* flag, auto& value, const char* type, const char* help) {
    return command.add_option(flag, value, help)->type_name(type);
  };
  InGroup(command, "Inputs and weights", [&] {
    // Commas are part of a shape, so the list is by repetition only.
    add("--input", options.inputs, "SPEC",
        "an input of a model file, once for each: 'float32[N,3,H,W]', 'int64[N,L]:0..30521'")
        ->allow_extra_args(false);
    add("--weights", options.weights, "FILE",
        "of a model of the zoo: a state dict by torch.save or a .safetensors file; default: "
        "seeded random weights");
    command.add_flag("--allow-missing", options.allow_missing, "what --weights lacks stays random");
    add("--seed", options.seed, "N", "of weights, inputs and calibration; default: 0");
  });
  InGroup(command, "Execution", [&] {
    add("--target", options.target, "TARGET", "cpu (default) or cuda:N");
    AddList(command, "--threads", options.threads,
            "threads of LibTorch; default: the physical cores; bench takes several");
    AddList(command, "--engine", options.engines,
            "of int8: auto (default), x86, onednn, fbgemm, qnnpack; bench takes several, and "
            "'all' for each that there is");
    add("--optimize", options.optimize, absl::StrJoin(OptimizeNames(), "|").c_str(),
        "how far the graph is optimized; default: full");
    add("--timeout", options.timeout, "TIME",
        "end a job that takes longer, without figures: 90, 10min; default: 590 s more than it "
        "may measure");
    add("--memory-limit", options.memory_limit, "SIZE",
        "memory that a job may use: 2GB, 512MiB; default: the agent's");
  });
  AddQuantizationFlags(command, options.quantization);
  InGroup(command, kDecoding, [&] {
    add("--lm-weight", options.lm_weight, "X",
        "of the language model; 0: it does not run; default: 0.3")
        ->check(CLI::Range(0.0, 100.0).description(""));
    add("--beam", options.beam, "N", "hypotheses that are kept; default: 10")->check(UpTo(1000));
  });
}

void AddMeasuringFlags(CLI::App& command, JobOptions& options) {
  InGroup(command, "Measuring", [&] {
    command
        .add_option("--target-ci", options.target_ci,
                    "measure until the median is known this well: 1%; default: 3%")
        ->type_name("SHARE");
    command
        .add_option("--k", options.fixed_samples,
                    "take exactly this many samples in each process, in one process unless "
                    "--processes says otherwise")
        ->type_name("N")
        ->check(UpTo(kMaxFixedSamples));
    command
        .add_option("--processes", options.processes,
                    "fresh processes to measure each in, taking turns; what differs between them "
                    "enters the interval; default: 3")
        ->type_name("N")
        ->check(UpTo(kMaxProcesses));
    command
        .add_option("--max-time", options.max_time,
                    "measure each no longer than this, all processes together: 1min; default: "
                    "10 s")
        ->type_name("TIME");
    command
        .add_option("--telemetry-hz", options.telemetry_hz,
                    "look at clock, temperature and load so often a second meanwhile: 0 (never) "
                    "to 100; default: 10")
        ->type_name("N")
        ->check(CLI::Range(0, 100).description(""));
  });
  InGroup(command, "Figures other than latency, one of these", [&] {
    command.add_flag("--cold", options.cold,
                     "the start of a process, loading the stored model, its first and second "
                     "inference; in 10 processes");
    command
        .add_option("--sustained", options.sustained,
                    "go on for this long and show how the latency changes: 10min")
        ->type_name("TIME");
    command
        .add_option("--streams", options.streams,
                    "inferences per second of so many at the same time, which share the cores "
                    "unless --threads gives each some")
        ->type_name("N")
        ->check(UpTo(256));
    command
        .add_option("--server", options.server,
                    "the highest rate of random arrivals at which 99 % are answered within this "
                    "time: 50ms; --streams says how many are answered at once")
        ->type_name("TIME");
  });
}

void AddPlacementFlags(CLI::App& command, JobOptions& options) {
  InGroup(command, "How the kernel runs it", [&] {
    command.add_option("--pin", options.pin_cpus, "only on these processors of the device: 0-3,6")
        ->type_name("CPUS");
    command
        .add_option("--nice", options.niceness,
                    "niceness: -20 (first) to 19 (last); below 0 the agent has to be root")
        ->type_name("N")
        ->check(CLI::Range(-20, 19).description(""));
    command.add_option("--huge-pages", options.huge_pages, "transparent huge pages for its memory")
        ->type_name("on|off")
        ->check(CLI::IsMember(HugePagesNames()).description(""));
  });
}

absl::StatusOr<v1::JobSettings> SettingsFrom(const JobOptions& options, v1::JobKind kind) {
  v1::JobSettings settings;
  settings.set_kind(kind);
  EDGEBENCH_RETURN_IF_ERROR(CheckTarget(options.target));
  EDGEBENCH_RETURN_IF_ERROR(CheckEngines(options.engines));
  settings.set_target(options.target);
  EDGEBENCH_RETURN_IF_ERROR(ApplyQuantization(options.quantization, settings));
  if (!options.optimize.empty()) {
    EDGEBENCH_ASSIGN_OR_RETURN(const v1::Optimize optimize,
                               OfFlag("--optimize", ParseOptimize(options.optimize)));
    settings.set_optimize(optimize);
  }
  EDGEBENCH_RETURN_IF_ERROR(SetThreads(options, settings));
  EDGEBENCH_RETURN_IF_ERROR(SetPlacement(options, settings));
  if (options.seed) settings.set_seed(*options.seed);
  for (const std::string& input : options.inputs) settings.add_input_specs(input);
  if (options.lm_weight) settings.mutable_decoding()->set_lm_weight(*options.lm_weight);
  if (options.beam) settings.mutable_decoding()->set_beam(*options.beam);
  EDGEBENCH_RETURN_IF_ERROR(SetMeasuring(options, settings));
  EDGEBENCH_RETURN_IF_ERROR(SetLimits(options, settings));
  return settings;
}

int ProcessesOf(const JobOptions& options) {
  if (options.processes) return *options.processes;
  if (options.cold) return kColdProcesses;
  if (!options.sustained.empty() || !options.server.empty()) return 1;
  return options.fixed_samples ? 1 : kDefaultProcesses;
}

absl::StatusOr<std::vector<std::string>> EnginesOn(const std::string& device,
                                                   const v1::Capabilities& capabilities,
                                                   const std::vector<std::string>& asked) {
  std::vector<std::string> engines;
  for (const std::string& engine : asked) {
    if (engine != kAllEngines) {
      engines.push_back(engine);
      continue;
    }
    const auto& all = capabilities.torch().quantized_engines();
    if (all.empty()) {
      return absl::UnimplementedError(
          absl::StrCat("--engine all: the LibTorch of ", device, " has no quantized engine"));
    }
    engines.insert(engines.end(), all.begin(), all.end());
  }
  return engines;
}

absl::StatusOr<std::vector<v1::Precision>> ParsePrecisions(const std::vector<std::string>& names) {
  std::vector<v1::Precision> precisions;
  for (const std::string& name : names) {
    EDGEBENCH_ASSIGN_OR_RETURN(const v1::Precision precision,
                               OfFlag("--precision", ParsePrecision(name)));
    precisions.push_back(precision);
  }
  return precisions;
}

}  // namespace edgebench::controller
