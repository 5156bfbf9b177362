#include "agent/worker/torch/torch_info.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/worker/torch/quantizer.h"
#include "agent/worker/torch/target.h"
#include "common/blas.h"
#include "common/names.h"
#include "edgebench/v1/worker.pb.h"

namespace edgebench::worker {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::Eq;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

TEST(TorchInfo, TellsVersionBuildAndDispatchLevel) {
  const v1::TorchInfo info = DescribeTorch();
  EXPECT_THAT(info.version(), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+.*"));
  EXPECT_THAT(info.build(), HasSubstr("PyTorch built with"));
  EXPECT_FALSE(info.cpu_capability().empty());
}

TEST(TorchInfo, ReadsTheDispatchLevelToTheEndOfItsLine) {
  const auto level = [](const std::string& words) {
    return CpuCapabilityIn("PyTorch built with:\n  - CPU capability usage: " + words +
                           "\n  - Build settings: BLAS_INFO=open\n");
  };
  EXPECT_EQ(level("AVX512"), "AVX512");
  EXPECT_EQ(level("Z VECTOR"), "Z VECTOR");
  EXPECT_EQ(level("NO AVX"), "default");
  EXPECT_EQ(level("DEFAULT"), "default");
  EXPECT_EQ(CpuCapabilityIn("PyTorch built with:\n"), "");
}

TEST(TorchInfo, NamesTheBlasThatIsReallyLoaded) {
  const BlasLibrary blas = FindBlas();
  EXPECT_THAT(blas.name,
              AnyOf(StartsWith("openblas "), Eq("reference"), Eq("mkl"), Eq("blis"), Eq("atlas")));
  EXPECT_EQ(blas.name.find("openblas") == 0, dlsym(RTLD_DEFAULT, "openblas_get_config") != nullptr);
  const bool may_be_static = blas.name == "mkl";
  EXPECT_TRUE(may_be_static || blas.path[0] == '/') << blas.path;
}

TEST(TorchInfo, SaysWhetherOpenBlasHasThreadsOfItsOwn) {
  using GetParallel = int (*)();
  const auto get = reinterpret_cast<GetParallel>(dlsym(RTLD_DEFAULT, "openblas_get_parallel"));
  const bool own = get != nullptr && get() == 1;
  EXPECT_EQ(CompetesWithOpenMp(FindBlas().name), own) << FindBlas().name;
}

TEST(TorchInfo, ListsTheDefaultAmongTheEngines) {
  const v1::TorchInfo info = DescribeTorch();
  EXPECT_THAT(info.quantized_engines(), Contains(info.default_engine()));
}

TEST(Threads, AreThoseThatWereSet) {
  UseThreads(2);
  EXPECT_EQ(at::get_num_threads(), 2);
  UseThreads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
}

TEST(Threads, AreSetForOpenBlasToo) {
  using GetThreads = int (*)();
  const auto get = reinterpret_cast<GetThreads>(dlsym(RTLD_DEFAULT, "openblas_get_num_threads"));
  if (get == nullptr) GTEST_SKIP() << "BLAS is not OpenBLAS here";
  UseThreads(1);
  EXPECT_EQ(get(), 1);
}

TEST(Target, IsTheCpuUnlessSaid) {
  EXPECT_TRUE(ChooseDevice("")->is_cpu());
  EXPECT_TRUE(ChooseDevice("cpu")->is_cpu());
}

TEST(Target, ThatIsCudaSaysWhatIsMissing) {
  const auto device = ChooseDevice("cuda:99");
  ASSERT_TRUE(absl::IsUnimplemented(device.status()));
  EXPECT_THAT(std::string(device.status().message()),
              HasSubstr(BuiltWithCuda() ? "CUDA devices, counted from 0" : "built without CUDA"));
}

TEST(Target, OfAnUnknownKindIsNamed) {
  for (const char* target : {"tpu", "cuda", "cuda:x", "cuda:-1"}) {
    const auto device = ChooseDevice(target);
    ASSERT_TRUE(absl::IsUnimplemented(device.status())) << target;
    EXPECT_THAT(std::string(device.status().message()), HasSubstr("there are cpu and cuda:N"));
  }
}

TEST(Target, OtherThanTheCpuRunsNoInt8) {
  EXPECT_TRUE(CheckDeviceRuns(at::kCPU, v1::PRECISION_INT8_STATIC).ok());
  EXPECT_TRUE(CheckDeviceRuns(at::kCUDA, v1::PRECISION_FP32).ok());
  EXPECT_TRUE(absl::IsUnimplemented(CheckDeviceRuns(at::kCUDA, v1::PRECISION_INT8_STATIC)));
}

TEST(Engine, IsTheDefaultUnlessSaid) {
  EXPECT_EQ(*ChooseEngine(""), DefaultQuantizedEngine());
  EXPECT_EQ(*ChooseEngine("auto"), DefaultQuantizedEngine());
  EXPECT_EQ(*ChooseEngine(QuantizedEngines().back()), QuantizedEngines().back());
}

TEST(Engine, ThatIsNotHereIsAnsweredWithThoseThatAre) {
  const auto engine = ChooseEngine("gemmlowp");
  ASSERT_TRUE(absl::IsUnimplemented(engine.status()));
  EXPECT_THAT(std::string(engine.status().message()), HasSubstr(QuantizedEngines().front()));
}

// Upstream builds of LibTorch have carried a protobuf of their own, which
// corrupted memory. Such a clash shall show here and not in the field.
TEST(Protobuf, ParsesAMessageInAProcessThatHasLibTorchLoaded) {
  at::ones({2, 2}).mm(at::ones({2, 2}));
  v1::WorkerRequest request;
  request.mutable_run_job()->mutable_settings()->set_batch(7);
  request.mutable_run_job()->mutable_settings()->add_input_specs("float32[N,3,H,W]");
  v1::WorkerRequest parsed;
  ASSERT_TRUE(parsed.ParseFromString(request.SerializeAsString()));
  EXPECT_EQ(parsed.SerializeAsString(), request.SerializeAsString());
  EXPECT_EQ(parsed.run_job().settings().batch(), 7);
}

}  // namespace
}  // namespace edgebench::worker
