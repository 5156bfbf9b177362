#include "agent/worker/zoo/weights_fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/worker/torch_archive.h"

namespace edgebench::worker::zoo {
namespace {

using tensor_files::Checkpoint;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kForward[] = "def forward(self, x: Tensor) -> Tensor:\n    return x\n";

// A convolution, a batch norm and a classifier.
Layer Classifier() {
  return Layer{
      "M",
      kForward,
      {},
      {{"conv", Conv2d(1, 2, Window(3), Bias::kNo)}, {"bn", BatchNorm2d(2)}, {"fc", Linear(2, 3)}},
      {}};
}

// With the names of a published checkpoint.
Layer Encoder() {
  Layer embeddings{"E", kForward, {}, {{"LayerNorm", LayerNorm(4, 1e-12)}}, {}};
  Layer bert{"B", kForward, {}, {{"embeddings", embeddings}, {"dense", Linear(4, 4)}}, {}};
  return Layer{"M", kForward, {}, {{"bert", bert}}, {}};
}

using Shapes = std::vector<std::pair<std::string, std::vector<int64_t>>>;

Shapes ShapesOfClassifier(const std::string& prefix = "") {
  return {{prefix + "conv.weight", {2, 1, 3, 3}},
          {prefix + "bn.weight", {2}},
          {prefix + "bn.bias", {2}},
          {prefix + "bn.running_mean", {2}},
          {prefix + "bn.running_var", {2}},
          {prefix + "fc.weight", {3, 2}},
          {prefix + "fc.bias", {3}}};
}

Shapes ShapesOfEncoder() {
  return {{"bert.embeddings.LayerNorm.weight", {4}},
          {"bert.embeddings.LayerNorm.bias", {4}},
          {"bert.dense.weight", {4, 4}},
          {"bert.dense.bias", {4}}};
}

void Erase(const std::string& name, Shapes& shapes) {
  for (auto it = shapes.begin(); it != shapes.end(); ++it) {
    if (it->first != name) continue;
    shapes.erase(it);
    return;
  }
}

class WeightsFitTest : public testing::Test {
 protected:
  Checkpoint FileOf(const Shapes& shapes, const std::string& storage = "FloatStorage") {
    std::vector<std::pair<std::string, std::string>> entries;
    for (const auto& [name, shape] : shapes) {
      entries.emplace_back(
          name, Pickled({storage, "0", 0, shape, tensor_files::ContiguousStrides(shape)}));
    }
    const std::string path = folder_.File("f.pth");
    std::ofstream(path, std::ios::binary)
        << TorchFileOf(PickledDict(entries), {std::string(4096, '\0')});
    return *Checkpoint::Open(path);
  }

  absl::StatusOr<WeightsFit> Fit(const Layer& layer, const Shapes& shapes,
                                 bool allow_missing = false) {
    v1::ZooModel model;
    model.set_name("little");
    model.set_family(layer.children.size() == 1 ? "language" : "vision");
    files_.push_back(FileOf(shapes));
    return FitWeights(layer, model, files_.back(), "f.pth", allow_missing);
  }

  std::string Error(const Layer& layer, const Shapes& shapes, bool allow_missing = false) {
    const auto fit = Fit(layer, shapes, allow_missing);
    EXPECT_EQ(fit.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(fit.status().message());
  }

  TempDir folder_;
  std::deque<Checkpoint> files_;
};

TEST_F(WeightsFitTest, IsCompleteWhereEveryNameAndShapeIsThere) {
  for (const char* prefix : {"", "module.", "_orig_mod.module."}) {
    const auto fit = Fit(Classifier(), ShapesOfClassifier(prefix));
    ASSERT_TRUE(fit.ok()) << fit.status();
    EXPECT_TRUE(fit->complete);
    EXPECT_TRUE(fit->has_statistics);
    EXPECT_THAT(fit->notes, IsEmpty());
    EXPECT_EQ(fit->given.size(), 7);
    EXPECT_EQ(fit->given.at("fc.weight")->name, absl::StrCat(prefix, "fc.weight"));
  }
}

TEST_F(WeightsFitTest, DoesNotNeedCountersNorMindThem) {
  Shapes shapes = ShapesOfClassifier();
  shapes.push_back({"bn.num_batches_tracked", {}});
  shapes.push_back({"embeddings.position_ids", {1, 4}});
  const auto fit = Fit(Classifier(), shapes);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_TRUE(fit->complete);
}

TEST_F(WeightsFitTest, TakesTheNamesOfTheFamilyWithAndWithoutItsPrefix) {
  Shapes bare;
  for (const auto& [name, shape] : ShapesOfEncoder()) bare.push_back({name.substr(5), shape});
  Shapes of_tensorflow = ShapesOfEncoder();
  of_tensorflow[0].first = "bert.embeddings.LayerNorm.gamma";
  of_tensorflow[1].first = "bert.embeddings.LayerNorm.beta";
  for (const Shapes& shapes : {ShapesOfEncoder(), bare, of_tensorflow}) {
    const auto fit = Fit(Encoder(), shapes);
    ASSERT_TRUE(fit.ok()) << fit.status();
    EXPECT_TRUE(fit->complete);
    EXPECT_EQ(fit->given.count("bert.embeddings.LayerNorm.bias"), 1);
  }
}

TEST_F(WeightsFitTest, PassesOverTheHeadsOfPublishedCheckpointsAndSaysSo) {
  Shapes shapes = ShapesOfEncoder();
  shapes.push_back({"cls.predictions.bias", {9}});
  shapes.push_back({"cls.seq_relationship.weight", {2, 4}});
  shapes.push_back({"qa_outputs.bias", {2}});
  const auto fit = Fit(Encoder(), shapes);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_TRUE(fit->complete);
  EXPECT_THAT(fit->notes,
              ElementsAre("heads in f.pth that little does not have were passed over: cls (2), "
                          "qa_outputs (1)"));
  // In a vision model a classifier is no such head.
  shapes = ShapesOfClassifier();
  shapes.push_back({"classifier.weight", {9}});
  EXPECT_THAT(Error(Classifier(), shapes), HasSubstr("1 tensor surplus (classifier.weight)"));
}

TEST_F(WeightsFitTest, ListsWhatIsMissingSurplusAndMisshapenByName) {
  Shapes shapes = ShapesOfClassifier();
  Erase("fc.bias", shapes);
  Erase("bn.bias", shapes);
  Erase("conv.weight", shapes);
  shapes.push_back({"conv.weight", {2, 1, 7, 7}});
  shapes.push_back({"head.weight", {1}});
  EXPECT_EQ(Error(Classifier(), shapes),
            "f.pth does not fit little: 2 tensors missing (bn.bias, fc.bias), 1 tensor surplus "
            "(head.weight), 1 tensor of another shape (conv.weight is [2,1,7,7] instead of "
            "[2,1,3,3]). With --allow-missing what is missing or of another shape stays random, "
            "and what is surplus is passed over");
}

TEST_F(WeightsFitTest, ListsTwentyAndCountsTheRest) {
  Shapes shapes = ShapesOfClassifier();
  for (int i = 0; i < 50; ++i) shapes.push_back({absl::StrCat("x", i + 10, ".weight"), {1}});
  EXPECT_THAT(Error(Classifier(), shapes),
              AllOf(HasSubstr("50 tensors surplus (x10.weight, x11.weight, "),
                    HasSubstr("x29.weight and 30 more)"), Not(HasSubstr("x30"))));
}

TEST_F(WeightsFitTest, LeavesRandomWhatMayBeMissingAndSaysWhich) {
  Shapes shapes = ShapesOfClassifier();
  Erase("fc.bias", shapes);
  Erase("fc.weight", shapes);
  shapes.push_back({"fc.weight", {10, 2}});
  shapes.push_back({"head.weight", {1}});
  const auto fit = Fit(Classifier(), shapes, /*allow_missing=*/true);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_FALSE(fit->complete);
  EXPECT_TRUE(fit->has_statistics);
  EXPECT_EQ(fit->given.count("fc.weight"), 0);
  EXPECT_THAT(fit->notes,
              ElementsAre("not in f.pth, and random: fc.bias",
                          "of another shape in f.pth, and random: fc.weight is [10,2] instead of "
                          "[3,2]",
                          "passed over of f.pth: head.weight"));
}

TEST_F(WeightsFitTest, TakesNoStatisticsWhereSomeAreMissing) {
  Shapes shapes = ShapesOfClassifier();
  Erase("bn.running_var", shapes);
  const auto fit = Fit(Classifier(), shapes, /*allow_missing=*/true);
  ASSERT_TRUE(fit.ok()) << fit.status();
  EXPECT_FALSE(fit->has_statistics);
  EXPECT_EQ(fit->given.count("bn.running_mean"), 0);
  EXPECT_EQ(fit->given.count("bn.weight"), 1);
  EXPECT_THAT(fit->notes.back(), HasSubstr("all of them are of seeded random data"));
}

TEST_F(WeightsFitTest, OfAFileOfAnotherModelIsRefusedWhateverMayBeMissing) {
  EXPECT_THAT(Error(Classifier(), {{"a.weight", {1}}, {"b.weight", {1}}}, /*allow_missing=*/true),
              AllOf(HasSubstr("f.pth has no tensor of little"), HasSubstr("a.weight, b.weight"),
                    HasSubstr("little has conv.weight")));
}

TEST_F(WeightsFitTest, OfTwoTensorsWithOneNameIsRefused) {
  Shapes shapes = ShapesOfClassifier();
  shapes.push_back({"module.fc.bias", {3}});
  EXPECT_THAT(Error(Classifier(), shapes, /*allow_missing=*/true),
              HasSubstr("two tensors of one name: fc.bias and module.fc.bias"));
}

TEST_F(WeightsFitTest, TakesFloatingPointOnly) {
  v1::ZooModel model;
  model.set_name("little");
  for (const char* storage : {"DoubleStorage", "HalfStorage", "BFloat16Storage"}) {
    EXPECT_TRUE(
        FitWeights(Classifier(), model, FileOf(ShapesOfClassifier(), storage), "f", false).ok())
        << storage;
  }
  const auto fit =
      FitWeights(Classifier(), model, FileOf(ShapesOfClassifier(), "CharStorage"), "f", false);
  EXPECT_THAT(std::string(fit.status().message()),
              HasSubstr("fc.bias is int8[3] instead of floating-point [3]"));
}

}  // namespace
}  // namespace edgebench::worker::zoo
