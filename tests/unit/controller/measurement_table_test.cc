#include "controller/report/measurement_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_split.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CellReport Measured(db::Measurement measurement) {
  CellReport report;
  report.device = measurement.device;
  report.state = CellReport::State::kMeasured;
  report.measurement = std::move(measurement);
  return report;
}

// Of a file whose inputs have no side that may be chosen.
db::Measurement WithoutImageSize() {
  db::Measurement measurement = TypicalMeasurement(v1::PRECISION_FP32, 3);
  measurement.result.mutable_settings()->clear_image_size();
  measurement.result.mutable_settings()->mutable_model()->set_display_name("my.pt");
  return measurement;
}

std::string FirstLine(const std::string& text) {
  return std::string(*absl::StrSplit(text, '\n').begin());
}

TEST(BenchTable, TellsNoImageSizeOfAModelThatHasNone) {
  const std::string text = RenderBenchTable(
      {Measured(TypicalMeasurement(v1::PRECISION_FP32, 8)), Measured(WithoutImageSize())}, {});
  EXPECT_THAT(FirstLine(text), Not(HasSubstr("image"))) << text;
  EXPECT_THAT(text, HasSubstr("  image  ")) << "it is a column";
  EXPECT_THAT(text, HasSubstr("  224  "));
}

db::Measurement WithEnergy(v1::Precision precision, double joules) {
  db::Measurement measurement = TypicalMeasurement(precision, 8);
  v1::Energy& energy = *measurement.result.mutable_energy();
  energy.set_source("rapl:package-0");
  energy.set_joules_gross(2);
  energy.set_joules_per_inference(joules);
  energy.set_joules_per_inference_low(joules * 0.98);
  energy.set_joules_per_inference_high(joules * 1.02);
  return measurement;
}

TEST(BenchTable, ShowsTheEnergyOfAnInferenceAndWhatMeasuredIt) {
  const std::string text =
      RenderBenchTable({Measured(WithEnergy(v1::PRECISION_FP32, 0.0801)),
                        Measured(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4))},
                       {});
  EXPECT_THAT(text, HasSubstr("         energy  "));
  EXPECT_THAT(text, HasSubstr("80 mJ ± 2.0 %"));
  EXPECT_THAT(text, HasSubstr("energy of an inference by rapl:package-0"));
}

TEST(BenchTable, SaysNothingOfEnergyWhereThereIsNoMeter) {
  db::Measurement measurement = TypicalMeasurement(v1::PRECISION_FP32, 8);
  measurement.result.mutable_energy()->set_reason("no sensor");
  EXPECT_THAT(RenderBenchTable({Measured(measurement)}, {}), Not(HasSubstr("energy")));
}

TEST(BenchTable, SaysWhyAMeterGaveNoFigure) {
  db::Measurement measurement = WithEnergy(v1::PRECISION_FP32, 1);
  measurement.result.mutable_energy()->clear_joules_per_inference();
  measurement.result.mutable_energy()->set_reason("too few readings: 3");
  EXPECT_THAT(RenderBenchTable({Measured(measurement)}, {}),
              HasSubstr("no energy per inference: too few readings: 3"));
}

TEST(BenchTable, SaysNothingOfASettingThatNoRowHas) {
  const std::string text = RenderBenchTable({Measured(WithoutImageSize())}, {});
  EXPECT_THAT(text, Not(HasSubstr("image"))) << text;
}

TEST(BenchTable, TellsASettingOnceThoughSomeCellsDidNotRun) {
  CellReport skipped;
  skipped.device = "local";
  skipped.cell.settings = SettingsOf("mobilenet_v2", v1::PRECISION_FP32, 16);
  skipped.state = CellReport::State::kSkipped;
  const std::string text =
      RenderBenchTable({Measured(TypicalMeasurement(v1::PRECISION_FP32, 8)), skipped}, {});
  EXPECT_THAT(FirstLine(text), HasSubstr("image 224"));
}

TEST(BenchTable, MarksTheSpeedUpAgainstAFigureThatHadNotSettled) {
  db::Measurement fp32 = TypicalMeasurement(v1::PRECISION_FP32, 8);
  fp32.result.mutable_validity()->set_valid(false);
  fp32.result.mutable_validity()->add_reasons("unsettled: too few calls");
  const std::string text = RenderBenchTable(
      {Measured(fp32), Measured(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4))}, {});
  EXPECT_THAT(text, HasSubstr("  2.00×?  ")) << text;
  EXPECT_THAT(text, HasSubstr("] speed-up in doubt: the baseline is marked unsettled\n")) << text;
}

TEST(BenchTable, ShowsTheEngineAndHowOneQuantizedWhereRowsDiffer) {
  db::Measurement histogram = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4);
  histogram.result.mutable_settings()->set_observer("histogram");
  db::Measurement mse = histogram;
  mse.result.mutable_settings()->set_observer("mse");
  mse.result.set_engine("qnnpack");
  const CellReport fp32 = Measured(TypicalMeasurement(v1::PRECISION_FP32, 8));
  std::string text = RenderBenchTable({fp32, Measured(histogram)}, {});
  EXPECT_THAT(text, Not(HasSubstr("observer"))) << text;
  text = RenderBenchTable({fp32, Measured(histogram), Measured(mse)}, {});
  EXPECT_THAT(text, HasSubstr("observer")) << text;
  EXPECT_THAT(text, HasSubstr("onednn   histogram")) << text;
  EXPECT_THAT(text, HasSubstr("qnnpack  mse")) << text;
}

TEST(BenchTable, CountsTheOperatorsThatRanAsAnyPrecisionAsks) {
  db::Measurement half = TypicalMeasurement(v1::PRECISION_FP16, 4);
  half.result.mutable_coverage()->set_int8_ops(0);
  half.result.mutable_coverage()->set_covered_ops(21);
  half.result.mutable_coverage()->set_total_ops(53);
  EXPECT_THAT(RenderBenchTable({Measured(half)}, {}), HasSubstr("  21/53  "));
}

TEST(BenchTable, FlagsWhatAPrecisionDidNotChange) {
  db::Measurement half = TypicalMeasurement(v1::PRECISION_BF16, 4);
  half.result.mutable_coverage()->set_unchanged(true);
  const std::string text = RenderBenchTable({Measured(half)}, {});
  EXPECT_THAT(text, HasSubstr("changed nothing [1")) << text;
  EXPECT_THAT(text, HasSubstr("bf16 changed nothing: what ran is the fp32 model")) << text;
}

TEST(BenchTable, SaysThatANeighbourWasBusyRatherThanWhatCameOfIt) {
  db::Measurement measurement = TypicalMeasurement(v1::PRECISION_FP32, 600);
  v1::Validity& validity = *measurement.result.mutable_validity();
  validity.set_valid(false);
  validity.add_reasons("unconverged: interval ±40 %");
  validity.add_reasons("foreign load: other processes used 190 % of a core");
  measurement.result.add_hints("the governor is ondemand: echo performance | sudo tee FILE");
  const std::string text = RenderBenchTable({Measured(measurement)}, {});
  EXPECT_THAT(text, HasSubstr("invalid: foreign load"));
  EXPECT_THAT(text, HasSubstr("edgebench doctor names them")) << "in a note";
  EXPECT_THAT(text, HasSubstr("echo performance | sudo tee FILE"));
}

TEST(BenchTable, SaysOfARateWhyItIsNotTheAnswer) {
  db::Measurement measurement = TypicalMeasurement(v1::PRECISION_FP32, 600);
  v1::Validity& validity = *measurement.result.mutable_validity();
  validity.set_valid(false);
  validity.add_reasons("unconverged: no trial ended within the time");
  const std::string text = RenderBenchTable({Measured(measurement)}, {});
  EXPECT_THAT(text, HasSubstr("no trial ended within the time"));
  EXPECT_THAT(text, Not(HasSubstr("interval stayed wider")));
}

TEST(ResultsTable, SaysWhenAlsoOnANarrowTerminal) {
  const std::vector<db::Measurement> measurements = {
      TypicalMeasurement(v1::PRECISION_FP32, 8), TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4),
      TypicalMeasurement(v1::PRECISION_INT8_STATIC, 20, "pi4")};
  for (const int width : {0, 100, 80, 60}) {
    const std::string text = RenderResultsTable(measurements, {width, false}, absl::UTCTimeZone());
    EXPECT_THAT(text, HasSubstr("2023-11-14")) << text;
    EXPECT_THAT(text, HasSubstr("22:13")) << text;
  }
}

}  // namespace
}  // namespace edgebench::controller
