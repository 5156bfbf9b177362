// What building a model of the zoo takes against loading its file with
// torch::jit::load: time, and memory beyond that of LibTorch itself.
//
//   bench_zoo                     runs the others, each in processes of its own
//   bench_zoo build MODEL         prints nanoseconds, and bytes resident at most
//   bench_zoo save MODEL FILE     writes what is loaded
//   bench_zoo load FILE           prints the same
#include <torch/script.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "agent/worker/process_memory.h"
#include "agent/worker/torch/library_start.h"
#include "agent/worker/torch/model_loader.h"
#include "agent/worker/zoo/registry.h"
#include "common/clock.h"
#include "common/quantities.h"
#include "common/stats.h"
#include "tests/bench/row.h"

namespace edgebench::bench {
namespace {

constexpr int kRuns = 5;
constexpr double kMemoryGoal = 1.3;  // of the parameters' bytes
constexpr const char* kModels[] = {"bert_base", "vgg16"};
constexpr const char* kConditionedModels[] = {"mobilenet_v2", "resnet50"};

struct Cost {
  int64_t ns = 0;
  int64_t bytes = 0;  // beyond what was resident before
};

constexpr const char* kSmallModel = "asr_lstm_ctc";

// The code of both ways is resident before either is measured: StartLibrary loads a file.
bool WarmUp() { return worker::StartLibrary().ok() && worker::zoo::Build(kSmallModel, {}).ok(); }

template <typename Make>
int Measure(const Make& make) {
  if (!WarmUp()) return EXIT_FAILURE;
  worker::ProcessMemory memory;
  memory.ResetPeak();
  const int64_t before = memory.PeakResidentBytes().value_or(0);
  RealClock clock;
  const int64_t start = clock.NowNanos();
  const torch::jit::Module module = make();
  const int64_t ns = clock.NowNanos() - start;
  absl::PrintF("%d %d\n", ns, memory.PeakResidentBytes().value_or(0) - before);
  return EXIT_SUCCESS;
}

std::string OutputOf(const std::string& arguments) {
  const std::string command = absl::StrCat("exec /proc/", getpid(), "/exe ", arguments);
  std::FILE* pipe = popen(command.c_str(), "r");
  char text[128] = {};
  const bool read = pipe != nullptr && std::fgets(text, sizeof text, pipe) != nullptr;
  const bool ended_well = pipe != nullptr && pclose(pipe) == 0;
  return read && ended_well ? text : "";
}

Cost CostOf(const std::string& arguments) {
  const std::vector<std::string> words = absl::StrSplit(OutputOf(arguments), ' ');
  Cost cost;
  if (words.size() != 2 || !absl::SimpleAtoi(words[0], &cost.ns) ||
      !absl::SimpleAtoi(words[1], &cost.bytes)) {
    std::fprintf(stderr, "bench_zoo: \"%s\" failed\n", arguments.c_str());
    std::exit(EXIT_FAILURE);
  }
  return cost;
}

int64_t ParameterBytes(const std::string& name) {
  for (const v1::ZooModel& model : worker::zoo::Models()) {
    if (model.name() == name) return model.parameters() * static_cast<int64_t>(sizeof(float));
  }
  return 0;
}

struct Costs {
  double ns = 0, bytes = 0;  // medians
};

Costs Medians(const std::vector<Cost>& runs) {
  std::vector<int64_t> ns, bytes;
  for (const Cost& run : runs) {
    ns.push_back(run.ns);
    bytes.push_back(run.bytes);
  }
  return {*Median(ns), *Median(bytes)};
}

// What both ways cost, run in turn.
std::pair<Costs, Costs> BuildingAndLoading(const std::string& model) {
  const std::string file = absl::StrCat("/tmp/bench_zoo.", getpid(), ".pt");
  OutputOf(absl::StrCat("save ", model, " ", file));
  std::vector<Cost> build, load;
  for (int run = 0; run < kRuns; ++run) {
    build.push_back(CostOf(absl::StrCat("build ", model)));
    load.push_back(CostOf(absl::StrCat("load ", file)));
  }
  std::remove(file.c_str());
  return {Medians(build), Medians(load)};
}

std::string InMegabytes(const Costs& build, const Costs& load) {
  return absl::StrFormat("%.2f (%.1f MB / %.1f MB)", build.bytes / load.bytes, build.bytes / 1e6,
                         load.bytes / 1e6);
}

std::string InTime(const Costs& build, const Costs& load) {
  return absl::StrFormat("%.2f (%s / %s)", build.ns / load.ns, FormatNanos(build.ns),
                         FormatNanos(load.ns));
}

void Compare(const std::string& model) {
  const auto [build, load] = BuildingAndLoading(model);
  PrintRow(absl::StrFormat("building %s against torch::jit::load, time", model),
           InTime(build, load), "below 1", build.ns < load.ns);
  PrintRow(absl::StrFormat("building %s against torch::jit::load, peak memory", model),
           InMegabytes(build, load), "at most 1.00", build.bytes / load.bytes < 1.005);
  const double share = build.bytes / static_cast<double>(ParameterBytes(model));
  PrintRow(absl::StrFormat("building %s, peak memory against its parameters", model),
           absl::StrFormat("%.2f", share), absl::StrFormat("at most %.1f", kMemoryGoal),
           share <= kMemoryGoal);
}

// Those with batch norms run once, to find their statistics.
void ShowConditioned(const std::string& model) {
  const auto [build, load] = BuildingAndLoading(model);
  PrintFigure(
      absl::StrFormat("building %s, with batch norms, against torch::jit::load, time", model),
      InTime(build, load));
  PrintFigure(absl::StrFormat(
                  "building %s, with batch norms, against torch::jit::load, peak memory", model),
              InMegabytes(build, load));
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    for (const char* model : kModels) Compare(model);
    for (const char* model : kConditionedModels) ShowConditioned(model);
    return EXIT_SUCCESS;
  }
  if (arguments.size() == 2 && arguments[0] == "build") {
    return Measure([&] { return *worker::zoo::Build(arguments[1], {}); });
  }
  if (arguments.size() == 2 && arguments[0] == "load") {
    return Measure([&] { return torch::jit::load(arguments[1], at::kCPU); });
  }
  if (arguments.size() == 3 && arguments[0] == "save") {
    const bool saved = worker::SaveModel(*worker::zoo::Build(arguments[1], {}), arguments[2]).ok();
    return saved && std::puts("saved") >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  std::fprintf(stderr, "usage: bench_zoo [build MODEL | save MODEL FILE | load FILE]\n");
  return EXIT_FAILURE;
}

}  // namespace
}  // namespace edgebench::bench

int main(int count, char** arguments) {
  return edgebench::bench::Main({arguments + 1, arguments + count});
}
