#include "agent/worker/torch/torch_backend.h"

#include <ATen/Parallel.h>

#include "agent/worker/torch/library_start.h"
#include "agent/worker/torch/torch_info.h"
#include "agent/worker/torch/torch_runner.h"
#include "agent/worker/zoo/registry.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

class TorchBackend final : public Backend {
 public:
  v1::WorkerMessage::Description Describe() override {
    v1::WorkerMessage::Description description;
    *description.mutable_torch() = DescribeTorch();
    for (v1::ZooModel& model : zoo::Models()) *description.add_zoo() = std::move(model);
    return description;
  }

  std::unique_ptr<ModelRunner> NewRunner() override { return std::make_unique<TorchRunner>(); }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Backend>> MakeTorchBackend() {
  EDGEBENCH_RETURN_IF_ERROR(StartLibrary());
  return std::make_unique<TorchBackend>();
}

}  // namespace edgebench::worker
