#include "controller/report/quantization_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controller/terminal.h"
#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Without latency, as a quantize job yields it.
db::Measurement Quantized(v1::Precision precision) {
  db::Measurement m = TypicalMeasurement(precision, 4.6);
  m.result.mutable_settings()->set_kind(v1::JOB_KIND_QUANTIZE);
  m.result.clear_latency();
  m.latency = Summarize({});
  return m;
}

std::string TextOf(const db::Measurement& measurement) {
  return QuantizationText(measurement, "out.pt", {});
}

void AddExecuted(v1::JobResult& result, const std::string& name, const std::string& kind,
                 const std::string& reason) {
  v1::Coverage::Executed& op = *result.mutable_coverage()->add_executed();
  op.set_name(name);
  op.set_kind(kind);
  op.set_reason(reason);
  op.set_count(1);
  op.set_precision(reason.empty() ? result.precision() : v1::PRECISION_FP32);
}

TEST(QuantizationText, ListsEachOperatorThatStayedFp32WithItsReason) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_STATIC);
  AddExecuted(m.result, "features.0", "conv2d", "");
  AddExecuted(m.result, "classifier.1", "linear", "kept by --keep");
  AddExecuted(m.result, "", "hardswish", "no int8 kernel on onednn");
  EXPECT_THAT(TextOf(m), HasSubstr("stays fp32\n"
                                   "operator      kind       runs  why\n"
                                   "classifier.1  linear        1  kept by --keep\n"
                                   "-             hardswish     1  no int8 kernel on onednn\n"));
  EXPECT_THAT(TextOf(m), Not(HasSubstr("features.0")));
}

TEST(QuantizationText, AddsUpManyOperatorsByKindAndReason) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_DYNAMIC);
  for (int i = 0; i < 20; ++i)
    AddExecuted(m.result, absl::StrCat("conv.", i), "conv2d", "not a Linear");
  AddExecuted(m.result, "pool", "max_pool2d", "not a Linear");
  EXPECT_THAT(TextOf(m), AllOf(HasSubstr("conv.0, conv.1 ...  conv2d        20  not a"),
                               HasSubstr("pool                max_pool2d     1")));
}

TEST(QuantizationText, TellsReasonsOfAnAgentThatTellsNoNames) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_DYNAMIC);
  v1::Coverage::Operator& op = *m.result.mutable_coverage()->add_skipped();
  op.set_kind("conv2d");
  op.set_reason("not a Linear");
  op.set_count(26);
  EXPECT_THAT(TextOf(m), HasSubstr("-         conv2d    26  not a Linear"));
}

TEST(QuantizationText, WarnsFirstOfAllThatNothingChanged) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_DYNAMIC);
  m.result.mutable_coverage()->set_int8_ops(0);
  m.result.mutable_coverage()->set_unchanged(true);
  v1::Coverage::Operator& op = *m.result.mutable_coverage()->add_skipped();
  op.set_kind("conv2d");
  op.set_reason("not a Linear");
  op.set_count(26);
  EXPECT_THAT(TextOf(m),
              StartsWith("out.pt: mobilenet_v2 int8-dynamic\n"
                         "  WARNING: int8-dynamic changed nothing: what ran is the fp32 model "
                         "(26 conv2d: not a Linear)\n"));
  EXPECT_THAT(TextOf(m), AllOf(HasSubstr("verdict      changed nothing"),
                               Not(HasSubstr("note: int8-dynamic changed nothing"))));
}

TEST(QuantizationText, TellsOfWeightsThatAreOnlyStoredNarrow) {
  db::Measurement m = Quantized(v1::PRECISION_FP16);
  m.result.mutable_coverage()->set_int8_ops(0);
  m.result.mutable_sizes()->add_parts()->set_precision("fp16");
  EXPECT_THAT(TextOf(m),
              AllOf(HasSubstr("WARNING: fp16 is only how weights are stored"),
                    HasSubstr("verdict      ran as fp32"), Not(HasSubstr("changed nothing"))));
}

TEST(QuantizationText, SaysOnceWhatTheAgentSaysAsWell) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_DYNAMIC);
  m.result.mutable_coverage()->set_int8_ops(0);
  m.result.mutable_coverage()->set_unchanged(true);
  v1::Coverage::Operator& op = *m.result.mutable_coverage()->add_skipped();
  op.set_kind("conv2d");
  op.set_reason("not a Linear");
  op.set_count(26);
  m.result.add_notes("int8-dynamic changed nothing: what ran is the fp32 model");
  EXPECT_THAT(TextOf(m), Not(HasSubstr("note: int8-dynamic changed nothing")));
}

TEST(QuantizationText, CallsNoModelSmallerThatGrewOrStayed) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_DYNAMIC);
  m.result.mutable_model()->set_fp32_model_bytes(4'000'000);
  m.result.mutable_model()->set_model_bytes(5'000'000);
  EXPECT_THAT(TextOf(m), HasSubstr("4.00 MB → 5.00 MB (1.25× larger)"));
  m.result.mutable_model()->set_model_bytes(3'999'000);
  EXPECT_THAT(TextOf(m), HasSubstr("4.00 MB → 4.00 MB\n"));
}

TEST(QuantizationText, CallsNoCosineOneThatIsLess) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_STATIC);
  m.result.mutable_parity()->set_cosine(0.99999);
  EXPECT_THAT(TextOf(m), HasSubstr("cosine > 0.9999"));
}

TEST(QuantizationText, WrapsWhatIsWiderThanTheTerminal) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_STATIC);
  m.result.set_calibration_source(
      "photos: 10 images, shorter side resized to 37, centre crop 32, ImageNet mean and std; 10 "
      "batches of 1");
  m.result.mutable_coverage()->set_unchanged(true);
  m.result.add_notes(std::string(30, 'a') + " " + std::string(30, 'b') + " " +
                     std::string(30, 'c'));
  v1::Coverage::Operator& op = *m.result.mutable_coverage()->add_skipped();
  op.set_kind("conv2d");
  op.set_reason("LibTorch 1.13.0 has no such kernel for conv2d on the CPU");
  const std::string text = QuantizationText(m, "out.pt", {80, false});
  EXPECT_THAT(text, HasSubstr("\n               ImageNet mean and std; 10 batches of 1\n"));
  EXPECT_THAT(text, HasSubstr("\n        ccc"));
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n')))
    EXPECT_LE(DisplayWidth(line), 80) << line;
}

TEST(QuantizationText, RanksTheWorstAndAllThatStayFp32) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_STATIC);
  for (int i = 0; i < 30; ++i) {
    v1::OperatorSensitivity& op = *m.result.add_sensitivity();
    op.set_name(absl::StrCat("conv.", i));
    op.set_sqnr_db(10 + i);
  }
  EXPECT_THAT(TextOf(m), AllOf(HasSubstr("conv.19"), Not(HasSubstr("conv.20")),
                               HasSubstr("\nand 10 that cost less: --json\n")));
  for (int i = 0; i < 25; ++i) m.result.mutable_sensitivity(i)->set_kept_fp32(true);
  EXPECT_THAT(TextOf(m), AllOf(HasSubstr("conv.24"), Not(HasSubstr("conv.25")),
                               HasSubstr("\nand 5 that cost less: --json\n")));
}

TEST(QuantizationText, TellsSizesCalibrationTrainingAndParity) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_QAT);
  v1::ModelSizes& sizes = *m.result.mutable_sizes();
  for (const auto& [precision, bytes] : {std::pair{"int8", 3'470'000}, {"fp32", 136'000}}) {
    v1::ModelSizes::Part& part = *sizes.add_parts();
    part.set_precision(precision);
    part.set_bytes(bytes);
  }
  sizes.set_packed_bytes(3'610'000);
  m.result.set_calibration_source("dogs.tar: 64 images");
  for (const double loss : {0.02, 0.01, 0.005}) m.result.mutable_training()->add_loss(loss);
  m.result.mutable_training()->set_finished_early(true);
  m.result.mutable_training()->set_sqnr_db_before(11.25);
  m.result.mutable_parity()->set_top1_agreement(0.75);
  m.result.mutable_parity()->set_top1_rows(16);
  m.result.mutable_parity()->set_source("2 of the 8 batches of dogs, held out");
  m.result.mutable_parity()->set_max_abs_difference(0.125);
  EXPECT_THAT(
      TextOf(m),
      AllOf(
          HasSubstr("weights      3.47 MB int8, 136 kB fp32; 3.61 MB packed\n"),
          HasSubstr("calibration  dogs.tar: 64 images\n"),
          HasSubstr(
              "training     loss 0.02 → 0.005 in 3 steps, finished early, parity 11.2 → 13.1 dB\n"),
          HasSubstr("parity       13.1 dB, cosine 0.9750, top-1 as fp32 in 12 of 16, "
                    "largest difference 0.125\n"),
          HasSubstr("measured on  2 of the 8 batches of dogs, held out\n")));
}

TEST(QuantizationText, TellsOnceThatThereWasNoCalibrationData) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_STATIC);
  m.result.set_calibration_source("2 seeded random batches");
  m.result.add_notes("no calibration data: 2 seeded random batches");
  m.result.add_notes("something else");
  EXPECT_THAT(TextOf(m),
              AllOf(HasSubstr("calibration  2 seeded random batches\n"),
                    Not(HasSubstr("no calibration data")), HasSubstr("note: something else\n")));
}

TEST(QuantizationText, TellsAShareWhereNobodyToldOfHowMany) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_STATIC);
  m.result.mutable_parity()->set_top1_agreement(0.75);
  EXPECT_THAT(TextOf(m), HasSubstr("top-1 as fp32 in 75 %"));
}

TEST(QuantizationText, TellsNothingThatIsNotKnown) {
  EXPECT_THAT(TextOf(Quantized(v1::PRECISION_INT8_STATIC)),
              AllOf(Not(HasSubstr("\n  weights")), Not(HasSubstr("calibration")),
                    Not(HasSubstr("training")), Not(HasSubstr("stays fp32")),
                    Not(HasSubstr("outputs")), Not(HasSubstr("worst first"))));
}

TEST(QuantizationText, TellsEachOutputWhereThereAreSeveral) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_STATIC);
  v1::Parity::Output* output = m.result.mutable_parity()->add_outputs();
  output->set_shape("float32[1,1000]");
  output->set_sqnr_db(21.5);
  EXPECT_THAT(TextOf(m), Not(HasSubstr("float32[1,1000]")));
  output = m.result.mutable_parity()->add_outputs();
  output->set_shape("float32[1,4]");
  output->set_bit_identical(true);
  EXPECT_THAT(TextOf(m), AllOf(HasSubstr("1  float32[1,1000]    21.5 dB"),
                               HasSubstr("2  float32[1,4]     bit-equal")));
}

TEST(QuantizationText, RanksOperatorsTheWorstFirst) {
  db::Measurement m = Quantized(v1::PRECISION_INT8_STATIC);
  v1::OperatorSensitivity* op = m.result.add_sensitivity();
  op->set_name("features.0.0");
  op->set_kind("conv2d");
  op->set_sqnr_db(17.25);
  op->set_kept_fp32(true);
  op = m.result.add_sensitivity();
  op->set_name("classifier.1");
  op->set_kind("linear");
  EXPECT_THAT(TextOf(m), HasSubstr("the worst first\n"
                                   "operator      kind       parity  stays\n"
                                   "features.0.0  conv2d    17.2 dB  fp32\n"
                                   "classifier.1  linear  no change"));
}

}  // namespace
}  // namespace edgebench::controller
