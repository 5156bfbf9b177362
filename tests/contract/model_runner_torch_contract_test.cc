#include <memory>

#include "agent/worker/torch/torch_backend.h"
#include "common/file.h"
#include "tests/contract/model_runner_contract.h"
#include "tests/unit/worker/torch_models.h"

namespace edgebench::worker {
namespace {

Backend& SharedBackend() {
  static Backend& backend = *(*MakeTorchBackend()).release();  // LibTorch starts once per process
  return backend;
}

v1::WorkerRequest::RunJob Job(v1::JobKind kind, const std::string& path) {
  v1::WorkerRequest::RunJob job;
  job.set_model_path(path);
  v1::JobSettings& settings = *job.mutable_settings();
  settings.set_kind(kind);
  settings.set_precision(v1::PRECISION_FP32);
  settings.set_threads(1);
  settings.add_input_specs("float32[N,3,8,8]");
  settings.mutable_model()->mutable_artifact()->set_sha256("0123");
  settings.mutable_model()->set_display_name("small.pt");
  return job;
}

RunnerCase TorchCase() {
  RunnerCase torch;
  torch.name = "Torch";
  torch.make = [] { return SharedBackend().NewRunner(); };
  torch.good_job = [](v1::JobKind kind, const TempDir& folder) {
    const std::string path = folder.File("small.pt");
    SaveSmallModel(path);
    return Job(kind, path);
  };
  torch.broken_job = [](const TempDir& folder) {
    const std::string path = folder.File("small.pt");
    if (!WriteFileAtomically(path, "this is no model").ok()) std::abort();
    return Job(v1::JOB_KIND_BENCHMARK, path);
  };
  return torch;
}

INSTANTIATE_TEST_SUITE_P(Torch, ModelRunnerContract, testing::Values(TorchCase()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace edgebench::worker
