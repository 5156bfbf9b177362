#include "controller/report/report_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/names.h"
#include "controller/report/report_json.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Kind = ReportSentence::Kind;

ReportData Report(const std::vector<db::Measurement>& measurements) {
  return BuildReport(measurements, "title", {}, absl::FromUnixSeconds(1'700'000'000));
}

// The sentences of a kind.
std::vector<std::string> Said(const ReportData& report, Kind kind) {
  std::vector<std::string> texts;
  for (const ReportSentence& sentence : report.summary)
    if (sentence.kind == kind) texts.push_back(sentence.text);
  return texts;
}

db::Measurement Failed(const std::string& model, const std::string& message) {
  v1::JobResult result = MakeResult(SettingsOf(model, v1::PRECISION_FP32, 8), {});
  result.set_outcome(v1::OUTCOME_OOM);
  result.set_stage(v1::STAGE_LOAD);
  result.set_message(message);
  result.clear_latency();
  result.clear_validity();
  return MeasurementFrom(std::move(result));
}

TEST(Histogram, CountsEverySampleOnce) {
  std::vector<int64_t> samples;
  for (int i = 0; i < 100; ++i) samples.push_back(1000 + i);
  const auto histogram = HistogramOf(samples, 10);
  ASSERT_TRUE(histogram.has_value());
  EXPECT_THAT(histogram->counts, SizeIs(10));
  EXPECT_THAT(histogram->edges, SizeIs(11));
  EXPECT_EQ(histogram->edges.front(), 1000);
  EXPECT_EQ(histogram->edges.back(), 1099);
  EXPECT_EQ(std::accumulate(histogram->counts.begin(), histogram->counts.end(), int64_t{0}), 100);
  EXPECT_EQ(histogram->beyond, 0);
}

TEST(Histogram, LeavesOneThatIsFarAwayBeyondItsLastEdge) {
  std::vector<int64_t> samples(200, 0);
  for (size_t i = 0; i < samples.size(); ++i) samples[i] = 1000 + static_cast<int64_t>(i);
  samples.push_back(1'000'000);
  const auto histogram = HistogramOf(samples, 40);
  EXPECT_LT(histogram->edges.back(), 1300);
  EXPECT_GE(histogram->beyond, 1);
  EXPECT_EQ(std::accumulate(histogram->counts.begin(), histogram->counts.end(), int64_t{0}) +
                histogram->beyond,
            201);
}

TEST(Histogram, OfEqualSamplesHasOneFullBin) {
  const auto histogram = HistogramOf({7, 7, 7, 7}, 10);
  EXPECT_EQ(histogram->counts.front(), 4);
  EXPECT_EQ(HistogramOf({7}, 10), std::nullopt);
  EXPECT_EQ(HistogramOf({}, 10), std::nullopt);
}

TEST(ReportOfMeasurements, SetsEachBesideFp32OfItsDevice) {
  const std::vector<db::Measurement> measurements = {
      TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4),
      TypicalMeasurement(v1::PRECISION_FP32, 80, "pi"),
      TypicalMeasurement(v1::PRECISION_INT8_STATIC, 100, "pi")};
  const ReportData report = Report(measurements);
  ASSERT_THAT(report.entries, SizeIs(4));
  EXPECT_EQ(report.entries[0].baseline, std::nullopt);
  EXPECT_EQ(report.entries[1].baseline, 0u);
  EXPECT_DOUBLE_EQ(report.entries[1].speed_up->ratio, 2);
  EXPECT_EQ(report.entries[3].baseline, 2u);
  EXPECT_DOUBLE_EQ(report.entries[3].speed_up->ratio, 0.8);
}

TEST(ReportOfMeasurements, IsOrderedByWhatWasMeasuredWheneverItEnded) {
  const auto of = [](const char* model, int batch, const char* device, v1::Precision precision) {
    db::Measurement m = TypicalMeasurement(precision, 8, device);
    m.result.mutable_settings()->mutable_model()->set_display_name(model);
    m.result.mutable_settings()->set_batch(batch);
    return m;
  };
  std::vector<db::Measurement> measurements = {
      of("resnet18", 1, "pi", v1::PRECISION_FP32),
      of("mobilenet_v2", 16, "local", v1::PRECISION_FP32),
      of("mobilenet_v2", 4, "pi", v1::PRECISION_INT8_STATIC),
      of("mobilenet_v2", 4, "pi", v1::PRECISION_INT8_DYNAMIC),
      of("mobilenet_v2", 4, "pi", v1::PRECISION_FP32),
      of("mobilenet_v2", 4, "local", v1::PRECISION_BF16)};
  for (int i = 0; i < 2; ++i) {
    const ReportData report = Report(measurements);
    std::vector<std::string> order;
    for (const ReportEntry& entry : report.entries) {
      const v1::JobSettings& settings = entry.measurement->result.settings();
      order.push_back(
          absl::StrJoin({settings.model().display_name(), absl::StrCat(settings.batch()),
                         entry.measurement->device, PrecisionName(settings.precision())},
                        " "));
    }
    EXPECT_THAT(order,
                ElementsAre("mobilenet_v2 4 local bf16", "mobilenet_v2 4 pi fp32",
                            "mobilenet_v2 4 pi int8-dynamic", "mobilenet_v2 4 pi int8-static",
                            "mobilenet_v2 16 local fp32", "resnet18 1 pi fp32"));
    EXPECT_EQ(report.environments.front().device, "local");
    std::reverse(measurements.begin(), measurements.end());
  }
}

TEST(ReportOfMeasurements, SaysWhatIsFastestSmallestAndTheBestTradeOff) {
  const std::vector<db::Measurement> measurements = {
      TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)};
  const ReportData report = Report(measurements);
  EXPECT_THAT(Said(report, Kind::kFastest),
              ElementsAre(AllOf(HasSubstr("mobilenet_v2 on local"),
                                HasSubstr("int8-static is fastest, 4.00 ms"),
                                HasSubstr("2.00 times as fast as fp32"))));
  EXPECT_THAT(Said(report, Kind::kFailure), IsEmpty());
}

TEST(ReportOfMeasurements, CallsNothingFasterThatWasNotResolved) {
  std::vector<db::Measurement> measurements = {TypicalMeasurement(v1::PRECISION_FP32, 8),
                                               TypicalMeasurement(v1::PRECISION_INT8_STATIC, 7.99)};
  EXPECT_THAT(Said(Report(measurements), Kind::kFastest),
              ElementsAre(AllOf(HasSubstr("no difference from fp32 is resolved"),
                                Not(HasSubstr("is fastest")))));
  measurements[1] = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 9);
  EXPECT_THAT(Said(Report(measurements), Kind::kFastest),
              ElementsAre(HasSubstr("fp32 has the lowest median, 8.0 ms")));
  measurements[1] = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  measurements[1].result.mutable_validity()->set_valid(false);
  measurements[1].result.mutable_validity()->add_reasons("throttled: 3 times");
  EXPECT_THAT(Said(Report(measurements), Kind::kFastest),
              ElementsAre(AllOf(HasSubstr("2.00 times as fast as fp32"),
                                HasSubstr("in doubt: marked throttled"))));
}

TEST(ReportOfMeasurements, NamesATradeOffOnlyOfWhatCanBeCompared) {
  std::vector<db::Measurement> measurements = {TypicalMeasurement(v1::PRECISION_FP32, 8),
                                               TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)};
  EXPECT_THAT(Said(Report(measurements), Kind::kTradeOff),
              ElementsAre(AllOf(HasSubstr("is int8-static: 0.50 times the time of fp32"),
                                Not(HasSubstr("in doubt")))));
  measurements[1].result.mutable_validity()->set_valid(false);
  measurements[1].result.mutable_validity()->add_reasons("throttled: 3 times");
  EXPECT_THAT(Said(Report(measurements), Kind::kTradeOff),
              ElementsAre(HasSubstr("in doubt: marked throttled")));
  measurements[1].result.mutable_settings()->set_target("cuda:0");
  EXPECT_THAT(Said(Report(measurements), Kind::kTradeOff), IsEmpty());
}

TEST(ReportOfMeasurements, SaysWhatDidNotRunAndWhy) {
  const std::vector<db::Measurement> measurements = {Failed("vgg16", "needed 1.2 GB")};
  EXPECT_THAT(Said(Report(measurements), Kind::kFailure),
              ElementsAre(AllOf(HasSubstr("vgg16 on local (batch 8"), HasSubstr("oom in load"),
                                HasSubstr("needed 1.2 GB"))));
}

TEST(ReportOfMeasurements, NamesNoMoreThanTwentyFailures) {
  std::vector<db::Measurement> measurements;
  for (int i = 0; i < 25; ++i) measurements.push_back(Failed("model" + std::to_string(i), "no"));
  const auto failures = Said(Report(measurements), Kind::kFailure);
  ASSERT_THAT(failures, SizeIs(21));
  EXPECT_EQ(failures.back(), "5 more did not run; the table says why.");
}

TEST(ReportOfMeasurements, SaysHowManyFiguresAreMarked) {
  std::vector<db::Measurement> measurements = {TypicalMeasurement(v1::PRECISION_FP32, 8),
                                               TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)};
  measurements[0].result.mutable_validity()->set_valid(false);
  measurements[0].result.mutable_validity()->add_reasons("swapped: 12 MB");
  EXPECT_THAT(Said(Report(measurements), Kind::kCaution),
              ElementsAre("1 of 2 figures are marked swapped: not to be relied on."));
}

TEST(ReportOfMeasurements, SaysHowManyFiguresOnlyTriedAPlan) {
  std::vector<db::Measurement> measurements = {TypicalMeasurement(v1::PRECISION_FP32, 8)};
  measurements[0].labels.trial = true;
  EXPECT_THAT(Said(Report(measurements), Kind::kCaution),
              ElementsAre("1 of 1 figure is marked trial: one short process of run --quick."));
}

TEST(ReportOfMeasurements, TellsWhatDiffersBetweenEnvironments) {
  std::vector<db::Measurement> measurements = {TypicalMeasurement(v1::PRECISION_FP32, 8),
                                               TypicalMeasurement(v1::PRECISION_FP32, 80, "pi")};
  measurements[0].result.mutable_environment()->mutable_torch()->set_version("2.6.0");
  measurements[1].result.mutable_environment()->mutable_torch()->set_version("1.13.1");
  const ReportData report = Report(measurements);
  EXPECT_THAT(report.environments, SizeIs(2));
  EXPECT_THAT(Said(report, Kind::kCaution),
              ElementsAre("LibTorch differs: 1.13.1 (pi), 2.6.0 (local)."));
}

TEST(ReportDocument, LeavesOutDetailsThatDoNotFitAndSaysSo) {
  const std::vector<db::Measurement> measurements = {
      TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)};
  const ReportData report = Report(measurements);
  const auto whole = ReportDocument(report);
  EXPECT_THAT(whole["omitted"], IsEmpty());
  EXPECT_FALSE(whole["measurements"][1]["distribution"].is_null());
  const auto small = ReportDocument(report, 10);
  EXPECT_THAT(small["omitted"][0].get<std::string>(), HasSubstr("of 2 of 2 measurements"));
  EXPECT_TRUE(small["measurements"][1]["distribution"].is_null());
  EXPECT_EQ(small["measurements"][1]["latency_ns"], whole["measurements"][1]["latency_ns"]);
}

TEST(ReportDocument, HasAnIdForEachMeasurementThatOthersReferTo) {
  const std::vector<db::Measurement> measurements = {
      TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4)};
  const auto document = ReportDocument(Report(measurements));
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(document["measurements"][i]["id"], i);
  EXPECT_EQ(document["measurements"][1]["versus_fp32"]["baseline"], 0);
  EXPECT_TRUE(document["measurements"][0]["versus_fp32"].is_null());
  EXPECT_EQ(document["measurements"][0]["environment"], 0);
}

}  // namespace
}  // namespace edgebench::controller
