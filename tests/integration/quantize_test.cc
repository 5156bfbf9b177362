#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "common/digest.h"
#include "tests/support/workbench.h"

namespace edgebench {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;
namespace fs = std::filesystem;

class Quantize : public ::testing::Test {
 protected:
  Workbench bench_;
};

TEST_F(Quantize, WritesAFileThatBenchesAsWhatItIs) {
  const std::string file = bench_.File("resnet18-int8.pt");
  const Finished run = bench_.Run({"quantize", "resnet18", "--precision", "int8-static",
                                   "--image-size", "64", "-o", file, "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json document = run.Json();
  EXPECT_EQ(document["precision"], "int8-static");
  EXPECT_EQ(document["output"], file);
  EXPECT_GT(document["duration_ns"], 0);
  EXPECT_GT(document["peak_rss_bytes"], 50'000'000);
  EXPECT_EQ(document["model_bytes"]["after"].get<uintmax_t>(), fs::file_size(file));
  EXPECT_GT(document["model_bytes"]["before"].get<double>(),
            3.5 * document["model_bytes"]["after"].get<double>());
  EXPECT_THAT(document["digest"].dump(), HasSubstr(DigestFile(file)->sha256()));

  const Finished bench = bench_.Run({"bench", file, "--input", "float32[N,3,H,W]", "--image-size",
                                     "64", "--threads", "1", "--k", "4", "--json"});
  ASSERT_EQ(bench.exit_code, 0) << bench.err;
  const Json row = bench.Json()["measurements"][0];
  EXPECT_EQ(row["outcome"], "ok");
  EXPECT_EQ(row["precision"], "int8-static");
  EXPECT_EQ(row["model"], "resnet18-int8.pt");
}

TEST_F(Quantize, WritesAZooModelAsAFile) {
  const std::string file = bench_.File("mobilenet.pt");
  const Finished run = bench_.Run({"quantize", "mobilenet_v2", "--precision", "fp32", "-o", file});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Finished again =
      bench_.Run({"quantize", file, "--precision", "int8-dynamic", "--input", "float32[N,3,H,W]",
                  "--image-size", "64", "-o", bench_.File("int8.pt"), "--json"});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.Json()["coverage"]["int8_ops"], 1);
}

TEST_F(Quantize, DoesNotOverwriteUnlessToldTo) {
  const std::string file = bench_.File("out.pt");
  ASSERT_TRUE(WriteFileAtomically(file, "precious").ok());
  const std::vector<std::string> call = {
      "quantize", "mobilenet_v2", "--precision", "int8-dynamic", "--image-size", "64", "-o", file};
  const Finished refused = bench_.Run(call);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
  EXPECT_EQ(*ReadFile(file), "precious");
  std::vector<std::string> forced = call;
  forced.push_back("--force");
  EXPECT_EQ(bench_.Run(forced).exit_code, 0);
  EXPECT_GT(fs::file_size(file), 1'000'000u);
}

TEST_F(Quantize, TheDatabaseHasTheDigestOfTheFile) {
  const std::string file = bench_.File("out.pt");
  ASSERT_EQ(bench_
                .Run({"quantize", "mobilenet_v2", "--precision", "int8-dynamic", "--image-size",
                      "64", "-o", file})
                .exit_code,
            0);
  EXPECT_EQ(bench_.Ask("SELECT status FROM job"), "ok");
  EXPECT_EQ(bench_.Ask("SELECT artifact_sha256 FROM measurement"), DigestFile(file)->sha256());
}

}  // namespace
}  // namespace edgebench
