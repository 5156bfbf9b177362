#include "db/cell_results.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "db/migrations.h"
#include "tests/unit/db/ask.h"
#include "tests/unit/db/results_fixture.h"

namespace edgebench::db {
namespace {

class ViewsOfResults : public ::testing::Test {
 protected:
  TempDir folder_;
  ResultsFile file_{folder_.File("results.db")};
};

TEST_F(ViewsOfResults, ShowOneFigureForAllProcessesOfACell) {
  file_.Store("a", BenchmarkOf("resnet18", v1::PRECISION_FP32, 10'000'000));
  file_.Store("b", BenchmarkOf("resnet18", v1::PRECISION_FP32, 12'000'000));
  EXPECT_EQ(file_.Ask("SELECT count(*) FROM latency"), "1");
  EXPECT_EQ(file_.Ask("SELECT processes || ' ' || samples || ' ' || median_ms FROM latency"),
            "2 42 10.99");
  const auto measurements = file_.store().Measurements({});
  ASSERT_TRUE(measurements.ok());
  EXPECT_EQ(std::to_string(*measurements->front().latency.median_ns / 1e6),
            std::to_string(std::stod(file_.Ask("SELECT median_ms FROM latency"))))
      << "as commands show it";
  EXPECT_EQ(absl::StrCat(measurements->front().latency.ci95_ns->low),
            file_.Ask("SELECT ci95_low_ns FROM cell_result"));
}

TEST_F(ViewsOfResults, ShowTheNewestRunOfACell) {
  file_.Store("new", BenchmarkOf("resnet18", v1::PRECISION_FP32, 5'000'000), "run-2", "local",
              kStored + absl::Hours(1));
  // A colleague's older result, merged later.
  file_.Store("old", BenchmarkOf("resnet18", v1::PRECISION_FP32, 9'000'000), "run-1", "local",
              kStored - absl::Hours(1));
  EXPECT_EQ(file_.Ask("SELECT group_concat(median_ms) FROM latency"), "5.0");
  EXPECT_EQ(file_.Ask("SELECT group_concat(median_ms) FROM latest_results"), "5.0");
}

TEST_F(ViewsOfResults, ShowATrialOnlyWhereNothingElseWasMeasured) {
  RecordedRun quick;
  quick.id = "quick";
  quick.started_time = kStored;
  quick.labels.trial = true;
  quick.devices = {{"local", "unix:/a", {}}};
  ASSERT_TRUE(file_.store().RecordRun(quick).ok());
  const absl::Time later = kStored + absl::Hours(1);
  file_.Store("a", BenchmarkOf("resnet18", v1::PRECISION_FP32, 5'000'000), "run-1");
  file_.Store("b", BenchmarkOf("resnet18", v1::PRECISION_FP32, 9'000'000), "quick", "local", later);
  file_.Store("c", BenchmarkOf("vgg16", v1::PRECISION_FP32, 8'000'000), "quick", "local", later);
  EXPECT_EQ(file_.Ask("SELECT group_concat(model || ' ' || median_ms || ' ' || trial, ', ')"
                      " FROM (SELECT * FROM latency ORDER BY model)"),
            "resnet18 5.0 0, vgg16 8.0 1");
  EXPECT_EQ(
      file_.Ask("SELECT group_concat(job_id) FROM (SELECT * FROM latest_results ORDER BY id)"),
      "a,c");
  MeasurementFilter filter;
  filter.latest_per_cell = true;
  const auto latest = file_.store().Measurements(filter);
  ASSERT_TRUE(latest.ok()) << latest.status();
  ASSERT_EQ(latest->size(), 2);
  EXPECT_EQ((*latest)[0].job_id, "a");
  EXPECT_FALSE((*latest)[0].labels.trial);
  EXPECT_EQ((*latest)[1].job_id, "c");
  EXPECT_TRUE((*latest)[1].labels.trial);
}

TEST_F(ViewsOfResults, CompareEachPrecisionWithFp32OfTheSameSettings) {
  file_.Store("a", BenchmarkOf("resnet18", v1::PRECISION_FP32, 10'000'000));
  file_.Store("b", BenchmarkOf("resnet18", v1::PRECISION_INT8_STATIC, 4'000'000));
  v1::JobResult larger = BenchmarkOf("resnet18", v1::PRECISION_INT8_STATIC, 4'000'000);
  larger.mutable_settings()->set_batch(8);
  file_.Store("c", larger);
  EXPECT_EQ(file_.Ask("SELECT group_concat(precision || ' ' || speedup || ' ' || overlap || ' ' ||"
                      " both_valid || same_environment) FROM comparison"),
            "int8-static 2.5 0 11");
}

TEST_F(ViewsOfResults, TellOfAFailureWithoutFigures) {
  v1::JobResult failed = BenchmarkOf("vgg16", v1::PRECISION_FP32, 1);
  failed.clear_latency();
  failed.clear_validity();
  failed.set_outcome(v1::OUTCOME_OOM);
  file_.Store("a", failed);
  EXPECT_EQ(
      file_.Ask("SELECT outcome || ' ' || (median_ms IS NULL) || (valid IS NULL) FROM latency"),
      "oom 11");
}

TEST_F(ViewsOfResults, GiveEachAxisOfASweepItsRows) {
  for (const int batch : {1, 2}) {
    v1::JobResult result = BenchmarkOf("resnet18", v1::PRECISION_FP32, batch * 1'000'000);
    result.mutable_settings()->set_batch(batch);
    result.mutable_settings()->set_image_size(64);
    file_.Store(absl::StrCat("b", batch), result);
  }
  EXPECT_EQ(file_.Ask("SELECT group_concat(value || ':' || median_ms) FROM (SELECT * FROM sweep"
                      " WHERE axis = 'batch' ORDER BY value)"),
            "1:1.0,2:2.0");
  EXPECT_EQ(file_.Ask("SELECT count(*) FROM sweep WHERE axis = 'image_size'"), "2");
  EXPECT_EQ(file_.Ask("SELECT count(*) FROM sweep WHERE axis = 'seq_len'"), "0");
}

TEST_F(ViewsOfResults, SetSizesBesideThoseOfFp32) {
  v1::JobResult whole = BenchmarkOf("resnet18", v1::PRECISION_FP32, 1'000'000);
  whole.mutable_model()->set_model_bytes(40'000'000);
  v1::JobResult quantized = BenchmarkOf("resnet18", v1::PRECISION_INT8_STATIC, 1'000'000);
  quantized.mutable_model()->set_model_bytes(10'000'000);
  quantized.mutable_model()->set_fp32_model_bytes(40'000'000);
  file_.Store("a", whole);
  file_.Store("b", quantized);
  EXPECT_EQ(file_.Ask("SELECT group_concat(precision || ' ' || share_of_fp32) FROM"
                      " (SELECT * FROM size ORDER BY precision)"),
            "fp32 1.0,int8-static 0.25");
}

TEST_F(ViewsOfResults, TellWhenAnEnvironmentWasSo) {
  file_.Store("a", BenchmarkOf("resnet18", v1::PRECISION_FP32, 1'000'000));
  file_.Store("b", BenchmarkOf("resnet18", v1::PRECISION_FP32, 1'000'000), "run-2", "local",
              kStored + absl::Hours(1));
  EXPECT_EQ(file_.Ask("SELECT hostname || ' ' || measurements FROM environment"), "laptop 2");
  EXPECT_EQ(file_.Ask("SELECT first_stored_at < last_stored_at FROM environment"), "1");
}

TEST_F(ViewsOfResults, FollowAnEnergyThatIsAddedLater) {
  file_.Store("a", BenchmarkOf("resnet18", v1::PRECISION_FP32, 1'000'000));
  EXPECT_EQ(file_.Ask("SELECT count(*) FROM energy"), "0");
  v1::Energy energy;
  energy.set_source("log");
  energy.set_joules_per_inference(0.25);
  ASSERT_TRUE(file_.store().SetEnergy({{"a", energy}}).ok());
  EXPECT_EQ(file_.Ask("SELECT joules_per_inference FROM energy"), "0.25");
}

TEST_F(ViewsOfResults, AreComputedForAnOlderFileWhenItIsOpened) {
  file_.Store("a", BenchmarkOf("resnet18", v1::PRECISION_FP32, 10'000'000));
  // What migrating leaves: the cell, nothing computed.
  file_.Execute(
      "DELETE FROM cell_result; INSERT INTO stale_cell SELECT job.run_id, cell_id"
      " FROM measurement JOIN job ON job.id = job_id");
  EXPECT_EQ(file_.Ask("SELECT count(*) FROM latency"), "0");
  ASSERT_TRUE(ResultStore::Open(file_.path()).ok());
  EXPECT_EQ(file_.Ask("SELECT median_ms FROM latency"), "10.0");
}

TEST_F(ViewsOfResults, LeaveOutWhatWasCutShort) {
  file_.Store("a", BenchmarkOf("resnet18", v1::PRECISION_FP32, 10'000'000));
  v1::JobResult cancelled = BenchmarkOf("resnet18", v1::PRECISION_FP32, 1);
  cancelled.clear_latency();
  cancelled.set_outcome(v1::OUTCOME_CANCELLED);
  file_.Store("b", cancelled, "run-2", "local", kStored + absl::Hours(1));
  EXPECT_EQ(file_.Ask("SELECT group_concat(outcome || median_ms) FROM latency"), "ok10.0");
}

}  // namespace
}  // namespace edgebench::db
