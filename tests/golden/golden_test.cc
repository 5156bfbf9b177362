#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/file.h"
#include "common/version.h"
#include "controller/report/comparison.h"
#include "controller/report/comparison_table.h"
#include "controller/report/measurement_json.h"
#include "controller/report/measurement_table.h"
#include "controller/report/profile_text.h"
#include "controller/report/quantization_text.h"
#include "controller/report/report_markdown.h"
#include "controller/report/roofline_report.h"
#include "tests/unit/controller/report_fixtures.h"

namespace edgebench::controller {
namespace {

void ExpectGolden(const std::string& name, const std::string& actual) {
  const std::string path = std::string(EDGEBENCH_GOLDEN_DIR) + "/" + name;
  if (std::getenv("EDGEBENCH_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(WriteFileAtomically(path, actual).ok());
    GTEST_SKIP() << "wrote " << path;
  }
  const auto expected = ReadFile(path);
  ASSERT_TRUE(expected.ok()) << expected.status();
  EXPECT_EQ(actual, *expected) << path;
}

CellReport Measured(db::Measurement measurement) {
  CellReport report;
  report.device = measurement.device;
  report.cell.settings = measurement.result.settings();
  report.job_id = measurement.job_id;
  report.state = CellReport::State::kMeasured;
  report.measurement = std::move(measurement);
  return report;
}

db::Measurement Unconverged() {
  db::Measurement m = TypicalMeasurement(v1::PRECISION_INT8_DYNAMIC, 8.1);
  m.result.mutable_coverage()->set_int8_ops(0);
  v1::Coverage::Operator* const skipped = m.result.mutable_coverage()->add_skipped();
  skipped->set_kind("conv2d");
  skipped->set_reason("int8-dynamic covers Linear only");
  skipped->set_count(53);
  m.result.mutable_parity()->Clear();
  m.result.mutable_parity()->set_bit_identical(true);
  m.result.mutable_validity()->set_valid(false);
  m.result.mutable_validity()->add_reasons("unconverged: interval ±9.9 % after 16 samples");
  m.result.mutable_validity()->add_reasons(
      "unsettled: the latency was still changing when the warm-up ended after 7 calls");
  return m;
}

db::Measurement OutOfMemory() {
  v1::JobResult result = MakeResult(SettingsOf("mobilenet_v2", v1::PRECISION_FP32, 8), {});
  result.set_outcome(v1::OUTCOME_OOM);
  result.set_stage(v1::STAGE_WARM_UP);
  result.set_message("the memory limit of 512 MB was reached");
  result.set_peak_rss_bytes(511'000'000);
  result.clear_latency();
  return MeasurementFrom(std::move(result));
}

// A sweep in which everything happens that can happen to a cell.
std::vector<CellReport> Sweep() {
  std::vector<CellReport> reports;
  reports.push_back(Measured(TypicalMeasurement(v1::PRECISION_FP32, 8.5)));
  reports.push_back(Measured(Unconverged()));
  reports.push_back(Measured(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4.6)));
  reports.push_back(Measured(OutOfMemory()));
  CellReport skipped;
  skipped.device = "local";
  skipped.cell.settings = SettingsOf("mobilenet_v2", v1::PRECISION_FP32, 16);
  skipped.state = CellReport::State::kSkipped;
  skipped.skipped_because = "batch 8 ran out of memory";
  reports.push_back(skipped);
  CellReport refused;
  refused.device = "local";
  refused.cell.settings = SettingsOf("mobilenet_v2", v1::PRECISION_AS_STORED);
  refused.state = CellReport::State::kRefused;
  refused.status = absl::InvalidArgumentError("only a model file is measured as it is stored");
  reports.push_back(refused);
  return reports;
}

// One model on two devices, one of them with a GPU that ran fp32 only.
std::vector<db::Measurement> History() {
  std::vector<db::Measurement> history;
  history.push_back(TypicalMeasurement(v1::PRECISION_FP32, 8.5));
  history.push_back(Unconverged());
  history.push_back(TypicalMeasurement(v1::PRECISION_INT8_STATIC, 4.6));
  db::Measurement gpu = TypicalMeasurement(v1::PRECISION_FP32, 2.2, "jetson");
  gpu.result.mutable_settings()->set_target("cuda:0");
  history.push_back(std::move(gpu));
  db::Measurement jetson = TypicalMeasurement(v1::PRECISION_INT8_STATIC, 21, "jetson");
  jetson.result.set_threads(4);
  jetson.result.mutable_settings()->set_threads(4);
  history.push_back(std::move(jetson));
  return history;
}

std::vector<ComparisonBlock> Blocks() {
  std::vector<ComparisonBlock> blocks =
      BuildComparison(History(), Axis::kPrecision, {"local", "jetson"});
  for (ComparisonBlock& block : BuildComparison(History(), Axis::kDevice, {"local", "jetson"}))
    blocks.push_back(std::move(block));
  return blocks;
}

TEST(Golden, TableOfASweep) { ExpectGolden("bench.txt", RenderBenchTable(Sweep(), {})); }

TEST(Golden, TableOfASweepOnANarrowTerminal) {
  ExpectGolden("bench_80_columns.txt", RenderBenchTable(Sweep(), {80, false}));
}

TEST(Golden, JsonOfASweep) {
  ExpectGolden("bench.json",
               Serialize(BenchDocument("9c1de1f0-0000-4000-8000-000000000002", Sweep())));
}

TEST(Golden, TableOfStoredResults) {
  ExpectGolden("results.txt", RenderResultsTable(History(), {}, absl::UTCTimeZone()));
}

TEST(Golden, TableOfStoredResultsOnANarrowTerminal) {
  ExpectGolden("results_80_columns.txt",
               RenderResultsTable(History(), {80, false}, absl::UTCTimeZone()));
}

TEST(Golden, JsonOfStoredResults) {
  ExpectGolden("results.json", Serialize(MeasurementsDocument(History())));
}

TEST(Golden, Comparison) { ExpectGolden("compare.txt", RenderComparison(Blocks(), {})); }

TEST(Golden, JsonOfAComparison) {
  ExpectGolden("compare.json", Serialize(ComparisonDocument(Blocks())));
}

void AddExecuted(v1::Coverage& coverage, const std::string& name, const std::string& kind,
                 v1::Precision precision, const std::string& reason) {
  v1::Coverage::Executed& op = *coverage.add_executed();
  op.set_name(name);
  op.set_kind(kind);
  op.set_precision(precision);
  op.set_reason(reason);
  op.set_count(1);
}

// What the agent tells of a job that was asked for everything.
void AddAllOfTraining(v1::JobResult& result) {
  v1::JobSettings& settings = *result.mutable_settings();
  settings.set_observer("histogram");
  settings.set_weight_scheme("per-channel");
  settings.add_keep_fp32("features.1.conv.0");
  settings.set_calibration_name("dogs.tar");
  settings.mutable_calibration()->set_sha256(std::string(64, 'b'));
  settings.mutable_training()->set_steps(100);
  settings.mutable_training()->set_learning_rate(1e-5);
  settings.mutable_training()->set_optimizer("adam");
  result.set_calibration_source("dogs.tar: 64 images");
  for (const double loss : {0.05, 0.03125, 0.025}) result.mutable_training()->add_loss(loss);
  result.mutable_training()->set_finished_early(true);
  v1::ModelSizes::Part& part = *result.mutable_sizes()->add_parts();
  part.set_precision("int8");
  part.set_elements(3'469'760);
  part.set_bytes(3'469'760);
  result.mutable_sizes()->set_packed_bytes(3'612'000);
  v1::OperatorSensitivity& worst = *result.add_sensitivity();
  worst.set_name("features.0.0");
  worst.set_kind("conv2d");
  worst.set_sqnr_db(17.25);
}

void AddAllOfTheCheck(v1::JobResult& result) {
  v1::Coverage& coverage = *result.mutable_coverage();
  coverage.set_int8_ops(52);
  coverage.set_covered_ops(52);
  AddExecuted(coverage, "features.0.0", "conv2d", v1::PRECISION_INT8_STATIC, "");
  AddExecuted(coverage, "features.1.conv.0", "conv2d", v1::PRECISION_FP32, "kept by --keep");
  v1::Coverage::Operator& skipped = *coverage.add_skipped();
  skipped.set_kind("conv2d");
  skipped.set_reason("kept by --keep");
  skipped.set_count(1);
  v1::Parity& parity = *result.mutable_parity();
  parity.set_top1_agreement(0.875);
  parity.set_top1_rows(8);
  parity.set_source("4 of the 16 batches of dogs, held out");
  parity.set_max_abs_difference(0.375);
  for (const char* shape : {"float32[8,1000]", "float32[8,4]"}) {
    v1::Parity::Output& output = *parity.add_outputs();
    output.set_shape(shape);
    output.set_sqnr_db(13.125);
    output.set_cosine(0.975);
    output.set_max_abs_difference(0.375);
  }
}

db::Measurement Quantization() {
  db::Measurement m = TypicalMeasurement(v1::PRECISION_INT8_QAT, 4.6);
  m.result.mutable_settings()->set_kind(v1::JOB_KIND_QUANTIZE);
  m.result.clear_latency();
  m.latency = Summarize({});
  m.result.set_quantize_duration_ns(688'000'000);
  m.result.mutable_model()->set_fp32_model_bytes(14'370'000);
  m.result.mutable_artifact()->set_sha256(std::string(64, 'a'));
  AddAllOfTraining(m.result);
  AddAllOfTheCheck(m.result);
  return m;
}

TEST(Golden, TextOfAQuantization) {
  ExpectGolden("quantize.txt", QuantizationText(Quantization(), "out.pt", {}));
}

TEST(Golden, JsonOfAQuantization) {
  ExpectGolden("quantize.json", Serialize(QuantizeDocument(Quantization(), "out.pt")));
}

TEST(Golden, TextOfAProfile) { ExpectGolden("profile.txt", ProfileText(TypicalProfile(), 3, {})); }

TEST(Golden, TextOfAProfileOnANarrowTerminal) {
  ExpectGolden("profile_80_columns.txt", ProfileText(TypicalProfile(), 3, {80, false}));
}

TEST(Golden, JsonOfAProfile) {
  ExpectGolden("profile.json", Serialize(BenchDocument("9c1de1f0-0000-4000-8000-000000000002",
                                                       {Measured(TypicalProfile())})));
}

TEST(Golden, TextAndJsonOfARoofline) {
  const db::Measurement peaks = TypicalPeaks();
  const db::Measurement profile = TypicalProfile();
  const ModelRoofline model = PlaceModel(profile, RoofOf(peaks.result.peaks(), 2), 4);
  ExpectGolden("roofline.json", Serialize(RooflineDocument(peaks, {model})));
  ExpectGolden("roofline.txt", RooflineText(peaks, {model}, {}));
}

// The version changes with each release, and is no part of what is looked at here.
std::string WithoutVersion(const std::string& text) {
  return absl::StrReplaceAll(text, {{absl::StrCat("edgebench ", kVersion), "edgebench VERSION"}});
}

TEST(Golden, MarkdownOfAReport) {
  const std::vector<db::Measurement> measurements = MeasurementsOfAReport();
  const ReportData report = BuildReport(measurements, "Lab 2", {"devices local, pi"},
                                        absl::FromUnixSeconds(1'700'000'000));
  for (const FolderFile& file :
       MarkdownReport(report, "edgebench report --format markdown -o DIR")) {
    if (file.path == "README.md") ExpectGolden("report.md", WithoutVersion(file.content));
    if (file.path == "plots/latency-batch-images.svg")
      ExpectGolden("report_latency.svg", file.content);
  }
}

void CollectKeys(const nlohmann::json& json, std::set<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    if (value.is_structured()) CollectKeys(value, keys);
  }
}

// The words within `...`.
std::set<std::string> CodeWords(const std::string& markdown) {
  std::set<std::string> words;
  const std::vector<std::string> parts = absl::StrSplit(markdown, '`');
  for (size_t i = 1; i < parts.size(); i += 2) {
    for (const absl::string_view word : absl::StrSplit(parts[i], absl::ByAnyChar(" .,[]{}")))
      words.emplace(word);
  }
  return words;
}

TEST(Golden, EveryFieldIsDescribedForReaders) {
  const std::string folder = EDGEBENCH_GOLDEN_DIR;
  const auto page = ReadFile(folder + "/../../docs/results-schema.md");
  ASSERT_TRUE(page.ok()) << page.status();
  const size_t json_section = page->find("\n## JSON\n");
  ASSERT_NE(json_section, std::string::npos);
  const std::set<std::string> described = CodeWords(page->substr(json_section));
  for (const char* name : {"bench.json", "results.json", "compare.json", "quantize.json",
                           "profile.json", "roofline.json"}) {
    const auto document = ReadFile(folder + "/" + name);
    ASSERT_TRUE(document.ok()) << document.status();
    std::set<std::string> keys;
    CollectKeys(nlohmann::json::parse(*document), keys);
    for (const std::string& key : keys) EXPECT_TRUE(described.count(key)) << name << ": " << key;
  }
}

}  // namespace
}  // namespace edgebench::controller
