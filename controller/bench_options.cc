#include "controller/bench_options.h"

#include <cstddef>
#include <iterator>

#include "controller/connect.h"
#include "controller/input_size.h"

namespace edgebench::controller {

namespace {

void AddAxes(CLI::App& command, BenchOptions& options) {
  AddList(command, "--device", options.devices, "where to measure; default: local");
  AddList(command, "--precision", options.precisions,
          "fp32 (default), fp16, bf16, int8-dynamic, int8-static, int8-weight-only, int8-qat; "
          "as-stored (default) for files");
  AddList(command, "--batch", options.batches, "batch sizes; default: 1");
  constexpr const char* kSizeHelp[] = {"image sizes; default: the model's",
                                       "sequence lengths; default: the model's",
                                       "lengths of speech, of 10 ms each; default: the model's"};
  for (size_t i = 0; i < std::size(kSizeHelp); ++i)
    AddList(command, InputSizesOfModels()[i].flag, options.sizes[i], kSizeHelp[i]);
}

}  // namespace

void AddBenchFlags(CLI::App& command, BenchOptions& options) {
  command.add_option("MODEL", options.models, "names of models, or TorchScript files")
      ->type_name("")
      ->required();
  options.devices = {kLocalDevice};
  InGroup(command, "What to measure", [&] { AddAxes(command, options); });
  AddMeasuringFlags(command, options.job);
  AddJobFlags(command, options.job);
  AddCtcWeights(command, options.ctc_weights);
  AddPlacementFlags(command, options.job);
}

}  // namespace edgebench::controller
