#include "agent/worker/torch/torch_errors.h"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <new>
#include <stdexcept>

namespace edgebench::worker {
namespace {

template <typename Throw>
absl::Status StatusOf(Throw body) {
  return Guarded("loading", absl::StatusCode::kInvalidArgument, [&]() -> absl::Status {
    body();
    return absl::OkStatus();
  });
}

TEST(TorchErrors, AreNoneWhenNothingIsThrown) {
  EXPECT_TRUE(StatusOf([] {}).ok());
}

TEST(TorchErrors, BecomeTheCodeThatTheCallerChose) {
  EXPECT_EQ(StatusOf([] { throw std::runtime_error("no"); }),
            absl::InvalidArgumentError("loading: no"));
}

TEST(TorchErrors, OfMemoryAreResourceExhausted) {
  EXPECT_TRUE(absl::IsResourceExhausted(StatusOf([] { throw std::bad_alloc(); })));
  EXPECT_TRUE(absl::IsResourceExhausted(StatusOf([] { at::empty({1LL << 50}); })));
  EXPECT_TRUE(absl::IsResourceExhausted(
      StatusOf([] { throw std::runtime_error("RuntimeError: std::bad_alloc"); })));
}

TEST(TorchErrors, OfMemoryNameTheAllocation) {
  EXPECT_EQ(StatusOf([] { at::empty({1LL << 46}); }),
            absl::ResourceExhaustedError("loading: an allocation of 281 TB failed"));
}

TEST(TorchErrors, OfOneDnnLeaveOpenWhetherMemoryRanOut) {
  EXPECT_EQ(StatusOf([] { throw std::runtime_error("could not create a primitive"); }),
            absl::InvalidArgumentError("loading: could not create a primitive; oneDNN says so of "
                                       "what it does not support and when memory runs out"));
}

TEST(TorchErrors, OfAMissingKernelAreUnimplemented) {
  EXPECT_TRUE(absl::IsUnimplemented(
      StatusOf([] { at::quantize_per_tensor(at::ones({2}), 1, 0, at::kQInt8).cos(); })));
}

TEST(TorchErrors, AreShownWithoutTheInterpretersTraceback) {
  EXPECT_EQ(ErrorSummary("The following operation failed in the TorchScript interpreter.\n"
                         "Traceback of TorchScript (most recent call last):\n"
                         "  File \"x.py\", line 4, in forward\n    <--- HERE\n"
                         "RuntimeError: mat1 and mat2 shapes cannot be multiplied\n"),
            "mat1 and mat2 shapes cannot be multiplied");
}

TEST(TorchErrors, OfAModelsOwnClassesKeepTheirText) {
  const std::string traceback =
      "The following operation failed in the TorchScript interpreter.\n"
      "Traceback of TorchScript (most recent call last):\n"
      "  File \"x.py\", line 4, in forward\n    raise ValueError(\"...\")\n    <--- HERE\n";
  EXPECT_EQ(ErrorSummary(traceback + "builtins.ValueError: no image\nCPU: of 3 channels\n"),
            "no image");
  EXPECT_EQ(ErrorSummary(traceback + "__torch__.net.NoImage: wanted: 3 channels\n"),
            "wanted: 3 channels");
  EXPECT_EQ(ErrorSummary(traceback + "RuntimeError: " + traceback + "RuntimeError: within\n"),
            "within");
}

TEST(TorchErrors, WithoutATextAreShownByTheirClass) {
  EXPECT_EQ(ErrorSummary("The following operation failed in the TorchScript interpreter.\n"
                         "Traceback of TorchScript (most recent call last):\n"
                         "builtins.ValueError: \n"),
            "builtins.ValueError");
}

TEST(TorchErrors, AreShownByTheirFirstLine) {
  EXPECT_EQ(ErrorSummary("\n  first:\n  second\n"), "first");
  EXPECT_EQ(ErrorSummary(""), "no reason given");
}

}  // namespace
}  // namespace edgebench::worker
