#include "agent/worker/fake_runner.h"
#include "tests/contract/model_runner_contract.h"

namespace edgebench::worker {
namespace {

v1::WorkerRequest::RunJob Job(v1::JobKind kind, const std::string& model) {
  v1::WorkerRequest::RunJob job;
  v1::JobSettings& settings = *job.mutable_settings();
  settings.set_kind(kind);
  settings.set_threads(1);
  settings.mutable_model()->set_zoo_name(model);
  settings.mutable_model()->set_display_name(model);
  return job;
}

RunnerCase FakeCase() {
  static FakeClock clock;
  RunnerCase fake;
  fake.name = "Fake";
  fake.make = [] { return std::make_unique<FakeRunner>(clock, FakeScript()); };
  fake.good_job = [](v1::JobKind kind, const TempDir&) { return Job(kind, "fake"); };
  fake.broken_job = [](const TempDir&) { return Job(v1::JOB_KIND_BENCHMARK, "broken"); };
  return fake;
}

INSTANTIATE_TEST_SUITE_P(Fake, ModelRunnerContract, testing::Values(FakeCase()),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace edgebench::worker
