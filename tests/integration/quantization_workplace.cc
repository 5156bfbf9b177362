#include "tests/integration/quantization_workplace.h"

#include <utility>

namespace edgebench {
namespace {

std::unique_ptr<Workbench> workbench;
std::unique_ptr<AgentProcess> running_agent;

class Files : public ::testing::Environment {
 public:
  void SetUp() override {
    workbench = std::make_unique<Workbench>();
    Subprocess::Options python;
    python.argv = {"/usr/bin/python3", EDGEBENCH_MAKE_QUANTIZATION_FILES, workbench->folder()};
    python.environment = {"PATH=/usr/bin:/bin", "HOME=" + workbench->folder(), "OMP_NUM_THREADS=1"};
    python.output_prefix = workbench->File("python");
    Subprocess process(python);
    const auto state = process.Wait(absl::Minutes(2));
    ASSERT_TRUE(state && state->code == 0)
        << "python3-torch and python3-pil are needed: " << process.errors();
    running_agent = workbench->StartAgent();
  }

  void TearDown() override {
    running_agent.reset();
    workbench.reset();
  }
};

const ::testing::Environment* const files = ::testing::AddGlobalTestEnvironment(new Files);

}  // namespace

void QuantizationTest::SetUp() { ASSERT_NE(running_agent, nullptr); }

Workbench& QuantizationTest::bench() { return *workbench; }

AgentProcess& QuantizationTest::agent() { return *running_agent; }

std::vector<std::string> QuantizationTest::CallFor(const std::string& model,
                                                   const std::string& output,
                                                   const std::vector<std::string>& flags) {
  std::vector<std::string> call = {"quantize",         File(model),    "--input",
                                   "float32[N,3,H,W]", "--image-size", "32",
                                   "--json",           "-o",           output};
  call.insert(call.end(), flags.begin(), flags.end());
  return call;
}

std::vector<std::string> QuantizationTest::EnginesOfDevice() {
  const Finished show = bench().Run({"device", "show", "local", "--json"});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  std::vector<std::string> engines = show.Json()["torch"]["quantized_engines"];
  EXPECT_FALSE(engines.empty());
  return engines;
}

Finished QuantizationTest::Finish(Subprocess& process) {
  const auto state = process.Wait(absl::Minutes(2));
  EXPECT_TRUE(state.has_value()) << process.errors();
  return {state ? state->code : -1, process.output(), process.errors()};
}

}  // namespace edgebench
