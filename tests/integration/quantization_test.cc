#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "common/digest.h"
#include "tests/integration/quantization_workplace.h"

namespace edgebench {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;
using Json = nlohmann::json;
namespace fs = std::filesystem;

const std::vector<std::string> kStatic = {"--precision", "int8-static"};

std::vector<std::string> With(std::vector<std::string> flags,
                              const std::vector<std::string>& more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

class Quantization : public QuantizationTest {
 protected:
  // The document of a call that must succeed.
  static Json DocumentOf(const std::string& model, const std::string& output,
                         const std::vector<std::string>& flags) {
    const Finished run = QuantizeImages(model, output, flags);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return run.exit_code == 0 ? run.Json() : Json::object();
  }

  static Json RowsOf(const std::string& model, const std::vector<std::string>& flags) {
    const Finished run =
        bench().Run(With({"bench", File(model), "--threads", "1", "--k", "3", "--json"}, flags));
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const Json document = run.Json();
    return document.is_object() ? document["measurements"] : Json::array();
  }

  static std::vector<std::string> Names(const Json& operators) {
    std::vector<std::string> names;
    for (const Json& each : operators) names.push_back(each["name"]);
    return names;
  }
};

TEST_F(Quantization, IsCalibratedWithAFolderOfImages) {
  const Json document =
      DocumentOf("small.pt", File("photos-int8.pt"),
                 With(kStatic, {"--calibration", Calibration("photos"), "--batch", "2"}));
  EXPECT_EQ(document["calibration_source"],
            "photos: 5 images, shorter side resized to 37, centre crop 32, ImageNet mean and std; "
            "2 batches of 2, 1 left over");
  EXPECT_EQ(document["quantization"]["calibration"], "photos");
  EXPECT_EQ(document["quantization"]["calibration_digest"].get<std::string>().size(), 64u);
  EXPECT_EQ(document["quantization"]["observer"], "histogram");
}

TEST_F(Quantization, IsCalibratedWithAFileOfTensorsWhoseRangesItTakes) {
  const Json document = DocumentOf("small.pt", File("tensors-int8.pt"),
                                   With(kStatic, {"--calibration", Calibration("data.pt")}));
  EXPECT_EQ(document["calibration_source"], "data.pt: 12 samples; 12 batches of 1");
  EXPECT_EQ(document["parity"]["source"], "3 of the 12 batches of data.pt, held out");
  EXPECT_EQ(document["parity"]["top1_rows"], 3);
  EXPECT_EQ(document["quantization"]["calibration_digest"].get<std::string>(),
            DigestFile(Calibration("data.pt"))->sha256());
  const Json random = DocumentOf("small.pt", File("random-int8.pt"), kStatic);
  EXPECT_EQ(random["calibration_source"], "2 seeded random batches");
  EXPECT_EQ(random["parity"]["source"], "1 seeded random batch");
  EXPECT_EQ(random["quantization"]["calibration"], nullptr);
  EXPECT_NE(random["digest"], document["digest"]) << "other data, other ranges";
}

TEST_F(Quantization, HasItsParityMeasuredOnDataThatCalibrateNothing) {
  const Json document =
      DocumentOf("small.pt", File("dynamic-int8.pt"),
                 {"--precision", "int8-dynamic", "--calibration", Calibration("data.pt")});
  EXPECT_EQ(document["parity"]["source"], "3 of the 12 batches of data.pt");
  EXPECT_EQ(document["parity"]["top1_rows"], 3);
  EXPECT_EQ(document["calibration_source"], nullptr) << "its ranges are found as it runs";
}

TEST_F(Quantization, HasARowForEachEngine) {
  const Json rows = RowsOf("small.pt", {"--input", "float32[N,3,32,32]", "--precision",
                                        "int8-static", "--engine", "all"});
  std::vector<std::string> engines;
  for (const Json& row : rows) {
    engines.push_back(row["engine"]);
    EXPECT_EQ(row["outcome"], "ok") << row["message"];
    EXPECT_EQ(row["coverage"]["int8_ops"], 4);
    EXPECT_GT(row["parity"]["sqnr_db"].get<double>(), 20.0);
  }
  EXPECT_THAT(engines, UnorderedElementsAreArray(EnginesOfDevice()));
}

TEST_F(Quantization, KeepsWhatItIsToldToAndCoverageNamesIt) {
  const Json document = DocumentOf("small.pt", File("kept.pt"),
                                   With(kStatic, {"--keep", "fp32:features.0,classifier.*"}));
  EXPECT_THAT(document["quantization"]["keep_fp32"],
              UnorderedElementsAre(Json("features.0"), Json("classifier.*")));
  EXPECT_EQ(document["coverage"]["int8_ops"], 1);
  EXPECT_EQ(document["coverage"]["total_ops"], 4);
  std::map<std::string, std::string> precisions;
  for (const Json& op : document["coverage"]["executed"]) {
    if (!op["name"].is_string()) continue;
    precisions[op["name"]] = op["precision"];
    if (op["precision"] == "fp32") {
      EXPECT_EQ(op["reason"], "kept fp32 by --keep") << op;
    }
  }
  EXPECT_EQ(precisions["features.0"], "fp32");
  EXPECT_EQ(precisions["features.3"], "int8-static");
  EXPECT_EQ(precisions["classifier.0"], "fp32");
  EXPECT_EQ(precisions["classifier.2"], "fp32");
}

TEST_F(Quantization, HoldsABoundByKeepingWhatHurtsMost) {
  const Json free =
      DocumentOf("small.pt", File("free.pt"), With(kStatic, {"--weight-scheme", "per-tensor"}));
  const double without = free["parity"]["sqnr_db"];
  const double bound = without + 2;
  const Json document = DocumentOf(
      "small.pt", File("bound.pt"),
      With(kStatic, {"--weight-scheme", "per-tensor", "--min-sqnr", std::to_string(bound)}));
  EXPECT_GE(document["parity"]["sqnr_db"].get<double>(), bound);
  const Json& ranking = document["sensitivity"];
  EXPECT_THAT(Names(ranking),
              UnorderedElementsAre("features.0", "features.3", "classifier.0", "classifier.2"));
  for (size_t i = 1; i < ranking.size(); ++i) {
    EXPECT_LE(ranking[i - 1]["sqnr_db"], ranking[i]["sqnr_db"]) << "the worst first";
    EXPECT_GE(ranking[i - 1]["kept_fp32"], ranking[i]["kept_fp32"]) << "the worst are kept";
  }
  EXPECT_EQ(ranking[0]["kept_fp32"], true);
  const auto kept = std::count_if(ranking.begin(), ranking.end(),
                                  [](const Json& each) { return each["kept_fp32"] == true; });
  EXPECT_EQ(document["coverage"]["int8_ops"], 4 - kept);
  EXPECT_LT(kept, 4) << "as few as will do";
}

TEST_F(Quantization, EndsATrainingEarlyAndConvertsWhatWasLearned) {
  const std::string file = File("trained.pt");
  Subprocess training =
      bench().Start(CallFor("small.pt", file,
                            {"--precision", "int8-qat", "--qat-steps", "100000", "--batch", "4",
                             "--calibration", Calibration("data.pt")}));
  ASSERT_TRUE(bench().WaitForNewestJob("running")) << training.errors();
  const std::string id = bench().Ask("SELECT id FROM job ORDER BY sequence DESC LIMIT 1");
  Subprocess watch = bench().Start({"job", "watch", id}, /*on_terminal=*/true);
  ASSERT_TRUE(watch.WaitForText("loss", absl::Minutes(1))) << watch.output();
  const Finished told = bench().Run({"job", "finish", id});
  EXPECT_EQ(told.exit_code, 0) << told.err;

  const Finished run = Finish(training);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json document = run.Json();
  EXPECT_EQ(document["training"]["finished_early"], true);
  const size_t steps = document["training"]["loss"].size();
  EXPECT_GT(steps, 0u);
  EXPECT_LT(steps, 100'000u);
  EXPECT_EQ(document["coverage"]["int8_ops"], 4);
  EXPECT_EQ(document["digest"], DigestFile(file)->sha256());
}

TEST_F(Quantization, MovesFromOneEngineToAnother) {
  const std::vector<std::string> engines = EnginesOfDevice();
  for (const std::string& from : engines) {
    SCOPED_TRACE(from);
    const std::string name = "by-" + from + ".pt";
    const Json made = DocumentOf("small.pt", File(name), With(kStatic, {"--engine", from}));
    EXPECT_EQ(made["engine"], from);
    const Json rows = RowsOf(
        name, {"--input", "float32[N,3,32,32]", "--precision", "as-stored", "--engine", "all"});
    ASSERT_EQ(rows.size(), engines.size());
    for (const Json& row : rows) {
      EXPECT_EQ(row["outcome"], "ok") << row["message"];
      EXPECT_THAT(engines, Contains(row["engine"].get<std::string>()));
      EXPECT_EQ(row["precision"], "int8-static");
      EXPECT_EQ(row["coverage"]["int8_ops"], 4);
    }
  }
}

TEST_F(Quantization, HasARowForEachPrecisionWithItsOwnSize) {
  const Json rows = RowsOf(
      "small.pt", {"--input", "float32[N,3,32,32]", "--precision", "fp32,bf16,int8-weight-only"});
  ASSERT_EQ(rows.size(), 3u);
  const double fp32 = rows[0]["model_bytes"];
  const std::vector<std::pair<std::string, double>> expected = {
      {"fp32", 1.0}, {"bf16", 0.5}, {"int8-weight-only", 0.29}};
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i]["precision"], expected[i].first);
    EXPECT_EQ(rows[i]["outcome"], "ok") << rows[i]["message"];
    EXPECT_NEAR(rows[i]["model_bytes"].get<double>() / fp32, expected[i].second, 0.03);
  }
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_GT(rows[i]["parity"]["sqnr_db"].get<double>(), 30.0) << rows[i]["precision"];
    EXPECT_EQ(rows[i]["engine"], nullptr) << rows[i]["precision"];
  }
}

TEST_F(Quantization, StoresEmbeddingsNarrowOnlyWhenAsked) {
  const std::vector<std::string> dynamic = {
      "quantize",    File("recurrent.pt"), "--input", "int64[N,12]:0..99",
      "--precision", "int8-dynamic",       "--json"};
  const Finished wide = bench().Run(With(dynamic, {"-o", File("wide.pt")}));
  const Finished narrow =
      bench().Run(With(dynamic, {"-o", File("narrow.pt"), "--embeddings", "int8"}));
  ASSERT_EQ(wide.exit_code, 0) << wide.err;
  ASSERT_EQ(narrow.exit_code, 0) << narrow.err;
  EXPECT_EQ(wide.Json()["coverage"]["int8_ops"], 2);
  EXPECT_EQ(narrow.Json()["coverage"]["int8_ops"], 3);
  EXPECT_LT(fs::file_size(File("narrow.pt")) + 8'000, fs::file_size(File("wide.pt")))
      << "100 rows of 32 numbers";
}

TEST_F(Quantization, FlagsAModelThatItDidNotChange) {
  const Json document =
      DocumentOf("convolution.pt", File("same.pt"), {"--precision", "int8-dynamic"});
  EXPECT_EQ(document["coverage"]["unchanged"], true);
  EXPECT_EQ(document["coverage"]["int8_ops"], 0);
  EXPECT_EQ(document["parity"]["bit_identical"], true);
  const Finished shown =
      bench().Run({"quantize", File("convolution.pt"), "--input", "float32[N,3,32,32]",
                   "--precision", "int8-dynamic", "--force", "-o", File("same.pt")});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("WARNING: int8-dynamic changed nothing"),
                               HasSubstr("verdict      changed nothing")));
}

// The list of docs/results-schema.md.
TEST_F(Quantization, HasTheFieldsThatAreDocumented) {
  const Json document = DocumentOf("small.pt", File("fields.pt"), With(kStatic, {"--sensitivity"}));
  std::vector<std::string> fields;
  for (const auto& [name, value] : document.items()) fields.push_back(name);
  EXPECT_THAT(fields, UnorderedElementsAre(
                          "schema_version", "job_id", "device", "model", "precision", "engine",
                          "outcome", "message", "peak_rss_bytes", "parity", "coverage",
                          "quantization", "calibration_source", "sensitivity", "training", "sizes",
                          "notes", "duration_ns", "model_bytes", "digest", "output", "weights"));
  EXPECT_EQ(document["schema_version"], 1);
  EXPECT_EQ(document["training"], nullptr);
  EXPECT_EQ(document["message"], nullptr);
  EXPECT_EQ(document["quantization"]["training"], nullptr);
  EXPECT_EQ(document["quantization"]["weight_scheme"], "per-channel");
  EXPECT_GT(document["sizes"]["packed_bytes"], 0);
  double int8_bytes = 0;
  for (const Json& part : document["sizes"]["parts"]) {
    if (part["precision"] == "int8") int8_bytes = part["bytes"];
  }
  // 3*16*9 + 16*32*9 + 512*64 + 64*10 weights, of a byte each.
  EXPECT_NEAR(int8_bytes, 38'448, 200);
}

}  // namespace
}  // namespace edgebench
