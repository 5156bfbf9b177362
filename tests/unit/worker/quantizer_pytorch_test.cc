// Beside what PyTorch's own tooling makes of the same model and data.
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <fstream>
#include <string>
#include <tuple>

#include "agent/worker/torch/outputs.h"
#include "agent/worker/torch/parity.h"
#include "agent/worker/torch/quantizer.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

struct Peer {
  std::string model;
  v1::Precision precision;
  std::vector<int64_t> shape;
};

const Peer kPeers[] = {
    {"resnet18", v1::PRECISION_INT8_STATIC, {1, 3, 96, 96}},
    {"squeezenet1_0", v1::PRECISION_INT8_STATIC, {1, 3, 96, 96}},
    {"lstm", v1::PRECISION_INT8_DYNAMIC, {2, 7, 16}},
};

class PeerTest : public ::testing::TestWithParam<std::tuple<Peer, std::string /*engine*/>> {
 protected:
  static void SetUpTestSuite() {
    folder_ = new ScratchFolder;
    ASSERT_EQ(RunPython("user_modules.py", folder_->path()), 0);
    const std::vector<at::Tensor> calibration = Calibration(kPeers[0].shape);
    const std::vector<char> file = torch::jit::pickle_save(c10::IValue(calibration));
    std::ofstream(folder_->File("calibration.pt"), std::ios::binary)
        .write(file.data(), static_cast<std::streamsize>(file.size()));
    for (const std::string& engine : QuantizedEngines()) {
      ASSERT_EQ(RunPython("pytorch_quantized.py", folder_->path() + " " + engine), 0);
    }
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static std::vector<at::Tensor> Calibration(const std::vector<int64_t>& shape) {
    return {SeededInput(shape, 2), SeededInput(shape, 3)};
  }

  static ScratchFolder* folder_;
  const at::NoGradGuard no_grad_;
};

ScratchFolder* PeerTest::folder_ = nullptr;

INSTANTIATE_TEST_SUITE_P(PyTorch, PeerTest,
                         ::testing::Combine(::testing::ValuesIn(kPeers),
                                            ::testing::ValuesIn(QuantizedEngines())),
                         [](const auto& param_info) {
                           return std::get<0>(param_info.param).model + "_" +
                                  std::get<1>(param_info.param);
                         });

TEST_P(PeerTest, IsAsNearToFp32AsWhatPyTorchMakes) {
  const auto& [peer, engine] = GetParam();
  torch::jit::Module module = torch::jit::load(folder_->File(peer.model + "_scripted.pt"));
  module.eval();
  std::vector<ModelInputs> calibration;
  for (const at::Tensor& values : Calibration(peer.shape)) calibration.push_back({values});
  auto ours = Quantize(module, {peer.precision, engine, "min-max"}, calibration);
  ASSERT_TRUE(ours.ok()) << ours.status();
  torch::jit::Module theirs =
      torch::jit::load(folder_->File(peer.model + "_pytorch_" + engine + ".pt"));

  std::vector<int64_t> shape = peer.shape;
  shape[0] *= 8;
  const ModelInputs inputs = {SeededInput(shape)};
  const std::vector<at::Tensor> reference = *FlattenOutputs(module.forward(inputs));
  const double our_sqnr =
      MeasureParity(reference, *FlattenOutputs(ours->module.forward(inputs)))->sqnr_db();
  const double their_sqnr =
      MeasureParity(reference, *FlattenOutputs(theirs.forward(inputs)))->sqnr_db();
  // On one network chance decides more than the method: PyTorch's own figures for squeezenet1_0
  // differ by 0.4 dB on average, 1.3 at most, when its weights' scales are divided by 127 in
  // place of 127.5. tests/bench/quantize averages over networks.
  constexpr double kChance = 2;
  EXPECT_GE(our_sqnr, their_sqnr - kChance) << "PyTorch has " << their_sqnr << " dB";
}

}  // namespace
}  // namespace edgebench::worker
