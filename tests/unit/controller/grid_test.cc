#include "controller/grid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/controller/fixtures.h"

namespace edgebench::controller {
namespace {

using ::testing::ElementsAre;

ModelChoice Zoo(const std::string& name) {
  ModelChoice model;
  model.reference.set_zoo_name(name);
  model.reference.set_display_name(name);
  return model;
}

ModelChoice File(const std::string& name, const std::string& sha256) {
  ModelChoice model;
  model.reference.mutable_artifact()->set_sha256(sha256);
  model.reference.set_display_name(name);
  model.path = "/models/" + name;
  return model;
}

std::vector<std::string> Labels(const GridAxes& axes) {
  std::vector<std::string> labels;
  for (const Cell& cell : ExpandGrid(axes, {})) labels.push_back(CellLabel(cell.settings));
  return labels;
}

TEST(Grid, OfMoreCellsThanAnybodyCouldMeasureIsRefused) {
  GridAxes axes;
  axes.models = {Zoo("a")};
  for (int i = 1; i <= 100; ++i) {
    axes.batches.push_back(i);
    axes.threads.push_back(i);
  }
  EXPECT_TRUE(CheckGridSize(axes).ok());
  axes.models.push_back(Zoo("b"));
  EXPECT_EQ(CheckGridSize(axes).code(), absl::StatusCode::kInvalidArgument);
}

TEST(Grid, GoesModelByModelFromSmallToLargeWithThePrecisionsSideBySide) {
  GridAxes axes;
  axes.models = {Zoo("b"), Zoo("a")};
  axes.precisions = {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC};
  axes.batches = {8, 1};
  EXPECT_THAT(Labels(axes),
              ElementsAre("b fp32 batch 1", "b int8-static batch 1", "b fp32 batch 8",
                          "b int8-static batch 8", "a fp32 batch 1", "a int8-static batch 1",
                          "a fp32 batch 8", "a int8-static batch 8"));
}

v1::ZooModel Facts(const std::string& size) {
  v1::ZooModel facts;
  if (size == "image") facts.set_default_image_size(224);
  if (size == "length") facts.set_default_seq_len(128);
  if (size == "frames") facts.set_default_frames(500);
  return facts;
}

ModelChoice Known(const std::string& name, const std::string& size, bool decodes = false) {
  ModelChoice model = Zoo(name);
  model.facts = Facts(size);
  model.facts->set_decodes(decodes);
  return model;
}

TEST(Grid, GivesEachModelTheSizesThatItTakes) {
  GridAxes axes;
  axes.models = {Known("resnet", "image"), Known("bert", "length"), Known("asr", "frames", true)};
  axes.sizes = {{{192, 224}, {64}, {200}}};
  axes.ctc_weights = {1, 0};
  EXPECT_THAT(Labels(axes),
              ElementsAre("resnet fp32 image 192", "resnet fp32 image 224", "bert fp32 length 64",
                          "asr fp32 frames 200 CTC weight 0", "asr fp32 frames 200 CTC weight 1"));
  EXPECT_TRUE(CheckAxesAreTaken(axes, {}).ok());
}

TEST(Grid, GivesAFileTheSizesThatItsInputsName) {
  GridAxes axes;
  axes.models = {File("x.pt", "11")};
  axes.sizes = {{{32}, {64}, {}}};
  v1::JobSettings base;
  base.add_input_specs("int64[N,L]");
  ASSERT_EQ(ExpandGrid(axes, base).size(), 1u);
  EXPECT_EQ(CellLabel(ExpandGrid(axes, base).front().settings), "x.pt as-stored length 64");
}

TEST(Grid, AFlagThatNoModelTakesIsNamed) {
  GridAxes axes;
  axes.models = {Known("resnet", "image"), Known("bert", "length")};
  axes.sizes = {{{}, {}, {200}}};
  const auto message = [](const absl::Status& status) { return std::string(status.message()); };
  EXPECT_EQ(message(CheckAxesAreTaken(axes, {})),
            "--frames has no use for resnet, bert; what a model takes: edgebench model list");
  axes.sizes = {};
  axes.ctc_weights = {0.5};
  EXPECT_THAT(message(CheckAxesAreTaken(axes, {})), testing::StartsWith("--ctc-weight"));
  axes.ctc_weights = {};
  v1::JobSettings base;
  base.mutable_decoding()->set_beam(3);
  EXPECT_THAT(message(CheckAxesAreTaken(axes, base)), testing::StartsWith("--beam"));
}

TEST(Grid, DecodesOnlyWithModelsThatDecode) {
  GridAxes axes;
  axes.models = {Known("encoder", "frames"), Known("asr", "frames", true)};
  v1::JobSettings base;
  base.mutable_decoding()->set_beam(3);
  const std::vector<Cell> cells = ExpandGrid(axes, base);
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_FALSE(cells[0].settings.has_decoding());
  EXPECT_EQ(cells[1].settings.decoding().beam(), 3);
}

TEST(Grid, HasEveryCellOnce) {
  GridAxes axes;
  axes.models = {Zoo("a"), Zoo("a"), File("x.pt", "11"), File("copy.pt", "11")};
  axes.precisions = {v1::PRECISION_FP32, v1::PRECISION_FP32};
  axes.batches = {2, 2};
  EXPECT_THAT(Labels(axes), ElementsAre("a fp32 batch 2", "x.pt fp32 batch 2"));
}

TEST(Grid, RunsAFileAsItIsStoredUnlessAPrecisionIsGiven) {
  GridAxes axes;
  axes.models = {Zoo("a"), File("x.pt", "11")};
  EXPECT_THAT(Labels(axes), ElementsAre("a fp32", "x.pt as-stored"));
}

TEST(Grid, LeavesSizesThatWereNotAskedForToTheAgent) {
  GridAxes axes;
  axes.models = {Zoo("a")};
  const Cell cell = ExpandGrid(axes, {}).front();
  EXPECT_FALSE(cell.settings.has_batch());
  EXPECT_FALSE(cell.settings.has_image_size());
}

TEST(Grid, HasACellForEachEngineOfThePrecisionsThatUseOne) {
  GridAxes axes;
  axes.models = {Zoo("a")};
  axes.precisions = {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC, v1::PRECISION_INT8_WEIGHT_ONLY};
  axes.engines = {"onednn", "qnnpack", "onednn"};
  EXPECT_THAT(Labels(axes), ElementsAre("a fp32", "a int8-static onednn", "a int8-static qnnpack",
                                        "a int8-weight-only"));
}

TEST(Grid, GivesEachCellTheSettingsOfItsPrecisionOnly) {
  GridAxes axes;
  axes.models = {Zoo("a")};
  axes.precisions = {v1::PRECISION_FP32, v1::PRECISION_INT8_STATIC};
  v1::JobSettings base;
  base.set_observer("mse");
  base.add_keep_fp32("fc");
  const std::vector<Cell> cells = ExpandGrid(axes, base);
  ASSERT_EQ(cells.size(), 2u);
  EXPECT_EQ(cells[0].settings.observer(), "");
  EXPECT_EQ(cells[0].settings.keep_fp32_size(), 0);
  EXPECT_EQ(cells[1].settings.observer(), "mse");
  EXPECT_EQ(cells[1].settings.keep_fp32_size(), 1);
}

TEST(SkipRule, CallsACellLargerOnlyWhenNoSizeIsSmaller) {
  v1::JobSettings small = SettingsOf("a", v1::PRECISION_FP32, 2);
  v1::JobSettings large = SettingsOf("a", v1::PRECISION_FP32, 4);
  EXPECT_TRUE(IsStrictlyLarger(large, small));
  EXPECT_FALSE(IsStrictlyLarger(small, large));
  EXPECT_FALSE(IsStrictlyLarger(small, small));
  small.set_image_size(224);
  large.set_image_size(160);
  EXPECT_FALSE(IsStrictlyLarger(large, small));
  large.set_image_size(224);
  EXPECT_TRUE(IsStrictlyLarger(large, small));
}

TEST(SkipRule, KeepsModelsPrecisionsAndEnginesApart) {
  const v1::JobSettings small = SettingsOf("a", v1::PRECISION_FP32, 2);
  EXPECT_FALSE(IsStrictlyLarger(SettingsOf("b", v1::PRECISION_FP32, 4), small));
  v1::JobSettings large = SettingsOf("a", v1::PRECISION_INT8_STATIC, 4);
  EXPECT_FALSE(IsStrictlyLarger(large, small));
  v1::JobSettings small_int8 = SettingsOf("a", v1::PRECISION_INT8_STATIC, 2);
  EXPECT_TRUE(IsStrictlyLarger(large, small_int8));
  large.set_engine("qnnpack");
  EXPECT_FALSE(IsStrictlyLarger(large, small_int8)) << "it may need less";
}

TEST(SkipRule, TakesAnUnsetBatchForOne) {
  v1::JobSettings unset = SettingsOf("a", v1::PRECISION_FP32);
  unset.clear_batch();
  EXPECT_TRUE(IsStrictlyLarger(SettingsOf("a", v1::PRECISION_FP32, 2), unset));
  EXPECT_FALSE(IsStrictlyLarger(SettingsOf("a", v1::PRECISION_FP32, 1), unset));
}

TEST(SkipRule, OnlyMemoryAndTimeRuleOutLargerCells) {
  EXPECT_TRUE(RulesOutLarger(v1::OUTCOME_OOM));
  EXPECT_TRUE(RulesOutLarger(v1::OUTCOME_TIMEOUT));
  for (const v1::Outcome outcome :
       {v1::OUTCOME_OK, v1::OUTCOME_CRASH, v1::OUTCOME_UNSUPPORTED, v1::OUTCOME_INVALID_MODEL,
        v1::OUTCOME_CANCELLED, v1::OUTCOME_INTERRUPTED})
    EXPECT_FALSE(RulesOutLarger(outcome)) << outcome;
}

TEST(SkipRule, SaysWhatFailed) {
  v1::JobSettings settings = SettingsOf("a", v1::PRECISION_FP32, 8);
  EXPECT_EQ(WhyRuledOut(settings, v1::OUTCOME_OOM), "batch 8 ran out of memory");
  settings.set_image_size(512);
  EXPECT_EQ(WhyRuledOut(settings, v1::OUTCOME_TIMEOUT),
            "batch 8, image size 512 ran into its time limit");
}

}  // namespace
}  // namespace edgebench::controller
