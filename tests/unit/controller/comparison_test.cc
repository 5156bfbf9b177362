#include "controller/report/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controller/report/comparison_table.h"
#include "controller/terminal.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Names(const ComparisonBlock& block) {
  std::vector<std::string> names;
  for (const ComparedColumn& column : block.columns) names.push_back(column.name);
  return names;
}

const std::vector<std::string> kDevices = {"local", "pi4"};

TEST(Comparison, SetsThePrecisionsOfOneDeviceSideBySideBaselineFirst) {
  const auto blocks = BuildComparison(
      {TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), TypicalMeasurement(v1::PRECISION_FP32, 8)},
      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].title, "mobilenet_v2 on local (cpu, 2 threads, batch 1, image 224)");
  EXPECT_THAT(Names(blocks[0]), ElementsAre("fp32", "int8-static"));
  EXPECT_TRUE(blocks[0].columns[0].is_baseline);
  EXPECT_DOUBLE_EQ(blocks[0].columns[1].speed_up->ratio, 2);
}

TEST(Comparison, TakesTheNewestOfEachCell) {
  const auto blocks = BuildComparison(
      {TypicalMeasurement(v1::PRECISION_FP32, 99), TypicalMeasurement(v1::PRECISION_FP32, 8),
       TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)},
      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_DOUBLE_EQ(*blocks[0].columns[0].measurement.latency.median_ns, 8e6);
}

db::Measurement WithWeights(db::Measurement measurement, const std::string& name, char digit) {
  measurement.result.mutable_settings()->set_weights_name(name);
  measurement.result.mutable_settings()->mutable_weights()->set_sha256(std::string(64, digit));
  return measurement;
}

TEST(Comparison, KeepsApartWhatHadOtherWeights) {
  std::vector<db::Measurement> all;
  for (const v1::Precision precision : {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC}) {
    all.push_back(TypicalMeasurement(precision, 8));
    all.push_back(WithWeights(TypicalMeasurement(precision, 4), "cats.pth", 'a'));
    all.push_back(WithWeights(TypicalMeasurement(precision, 4), "cats.pth", 'b'));
  }
  const auto blocks = BuildComparison(all, Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 3u);
  EXPECT_THAT(blocks[0].title, HasSubstr("mobilenet_v2 on local"));
  EXPECT_THAT(blocks[1].title, HasSubstr("mobilenet_v2 with cats.pth aaaaaaaaaaaa on local"));
  EXPECT_THAT(blocks[2].title, HasSubstr("mobilenet_v2 with cats.pth bbbbbbbbbbbb on local"));
  for (const ComparisonBlock& block : blocks)
    EXPECT_THAT(Names(block), ElementsAre("fp32", "int8-static"));
}

TEST(Comparison, RefusesABaselineThatRanElsewhereAndSaysWhy) {
  const auto blocks =
      BuildComparison({OnTarget(TypicalMeasurement(v1::PRECISION_FP32, 1), "cuda:0"),
                       TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)},
                      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_TRUE(blocks[0].has_finding());
  EXPECT_THAT(blocks[0].columns[0].forbidding, ElementsAre("target differs (cuda:0, cpu)"));
  EXPECT_FALSE(blocks[0].columns[0].speed_up);
}

db::Measurement Asked(db::Measurement measurement, v1::Optimize optimize) {
  measurement.result.mutable_settings()->set_optimize(optimize);
  return measurement;
}

TEST(Comparison, ShowsWhatWasMeasuredWithAnotherOptimizationThanTheBaseline) {
  const auto fp32 = Asked(TypicalMeasurement(v1::PRECISION_FP32, 8), v1::OPTIMIZE_FULL);
  const auto quick = Asked(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), v1::OPTIMIZE_NONE);
  const auto blocks = BuildComparison({fp32, quick}, Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_TRUE(blocks[0].has_finding());
  EXPECT_THAT(blocks[0].columns[0].forbidding, ElementsAre("--optimize differs (full, none)"));
}

// Of a file that says nothing of its inputs, so that no image size is known.
db::Measurement WithInput(db::Measurement measurement, const std::string& input) {
  v1::JobSettings& settings = *measurement.result.mutable_settings();
  settings.clear_image_size();
  settings.mutable_model()->mutable_artifact()->set_sha256(std::string(64, 'a'));
  settings.mutable_model()->set_display_name("my.pt");
  settings.add_input_specs(input);
  return measurement;
}

TEST(Comparison, RefusesABaselineOfAnotherInput) {
  const auto large = WithInput(TypicalMeasurement(v1::PRECISION_FP32, 48), "float32[N,3,224,224]");
  const auto small =
      WithInput(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), "float32[N,3,64,64]");
  const auto blocks = BuildComparison({large, small}, Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].title, "my.pt on local (cpu, 2 threads, batch 1, float32[N,3,64,64])");
  ASSERT_THAT(Names(blocks[0]), ElementsAre("int8-static"));
  EXPECT_THAT(blocks[0].columns[0].forbidding,
              ElementsAre("--input differs (float32[N,3,224,224], float32[N,3,64,64])"));
  EXPECT_FALSE(blocks[0].columns[0].speed_up);
}

TEST(Comparison, KeepsApartTheInputsOfOneFile) {
  std::vector<db::Measurement> measurements;
  for (const char* input : {"float32[N,3,224,224]", "float32[N,3,64,64]"}) {
    for (const auto precision : {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC})
      measurements.push_back(WithInput(TypicalMeasurement(precision, 8), input));
  }
  const auto blocks = BuildComparison(measurements, Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 2u);
  EXPECT_THAT(blocks[0].title, HasSubstr("float32[N,3,224,224]"));
  EXPECT_THAT(blocks[1].title, HasSubstr("float32[N,3,64,64]"));
}

TEST(Comparison, GivesNoSpeedUpAgainstABaselineOfAnotherOptimization) {
  const auto blocks =
      BuildComparison({Asked(TypicalMeasurement(v1::PRECISION_FP32, 8), v1::OPTIMIZE_FULL),
                       Asked(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), v1::OPTIMIZE_NONE),
                       Asked(TypicalMeasurement(v1::PRECISION_INT8_DYNAMIC, 6), v1::OPTIMIZE_NONE)},
                      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  ASSERT_EQ(blocks[0].columns.size(), 2u);
  for (const ComparedColumn& column : blocks[0].columns) {
    EXPECT_FALSE(column.speed_up) << column.name;
    EXPECT_THAT(column.forbidding, ElementsAre("--optimize differs (full, none)"));
  }
}

TEST(Comparison, PrefersTheBaselineOfTheSameTarget) {
  const auto blocks = BuildComparison(
      {OnTarget(TypicalMeasurement(v1::PRECISION_FP32, 1), "cuda:0"),
       TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)},
      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u) << "what ran on the GPU alone has nothing beside it";
  EXPECT_FALSE(blocks[0].has_finding());
  EXPECT_DOUBLE_EQ(blocks[0].columns[1].speed_up->ratio, 2);
}

TEST(Comparison, SetsDevicesSideBySideInTheOrderAskedFor) {
  const auto blocks = BuildComparison({TypicalMeasurement(v1::PRECISION_FP32, 8, "local"),
                                       TypicalMeasurement(v1::PRECISION_FP32, 80, "pi4")},
                                      Axis::kDevice, {"pi4", "local"});
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_THAT(Names(blocks[0]), ElementsAre("pi4", "local"));
  EXPECT_DOUBLE_EQ(blocks[0].columns[1].speed_up->ratio, 10);
}

TEST(Comparison, ComparesDevicesWithTheFirstThatHasFigures) {
  const std::vector<std::string> devices = {"local", "pi4", "jetson"};
  const auto pi4 = TypicalMeasurement(v1::PRECISION_FP32, 80, "pi4");
  const auto jetson = TypicalMeasurement(v1::PRECISION_FP32, 20, "jetson");
  const auto without_local = BuildComparison({jetson, pi4}, Axis::kDevice, devices);
  ASSERT_EQ(without_local.size(), 1u);
  EXPECT_THAT(Names(without_local[0]), ElementsAre("pi4", "jetson"));
  EXPECT_TRUE(without_local[0].columns[0].is_baseline);
  ASSERT_TRUE(without_local[0].columns[1].speed_up);
  EXPECT_DOUBLE_EQ(without_local[0].columns[1].speed_up->ratio, 4);

  db::Measurement failed = TypicalMeasurement(v1::PRECISION_FP32, 8, "local");
  failed.result.set_outcome(v1::OUTCOME_OOM);
  failed.latency = Summarize({});
  const auto local_failed = BuildComparison({failed, jetson, pi4}, Axis::kDevice, devices);
  ASSERT_EQ(local_failed.size(), 1u);
  EXPECT_THAT(Names(local_failed[0]), ElementsAre("local", "pi4", "jetson"));
  EXPECT_TRUE(local_failed[0].columns[1].is_baseline);
  EXPECT_DOUBLE_EQ(local_failed[0].columns[2].speed_up->ratio, 4);
}

TEST(Comparison, SaysWhyADeviceAloneIsNotComparedWithTheFirst) {
  const auto blocks =
      BuildComparison({TypicalMeasurement(v1::PRECISION_FP32, 8, "local"),
                       OnTarget(TypicalMeasurement(v1::PRECISION_FP32, 2, "jetson"), "cuda:0")},
                      Axis::kDevice, {"local", "jetson"});
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_THAT(Names(blocks[0]), ElementsAre("jetson"));
  EXPECT_FALSE(blocks[0].columns[0].is_baseline);
  EXPECT_THAT(blocks[0].columns[0].forbidding, ElementsAre("target differs (cpu, cuda:0)"));
}

db::Measurement WithBatch(db::Measurement m, int batch) {
  m.result.mutable_settings()->set_batch(batch);
  return m;
}

TEST(Comparison, LeavesOutWhatOnlyOneOfTheComparedDevicesMeasured) {
  const std::vector<db::Measurement> all = {
      TypicalMeasurement(v1::PRECISION_FP32, 8, "local"),
      TypicalMeasurement(v1::PRECISION_FP32, 16, "pi4"),
      WithBatch(TypicalMeasurement(v1::PRECISION_FP32, 90, "pi4"), 8)};
  const auto blocks = BuildComparison(all, Axis::kDevice, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_THAT(Names(blocks[0]), ElementsAre("local", "pi4"));
  EXPECT_EQ(CountUnmatchedCells(all, kDevices), 1);
  const std::vector<db::Measurement> never = {all[0], all[2]};
  EXPECT_EQ(CountUnmatchedCells(never, kDevices), 0) << "nothing of pi4 is compared";
  EXPECT_THAT(BuildComparison(never, Axis::kDevice, kDevices)[0].columns[0].forbidding,
              ElementsAre("batch differs (1, 8)"));
}

TEST(Comparison, GoesByModelsAndSettingsHoweverTheyWereStored) {
  std::vector<db::Measurement> all;
  for (const int batch : {8, 1, 16}) {
    all.push_back(WithBatch(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), batch));
    all.push_back(WithBatch(TypicalMeasurement(v1::PRECISION_FP32, 8), batch));
  }
  std::vector<std::string> titles;
  for (const ComparisonBlock& block : BuildComparison(all, Axis::kPrecision, kDevices))
    titles.push_back(block.title);
  EXPECT_THAT(titles,
              ElementsAre(HasSubstr("batch 1,"), HasSubstr("batch 8,"), HasSubstr("batch 16,")));
}

TEST(Comparison, OfTwoRunsTheEarlierIsTheBaselineWhenItWasMergedLater) {
  db::Measurement later = TypicalMeasurement(v1::PRECISION_FP32, 8);
  db::Measurement merged = TypicalMeasurement(v1::PRECISION_FP32, 4);
  later.run_id = "later";
  later.id = 1;
  later.stored_time = absl::FromUnixSeconds(2'000'000'000);
  merged.run_id = "merged";
  merged.id = 2;
  merged.stored_time = absl::FromUnixSeconds(1'000'000'000);
  const auto blocks = BuildComparison({merged, later}, Axis::kRun, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  ASSERT_EQ(blocks[0].columns.size(), 2u);
  EXPECT_TRUE(blocks[0].columns[0].is_baseline);
  EXPECT_EQ(blocks[0].columns[0].measurement.run_id, "merged");
  EXPECT_DOUBLE_EQ(blocks[0].columns[1].speed_up->ratio, 0.5);
}

// What `compare` reads of these results once they are stored.
std::vector<db::Measurement> LatestOf(std::vector<v1::JobResult> results) {
  const auto store = *db::ResultStore::Open(":memory:");
  for (v1::JobResult& result : results) {
    db::SubmittedJob job;
    job.job_id = absl::StrCat("job-", &result - results.data());
    job.device = "local";
    job.run_id = "run";
    result.set_job_id(job.job_id);
    EXPECT_TRUE(store->RecordSubmission(job).ok());
    EXPECT_TRUE(store->StoreResult(result, absl::FromUnixSeconds(1'700'000'000)).ok());
  }
  db::MeasurementFilter filter;
  filter.latest_per_cell = true;
  return *store->Measurements(filter);
}

TEST(Comparison, KeepsAMeasurementWhoseRepeatWasCancelled) {
  v1::JobResult cancelled = MakeResult(SettingsOf("mobilenet_v2", v1::PRECISION_FP32), {});
  cancelled.set_outcome(v1::OUTCOME_CANCELLED);
  const auto blocks = BuildComparison(
      LatestOf({TypicalMeasurement(v1::PRECISION_FP32, 8).result,
                TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4).result, cancelled}),
      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  ASSERT_THAT(Names(blocks[0]), ElementsAre("fp32", "int8-static"));
  EXPECT_EQ(blocks[0].columns[0].measurement.result.outcome(), v1::OUTCOME_OK);
  EXPECT_DOUBLE_EQ(blocks[0].columns[1].speed_up->ratio, 2);
}

// What the daemon stores of a job that it ended: nobody was left to say with
// how many threads the job ran.
db::Measurement EndedFromOutside(v1::Precision precision, v1::Outcome outcome,
                                 const std::string& engine = "auto") {
  v1::JobResult result = MakeResult(SettingsOf("mobilenet_v2", precision), {});
  result.mutable_settings()->set_engine(engine);
  result.set_outcome(outcome);
  result.clear_threads();
  result.clear_optimize();
  result.clear_latency();
  result.clear_validity();
  return MeasurementFrom(std::move(result));
}

TEST(Comparison, ShowsWhatTheDaemonEndedBesideWhatRan) {
  const auto blocks =
      BuildComparison({TypicalMeasurement(v1::PRECISION_FP32, 8),
                       EndedFromOutside(v1::PRECISION_INT8_DYNAMIC, v1::OUTCOME_CRASH),
                       EndedFromOutside(v1::PRECISION_INT8_STATIC, v1::OUTCOME_OOM)},
                      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_THAT(Names(blocks[0]), ElementsAre("fp32", "int8-dynamic", "int8-static"));
  EXPECT_FALSE(blocks[0].has_finding());
}

TEST(Comparison, TellsTheThreadsThatWereAskedForWhereAllWereEnded) {
  const auto blocks =
      BuildComparison({EndedFromOutside(v1::PRECISION_FP32, v1::OUTCOME_TIMEOUT),
                       EndedFromOutside(v1::PRECISION_INT8_STATIC, v1::OUTCOME_OOM)},
                      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].title, "mobilenet_v2 on local (cpu, 2 threads, batch 1, image 224)");
}

TEST(Comparison, TellsThatAModelNoLongerRuns) {
  const auto blocks = BuildComparison(
      {TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4),
       EndedFromOutside(v1::PRECISION_FP32, v1::OUTCOME_OOM)},
      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_EQ(blocks[0].columns[0].measurement.result.outcome(), v1::OUTCOME_OOM);
  EXPECT_FALSE(blocks[0].columns[1].speed_up);
}

TEST(Comparison, FindsNothingIncomparableInABaselineThatFailed) {
  const auto failed =
      OnProcessor(EndedFromOutside(v1::PRECISION_FP32, v1::OUTCOME_OOM), "Cortex-A72");
  const auto ran = OnProcessor(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 9), "Cortex-A76");
  const auto blocks = BuildComparison({failed, ran}, Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_FALSE(blocks[0].has_finding());
}

TEST(Comparison, KeepsTheFiguresOfOneEngineWhenAnotherIsNotThere) {
  const auto blocks = BuildComparison(
      {TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4),
       EndedFromOutside(v1::PRECISION_INT8_STATIC, v1::OUTCOME_UNSUPPORTED, "qnnpack")},
      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_DOUBLE_EQ(blocks[0].columns[1].speed_up->ratio, 2);
}

TEST(Comparison, NamesTheEngineWhereThereAreSeveral) {
  db::Measurement qnnpack = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 16);
  qnnpack.result.set_engine("qnnpack");
  const auto blocks = BuildComparison(
      {TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4),
       qnnpack, TypicalMeasurement(v1::PRECISION_INT8_DYNAMIC, 7)},
      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_THAT(Names(blocks[0]),
              ElementsAre("fp32", "int8-dynamic", "int8-static onednn", "int8-static qnnpack"));
  EXPECT_DOUBLE_EQ(blocks[0].columns[2].speed_up->ratio, 2);
  EXPECT_DOUBLE_EQ(blocks[0].columns[3].speed_up->ratio, 0.5);
}

TEST(Comparison, TakesOneEngineForTheSameWhetherItWasNamedOrChosen) {
  db::Measurement named = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 2);
  named.result.mutable_settings()->set_engine("onednn");
  const auto blocks = BuildComparison({TypicalMeasurement(v1::PRECISION_FP32, 8),
                                       TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4), named},
                                      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  ASSERT_THAT(Names(blocks[0]), ElementsAre("fp32", "int8-static"));
  EXPECT_DOUBLE_EQ(blocks[0].columns[1].speed_up->ratio, 4);
}

TEST(Comparison, SetsBesideFp32WhatWasQuantizedInDifferentWays) {
  db::Measurement histogram = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  histogram.result.mutable_settings()->set_observer("histogram");
  db::Measurement mse = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 5);
  mse.result.mutable_settings()->set_observer("mse");
  mse.result.mutable_settings()->add_keep_fp32("fc");
  mse.result.mutable_settings()->set_weight_scheme("per-tensor");
  const auto blocks = BuildComparison({TypicalMeasurement(v1::PRECISION_FP32, 8), histogram, mse},
                                      Axis::kPrecision, kDevices);
  ASSERT_EQ(blocks.size(), 1u);
  EXPECT_THAT(Names(blocks[0]),
              ElementsAre("fp32", "int8-static histogram",
                          "int8-static mse weight scheme per-tensor keep fp32 fc"));
  EXPECT_FALSE(blocks[0].has_finding());
  EXPECT_TRUE(blocks[0].columns[1].speed_up && blocks[0].columns[2].speed_up);
}

TEST(Comparison, KeepsApartFilesOfOneName) {
  std::vector<v1::JobResult> results;
  for (const char digest : {'a', 'b'}) {
    for (const auto precision : {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC}) {
      v1::JobResult result = TypicalMeasurement(precision, 8).result;
      v1::ModelReference& model = *result.mutable_settings()->mutable_model();
      model.clear_zoo_name();
      model.set_display_name("model.pt");
      model.mutable_artifact()->set_sha256(std::string(64, digest));
      results.push_back(std::move(result));
    }
  }
  EXPECT_EQ(BuildComparison(LatestOf(results), Axis::kPrecision, kDevices).size(), 2u);
}

TEST(Comparison, MarksTheSpeedUpOfABaselineThatSwapped) {
  const auto blocks = BuildComparison(
      {Marked(TypicalMeasurement(v1::PRECISION_FP32, 8), "swapped: 12 MB were swapped out"),
       TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)},
      Axis::kPrecision, kDevices);
  const std::string text = RenderComparison(blocks, {});
  EXPECT_THAT(text, HasSubstr("2.00×?")) << text;
  EXPECT_THAT(text, HasSubstr("] speed-up in doubt: the baseline is marked swapped\n")) << text;
}

TEST(Comparison, PutsBelowWhatDoesNotFitBeside) {
  const std::vector<std::string> devices = {"local", "pi4", "jetson", "xeon"};
  std::vector<db::Measurement> measurements;
  for (const std::string& device : devices)
    measurements.push_back(TypicalMeasurement(v1::PRECISION_FP32, 8, device));
  const auto blocks = BuildComparison(measurements, Axis::kDevice, devices);
  const std::string text = RenderComparison(blocks, {80, false});
  for (const std::string& device : devices) EXPECT_THAT(text, HasSubstr(device));
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    EXPECT_LE(DisplayWidth(line), 80) << line;
  }
}

TEST(Comparison, FindsNothingIncomparableInWhatFailed) {
  db::Measurement failed = OnTarget(TypicalMeasurement(v1::PRECISION_FP32, 1), "cuda:0");
  failed.result.set_outcome(v1::OUTCOME_UNSUPPORTED);
  failed.result.clear_latency();
  failed.latency = Summarize({});
  EXPECT_THAT(BuildComparison({failed, TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)},
                              Axis::kPrecision, kDevices),
              IsEmpty());
}

TEST(Comparison, OfOneMeasurementIsEmpty) {
  EXPECT_THAT(
      BuildComparison({TypicalMeasurement(v1::PRECISION_FP32, 8)}, Axis::kPrecision, kDevices),
      IsEmpty());
}

db::Measurement WithThreads(int threads, v1::Precision precision, double median_ms) {
  db::Measurement measurement = TypicalMeasurement(precision, median_ms);
  measurement.result.set_threads(threads);
  measurement.result.mutable_settings()->set_threads(threads);
  return measurement;
}

TEST(Comparison, AcrossThreadsTheFewestAreTheBaselineAndPrecisionsDoNotMix) {
  const auto blocks = BuildComparison(
      {WithThreads(4, v1::PRECISION_FP32, 3), WithThreads(1, v1::PRECISION_FP32, 8),
       WithThreads(2, v1::PRECISION_FP32, 5), WithThreads(2, v1::PRECISION_INT8_STATIC, 2)},
      Axis::kThreads, {}, absl::UTCTimeZone());
  ASSERT_EQ(blocks.size(), 1u) << "int8 has been measured with one number of threads";
  EXPECT_EQ(blocks[0].title, "mobilenet_v2 fp32 on local (cpu, batch 1, image 224)");
  ASSERT_EQ(blocks[0].columns.size(), 3u);
  EXPECT_EQ(blocks[0].columns[0].name, "1 thread");
  EXPECT_TRUE(blocks[0].columns[0].is_baseline);
  EXPECT_EQ(blocks[0].columns[1].name, "2 threads");
  EXPECT_EQ(blocks[0].columns[2].name, "4 threads");
  EXPECT_NEAR(blocks[0].columns[2].speed_up->ratio, 8.0 / 3, 0.01);
  EXPECT_TRUE(blocks[0].columns[2].speed_up->resolved);
}

}  // namespace
}  // namespace edgebench::controller
