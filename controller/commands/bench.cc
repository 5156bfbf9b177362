#include <memory>
#include <utility>

#include "common/status_macros.h"
#include "controller/bench_cells.h"
#include "controller/bench_options.h"
#include "controller/commands/commands.h"
#include "controller/run_labels.h"
#include "controller/sweep.h"
#include "controller/uuid.h"

namespace edgebench::controller {
namespace {

struct Options {
  BenchOptions bench;
  RunLabelOptions labels;
  bool json = false;
};

absl::StatusOr<ExitCode> RunBench(const Options& options, Session& session) {
  EDGEBENCH_ASSIGN_OR_RETURN(BenchCells cells, BenchCells::Prepare(options.bench));
  Sweep sweep;
  EDGEBENCH_ASSIGN_OR_RETURN(sweep.labels, LabelsFrom(options.labels));
  EDGEBENCH_ASSIGN_OR_RETURN(SharedStore* const store, session.Store());
  EDGEBENCH_ASSIGN_OR_RETURN(const auto devices, ConnectEach(session, cells.devices()));
  session.Collect();
  sweep.run_id = NewUuid();
  for (const auto& device : devices) {
    DeviceWork& work = sweep.work.emplace_back();
    work.device = device.get();
    EDGEBENCH_ASSIGN_OR_RETURN(work.cells, cells.CellsOn(*device));
  }
  return RunSweep(session, *store, std::move(sweep), options.json);
}

}  // namespace

CommandBody DefineBench(CLI::App& command) {
  const auto options = std::make_shared<Options>();
  command.group(kMeasuring);
  AddExamples(
      command,
      {{"Two models in two precisions, on this machine",
        "edgebench bench mobilenet_v2 resnet18 --precision fp32,int8-static"},
       {"A sweep over batch sizes, on this machine and on another",
        "edgebench bench squeezenet1_0 --batch 1,2,4,8 --device local,pi"},
       {"Every int8 engine that the device has, beside fp32",
        "edgebench bench resnet18 --precision fp32,int8-static --engine all"},
       {"A model with the weights of a checkpoint",
        "edgebench bench resnet18 --weights resnet18.pth --precision fp32,int8-static"},
       {"A TorchScript file, which does not say what its inputs look like",
        "edgebench bench my.pt --input 'float32[N,3,H,W]' --image-size 224"},
       {"The start of a process and its first inference", "edgebench bench resnet18 --cold"},
       {"Whether a device keeps its speed when it gets warm",
        "edgebench bench resnet18 --sustained 10min"},
       {"The rate at which 99 % of the requests are answered within 100 ms",
        "edgebench bench resnet18 --server 100ms --streams 2"}});
  command.footer(
      "Every measurement is stored as it arrives: edgebench results lists them, and "
      "edgebench run --resume goes on with a sweep that was cut off.");
  AddBenchFlags(command, options->bench);
  AddRunLabelFlags(command, options->labels);
  AddJsonFlag(command, options->json);
  return [options](Session& session) { return RunBench(*options, session); };
}

}  // namespace edgebench::controller
