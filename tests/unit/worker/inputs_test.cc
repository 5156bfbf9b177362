#include "agent/worker/torch/inputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/torch_models.h"

namespace edgebench::worker {
namespace {

using testing::HasSubstr;

at::Tensor Draw(const std::string& spec, int64_t seed = 0) {
  InputSizes sizes;
  sizes.batch = 4;
  sizes.image_size = 16;
  sizes.seq_len = 32;
  const auto inputs = MakeInputs(*ParseInputSpecs({spec}), sizes, seed);
  EXPECT_TRUE(inputs.ok()) << inputs.status();
  return inputs->at(0).toTensor();
}

TEST(Inputs, HaveTheShapeThatTheSizesGive) {
  EXPECT_EQ(Draw("float32[N,3,H,W]").sizes(), at::IntArrayRef({4, 3, 16, 16}));
  EXPECT_EQ(Draw("int64[N,L]").sizes(), at::IntArrayRef({4, 32}));
  EXPECT_EQ(Draw("float32[]").dim(), 0);
}

TEST(Inputs, HaveTheTypeOfTheSpec) {
  EXPECT_EQ(Draw("float64[2]").scalar_type(), at::kDouble);
  EXPECT_EQ(Draw("float16[2]").scalar_type(), at::kHalf);
  EXPECT_EQ(Draw("int32[2]").scalar_type(), at::kInt);
  EXPECT_EQ(Draw("uint8[2]:0..255").scalar_type(), at::kByte);
  EXPECT_EQ(Draw("bool[2]").scalar_type(), at::kBool);
}

TEST(Inputs, AreTheSameForTheSameSeedOnly) {
  EXPECT_TRUE(Draw("float32[100]", 1).equal(Draw("float32[100]", 1)));
  EXPECT_FALSE(Draw("float32[100]", 1).equal(Draw("float32[100]", 2)));
}

TEST(Inputs, DoNotDependOnTheGlobalGenerator) {
  const at::Tensor before = Draw("float32[100]");
  at::rand({10});
  EXPECT_TRUE(before.equal(Draw("float32[100]")));
}

TEST(Inputs, OfAFloatingTypeHaveMeanZeroAndVarianceOneUnlessTold) {
  const at::Tensor values = Draw("float32[100000]");
  EXPECT_NEAR(values.mean().item<double>(), 0, 0.02);
  EXPECT_NEAR(values.var().item<double>(), 1, 0.02);
}

TEST(Inputs, StayWithinTheRangeOfTheSpec) {
  const at::Tensor floats = Draw("float32[10000]:-2..3");
  EXPECT_GE(floats.min().item<float>(), -2);
  EXPECT_LE(floats.max().item<float>(), 3);
  EXPECT_LT(floats.min().item<float>(), -1.9);
  EXPECT_GT(floats.max().item<float>(), 2.9);
}

TEST(Inputs, OfAnIntegerTypeReachBothEndsOfTheRange) {
  const at::Tensor tokens = Draw("int64[10000]:5..7");
  EXPECT_EQ(tokens.min().item<int64_t>(), 5);
  EXPECT_EQ(tokens.max().item<int64_t>(), 7);
  EXPECT_EQ(Draw("int64[1000]").max().item<int64_t>(), 1);
}

TEST(Inputs, NameTheSizeThatIsMissing) {
  InputSizes sizes;
  const auto inputs = MakeInputs(*ParseInputSpecs({"float32[N,3,H,W]"}), sizes, 0);
  EXPECT_TRUE(absl::IsInvalidArgument(inputs.status()));
  EXPECT_THAT(std::string(inputs.status().message()), HasSubstr("--image-size"));
}

TEST(Inputs, ThatAreMalformedAreInvalid) {
  EXPECT_TRUE(absl::IsInvalidArgument(ParseInputSpecs({"float32[N"}).status()));
}

torch::jit::Module TwoInputs() {
  return ScriptedModule("def forward(self, x, mask, scale: float = 1.0): return x * mask * scale");
}

TEST(Signature, ShowsNamesAndTypes) {
  EXPECT_EQ(Signature(TwoInputs()),
            "forward(x: Tensor, mask: Tensor, scale: float = ...) -> Tensor");
}

TEST(Signature, AcceptsAsManyInputsAsForwardNeeds) {
  EXPECT_TRUE(CheckSignature(TwoInputs(), 2).ok());
}

TEST(Signature, RefusesAFileWithoutInputsAndShowsAnExample) {
  const absl::Status status = CheckSignature(TwoInputs(), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("forward(x: Tensor, mask: Tensor"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("--input 'float32[N,3,H,W]' --input 'float32[N,3,H,W]'"));
}

TEST(Signature, RefusesMoreInputsThanForwardTakes) {
  EXPECT_TRUE(absl::IsInvalidArgument(CheckSignature(TwoInputs(), 4)));
}

TEST(Signature, RefusesAnInputThatIsNoTensor) {
  const torch::jit::Module module =
      ScriptedModule("def forward(self, x, times: int): return x * times");
  const absl::Status status = CheckSignature(module, 2);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("times is a int"));
}

TEST(Signature, AcceptsATensorThatMayBeMissing) {
  const torch::jit::Module module =
      ScriptedModule("def forward(self, x, mask: Optional[Tensor]): return x");
  EXPECT_TRUE(CheckSignature(module, 2).ok());
}

}  // namespace
}  // namespace edgebench::worker
