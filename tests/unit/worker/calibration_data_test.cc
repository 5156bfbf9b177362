#include "agent/worker/torch/calibration_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/torch/held_out.h"
#include "agent/worker/torch/inputs.h"
#include "common/file.h"
#include "tests/unit/worker/tensor_bytes.h"
#include "tests/unit/worker/test_images.h"
#include "tests/unit/worker/torch_test_support.h"

namespace edgebench::worker {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

WantedInputs Wanted(const std::vector<std::string>& specs, int64_t batch = 2) {
  WantedInputs wanted;
  wanted.specs = *ParseInputSpecs(specs);
  for (const char* name : {"x", "ids"}) {
    if (wanted.names.size() < specs.size()) wanted.names.push_back(name);
  }
  wanted.sizes.batch = batch;
  wanted.sizes.image_size = 8;
  wanted.sizes.seq_len = 3;
  return wanted;
}

at::Tensor Counting(const std::vector<int64_t>& shape, at::ScalarType type = at::kFloat) {
  const int64_t count = c10::multiply_integers(shape);
  return at::arange(count, at::TensorOptions().dtype(type)).reshape(shape);
}

class CalibrationDataTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& content) {
    EXPECT_TRUE(WriteFileAtomically(folder_.File(name), content).ok());
    return folder_.File(name);
  }

  std::string Save(const std::string& name, const c10::IValue& value) {
    const std::vector<char> bytes = torch::jit::pickle_save(value);
    return Write(name, std::string(bytes.begin(), bytes.end()));
  }

  // Of files in the folder of the test.
  std::string Tar(const std::string& files) {
    const std::string command =
        absl::StrCat("cd ", folder_.path(), " && tar --create --file=dogs.tar ", files);
    EXPECT_EQ(std::system(command.c_str()), 0);
    return folder_.File("dogs.tar");
  }

  static absl::StatusOr<std::unique_ptr<CalibrationData>> Read(const std::string& path,
                                                               const WantedInputs& wanted) {
    return ReadCalibration(path, "dogs", wanted, {});
  }

  // The first input of a batch.
  static at::Tensor Batch(const CalibrationData& data, int64_t index, size_t input = 0) {
    const auto batch = data.Batch(index);
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.ok() ? batch->at(input).toTensor() : at::Tensor();
  }

  static std::string ErrorOf(const std::string& path, const WantedInputs& wanted) {
    const auto data = Read(path, wanted);
    const absl::Status status = data.ok() ? (*data)->Batch(0).status() : data.status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }

  ScratchFolder folder_;
};

TEST_F(CalibrationDataTest, IsCutIntoBatchesOfTheJobAndSaysWhatIsLeftOver) {
  const auto data = Read(Save("a", Counting({5, 2})), Wanted({"float32[N,2]"}));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->batches(), 2);
  EXPECT_EQ((*data)->source(), "dogs: 5 samples; 2 batches of 2, 1 left over");
  EXPECT_TRUE(Batch(**data, 1).equal(Counting({5, 2}).narrow(0, 2, 2)));
  EXPECT_TRUE(Batch(**data, 0).equal(Counting({5, 2}).narrow(0, 0, 2)));
}

TEST_F(CalibrationDataTest, ThatABatchWritesIntoStaysAsItIs) {
  const auto data = Read(Save("a", Counting({2, 2})), Wanted({"float32[N,2]"}));
  ASSERT_TRUE(data.ok()) << data.status();
  Batch(**data, 0).zero_();
  EXPECT_TRUE(Batch(**data, 0).equal(Counting({2, 2})));
}

TEST_F(CalibrationDataTest, OfSeveralTensorsMakesBatchesAcrossThem) {
  Save("a.pt", Counting({1, 2}));
  Save("b.pt", Counting({3, 2}) + 2);
  const auto data = Read(Tar("a.pt b.pt"), Wanted({"float32[N,2]"}, 4));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->source(), "dogs: 4 samples; 1 batch of 4");
  EXPECT_TRUE(Batch(**data, 0).equal(Counting({4, 2})));
}

TEST_F(CalibrationDataTest, OfAFixedShapeIsCutByItsFirstDimension) {
  const auto data = Read(Save("a", Counting({4, 2})), Wanted({"float32[1,2]"}));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->batches(), 4);
  EXPECT_TRUE(Batch(**data, 3).equal(Counting({4, 2}).narrow(0, 3, 1)));
}

TEST_F(CalibrationDataTest, WhoseFirstDimensionIsNoBatchIsOneWholeBatchATensor) {
  Save("a.pt", Counting({3, 2, 5}));
  Save("b.pt", Counting({3, 2, 5}) + 1);
  const auto data = Read(Tar("a.pt b.pt"), Wanted({"float32[L,N,5]"}));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->batches(), 2);
  EXPECT_TRUE(Batch(**data, 1).equal(Counting({3, 2, 5}) + 1));
}

TEST_F(CalibrationDataTest, OfAnotherNumberTypeIsConvertedAndSaysSo) {
  const auto data = Read(Save("a", Counting({2, 2}, at::kDouble) + 0.5), Wanted({"float32[N,2]"}));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->source(), "dogs: 2 samples, float64 taken as float32; 1 batch of 2");
  EXPECT_TRUE(Batch(**data, 0).equal(Counting({2, 2}) + 0.5));
}

TEST_F(CalibrationDataTest, OfEveryNumberTypeThatHoldsTheValuesIsTaken) {
  const std::string ones[][2] = {{"<f2", BytesOfValues<uint16_t>({0x3c00, 0x3c00})},
                                 {"<f4", BytesOfValues<float>({1, 1})},
                                 {"<f8", BytesOfValues<double>({1, 1})},
                                 {"<i8", BytesOfValues<int64_t>({1, 1})},
                                 {"<i4", BytesOfValues<int32_t>({1, 1})},
                                 {"|i1", "\x01\x01"},
                                 {"|u1", "\x01\x01"},
                                 {"|b1", "\x01\x01"}};
  for (const auto& [type, bytes] : ones) {
    const std::string path = Write("a", NpyOf(type, "(2, 1)", bytes));
    for (const char* wanted : {"float32", "float16", "bfloat16", "float64", "int64", "bool"}) {
      const bool is_floating = type[1] == 'f';
      const bool may_be = !is_floating || absl::StrContains(wanted, "float");
      const auto data = Read(path, Wanted({absl::StrCat(wanted, "[N,1]")}));
      ASSERT_EQ(data.ok(), may_be) << type << " as " << wanted << ": " << data.status();
      if (!may_be) continue;
      EXPECT_TRUE(Batch(**data, 0).to(at::kFloat).equal(at::ones({2, 1}))) << type << wanted;
    }
  }
}

TEST_F(CalibrationDataTest, OfAnotherShapeOrTypeNamesWhatItHasAndWhatIsWanted) {
  const WantedInputs images = Wanted({"float32[N,3,H,W]"});
  EXPECT_EQ(ErrorOf(Save("a", at::zeros({10, 1, 8, 8})), images),
            "dogs: tensor 0 is float32[10,1,8,8], the input x wants float32[N,3,8,8]");
  EXPECT_EQ(ErrorOf(Save("a", at::zeros({3, 8, 8})), images),
            "dogs: tensor 0 is float32[3,8,8], the input x wants float32[N,3,8,8]");
  EXPECT_EQ(ErrorOf(Save("a", at::zeros({0, 3, 8, 8})), images),
            "dogs: tensor 0 is float32[0,3,8,8], the input x wants float32[N,3,8,8], with one "
            "sample or more");
  EXPECT_EQ(ErrorOf(Save("a", at::zeros({2, 3})), Wanted({"int64[N,L]"})),
            "dogs: tensor 0 is float32[2,3], the input x wants int64[N,3]: round and convert it "
            "first");
  EXPECT_THAT(ErrorOf(Save("a", at::zeros({2, 3}, at::kComplexFloat)), Wanted({"float32[N,L]"})),
              HasSubstr("torch.ComplexFloatStorage"));
}

TEST_F(CalibrationDataTest, WithValuesThatTheInputCannotHaveIsRefused) {
  const WantedInputs floats = Wanted({"float32[N,1]"});
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(ErrorOf(Save("a", at::full({2, 1}, bad)), floats),
              "dogs: tensor 0 holds NaN or infinity");
  }
  EXPECT_EQ(ErrorOf(Save("a", at::full({2, 1}, 1e300, at::kDouble)), floats),
            "dogs: tensor 0 is float64[2,1], the input x wants float32[N,1], and holds values that "
            "float32 cannot");
  EXPECT_EQ(ErrorOf(Save("a", at::full({2, 1}, 300, at::kLong)), Wanted({"uint8[N,1]"})),
            "dogs: tensor 0 is int64[2,1], the input x wants uint8[N,1], and holds values that "
            "uint8 cannot");
  EXPECT_EQ(ErrorOf(Save("a", at::full({2, 1}, 30522, at::kLong)), Wanted({"int64[N,1]:0..30521"})),
            "dogs: tensor 0 is int64[2,1], the input x wants int64[N,1]:0..30521, and it holds "
            "30522");
}

TEST_F(CalibrationDataTest, OfTooFewSamplesSaysHowManyAreNeeded) {
  EXPECT_EQ(ErrorOf(Save("a", Counting({5, 2})), Wanted({"float32[N,2]"}, 8)),
            "dogs holds 5 samples, a batch needs 8: give more, or a smaller --batch");
}

TEST_F(CalibrationDataTest, OfOtherInputsThanTheModelsIsRefused) {
  const WantedInputs two = Wanted({"float32[N,2]", "int64[N,L]"});
  const auto tuple = [](std::vector<c10::IValue> values) {
    return c10::IValue(c10::ivalue::Tuple::create(std::move(values)));
  };
  EXPECT_EQ(ErrorOf(Save("a", Counting({4, 2})), two),
            "dogs holds 1 tensor, the model takes 2 (x, ids)");
  EXPECT_EQ(ErrorOf(Save("a", tuple({Counting({4, 2}), Counting({3, 3}, at::kLong)})), two),
            "dogs holds samples for x and ids in different numbers");
  const std::string named =
      Write("a", SafetensorsOf(R"({"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                               R"("y":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}})",
                               std::string(16, '\0')));
  EXPECT_EQ(ErrorOf(named, two),
            "dogs holds no tensor named ids, as the model calls its input; it holds x, y");
  EXPECT_EQ(ErrorOf(named, Wanted({"float32[N,2]"})),
            "dogs holds 2 tensors (x, y), the model takes 1 (x)");
}

TEST_F(CalibrationDataTest, OfNamedTensorsGivesEachToItsInput) {
  const std::string path =
      Write("a", SafetensorsOf(R"({"ids":{"dtype":"I64","shape":[2,3],"data_offsets":[0,48]},)"
                               R"("x":{"dtype":"F32","shape":[2,2],"data_offsets":[48,64]}})",
                               BytesOfValues<int64_t>({0, 1, 2, 3, 4, 5}) +
                                   BytesOfValues<float>({0, 1, 2, 3})));
  const auto data = Read(path, Wanted({"float32[N,2]", "int64[N,L]"}, 1));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->batches(), 2);
  EXPECT_TRUE(Batch(**data, 1, 0).equal(Counting({2, 2}).narrow(0, 1, 1)));
  EXPECT_TRUE(Batch(**data, 1, 1).equal(Counting({2, 3}, at::kLong).narrow(0, 1, 1)));
}

TEST_F(CalibrationDataTest, OfBytesAsBoolIsTrueOrFalse) {
  const auto data =
      Read(Write("a", NpyOf("|b1", "(2, 1)", std::string("\x00\x07", 2))), Wanted({"bool[N,1]"}));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE(Batch(**data, 0).equal(at::tensor({0, 1}).to(at::kBool).view({2, 1})));
}

TEST_F(CalibrationDataTest, OfATarFileOfTensorsGoesThroughItsFiles) {
  Write("a.npy", NpyOf("<f4", "(1, 2)", BytesOfValues<float>({0, 1})));
  Save("b.pt", Counting({3, 2}) + 2);
  Write("labels.txt", "cat");
  const auto data = Read(Tar("a.npy b.pt labels.txt"), Wanted({"float32[N,2]"}));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->source(), "dogs: 4 samples; 2 batches of 2");
  EXPECT_TRUE(at::cat({Batch(**data, 0), Batch(**data, 1)}).equal(Counting({4, 2})));
}

TEST_F(CalibrationDataTest, OfATarFileNamesTheMemberThatIsWrong) {
  Write("a.npy", NpyOf("<f4", "(1, 3)", std::string(12, '\0')));
  EXPECT_THAT(ErrorOf(Tar("a.npy"), Wanted({"float32[N,2]"})),
              HasSubstr("dogs/a.npy: tensor 0 is float32[1,3]"));
  Write("a.npy", "nothing");
  EXPECT_THAT(ErrorOf(Tar("a.npy"), Wanted({"float32[N,2]"})),
              HasSubstr("dogs/a.npy is no calibration data"));
  Write("a.png", "nothing");
  EXPECT_THAT(ErrorOf(Tar("a.npy a.png"), Wanted({"float32[N,2]"})),
              HasSubstr("1 images (.jpg, .jpeg, .png) and 1 files of tensors"));
}

TEST_F(CalibrationDataTest, OfImagesIsDecodedResizedCutAndNormalized) {
  const std::vector<uint8_t> red(12 * 10 * 3, 255);
  for (const char* name : {"a.png", "b.jpg", "c.png"}) {
    Write(name, name[0] == 'b' ? images::JpegOf(12, 10, red) : images::PngOf(12, 10, red));
  }
  const auto data = Read(Tar("a.png b.jpg c.png"), Wanted({"float32[N,3,H,W]"}));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ((*data)->source(),
            "dogs: 3 images, shorter side resized to 9, centre crop 8, ImageNet mean and std; "
            "1 batch of 2, 1 left over");
  const at::Tensor batch = Batch(**data, 0);
  EXPECT_EQ(batch.sizes(), at::IntArrayRef({2, 3, 8, 8}));
  EXPECT_NEAR(batch[1][2].max().item<float>(), (1 - 0.406) / 0.225, 1e-6);
}

TEST_F(CalibrationDataTest, OfImagesFollowsThePreprocessingThatWasAsked) {
  Write("a.png", images::PngOf(2, 2, std::vector<uint8_t>(12, 51)));
  v1::ImagePreprocessing asked;
  asked.set_resize_shorter_side(20);
  for (const double mean : {0.1, 0.2, 0.3}) asked.add_mean(mean);
  for (const double std : {1.0, 0.5, 0.1}) asked.add_std(std);
  const auto data = ReadCalibration(Tar("a.png"), "dogs", Wanted({"float32[N,3,8,8]"}, 1), asked);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT((*data)->source(), HasSubstr("resized to 20, centre crop 8, mean 0.1 0.2 0.3 and "
                                           "std 1 0.5 0.1; 1 batch of 1"));
  const at::Tensor image = Batch(**data, 0)[0];
  EXPECT_NEAR(image[0].max().item<float>(), 0.1, 1e-6);
  EXPECT_NEAR(image[1].max().item<float>(), 0, 1e-6);
  EXPECT_NEAR(image[2].min().item<float>(), -1, 1e-6);
}

TEST_F(CalibrationDataTest, OfImagesRefusesPreprocessingThatCannotBe) {
  Write("a.png", images::PngOf(2, 2, std::vector<uint8_t>(12, 51)));
  const std::string path = Tar("a.png");
  const auto error = [&](const v1::ImagePreprocessing& asked) {
    const auto data = ReadCalibration(path, "dogs", Wanted({"float32[N,3,H,W]"}, 1), asked);
    EXPECT_EQ(data.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(data.status().message());
  };
  v1::ImagePreprocessing small, short_mean, no_std;
  small.set_resize_shorter_side(7);
  short_mean.add_mean(0.5);
  for (int i = 0; i < 3; ++i) no_std.add_std(0);
  EXPECT_THAT(error(small), HasSubstr("fewer than the 8 that the model takes"));
  EXPECT_THAT(error(short_mean), HasSubstr("3 values of mean, one per channel, not 1"));
  EXPECT_THAT(error(no_std), HasSubstr("std of images must be above 0"));
}

TEST_F(CalibrationDataTest, OfImagesNeedsAModelOfImages) {
  Write("a.png", images::PngOf(2, 2, std::vector<uint8_t>(12, 51)));
  const std::string path = Tar("a.png");
  for (const std::vector<std::string>& specs : {std::vector<std::string>{"float32[N,1,H,W]"},
                                                {"int64[N,3,H,W]"},
                                                {"float32[N,L]"},
                                                {"float32[N,3,H,9]"},
                                                {"float32[N,3,H,W]", "int64[N,L]"}}) {
    EXPECT_THAT(ErrorOf(path, Wanted(specs)), HasSubstr("need a model with one input like"));
  }
}

TEST_F(CalibrationDataTest, OfImagesNamesTheOneThatIsDamaged) {
  Write("a.png", images::PngOf(2, 2, std::vector<uint8_t>(12, 51)));
  Write("b.png", images::PngOf(40, 40, images::Pixels(40, 40)).substr(0, 100));
  EXPECT_THAT(ErrorOf(Tar("a.png b.png"), Wanted({"float32[N,3,H,W]"})),
              HasSubstr("dogs/b.png: a damaged PNG file"));
}

TEST_F(CalibrationDataTest, OfAnUnknownFormatSaysWhatIsExpected) {
  const WantedInputs wanted = Wanted({"float32[N,2]"});
  EXPECT_THAT(ErrorOf(Write("a", ""), wanted),
              AllOf(HasSubstr("dogs is no calibration data"), HasSubstr(".safetensors")));
  EXPECT_THAT(ErrorOf(Write("a", images::PngOf(1, 1, {1, 2, 3})), wanted),
              HasSubstr("single image: give the folder"));
  EXPECT_THAT(ErrorOf(Write("a", "PK\x03\x04 and no zip file"), wanted),
              HasSubstr("cannot read the tensors of dogs"));
  EXPECT_EQ(Read(folder_.File("nowhere"), wanted).status().code(), absl::StatusCode::kNotFound);
}

// A pickle can claim any shape for the record of a tensor.
TEST_F(CalibrationDataTest, WhoseTensorLiesBeyondItsRecordIsRefused) {
  const std::vector<char> bytes = torch::jit::pickle_save(Counting({7, 11}));
  std::string file(bytes.begin(), bytes.end());
  // In the pickle, K is the opcode for a byte: the shape (7, 11).
  const size_t shape = file.find("K\x07K\x0b");
  ASSERT_NE(shape, std::string::npos);
  file[shape + 1] = 100;
  EXPECT_THAT(ErrorOf(Write("a", file), Wanted({"float32[N,11]"})),
              HasSubstr("cannot read the tensors of dogs"));
}

class PythonCalibrationTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new ScratchFolder;
    ASSERT_EQ(RunPython("calibration_files.py", folder_->path()), 0)
        << "install python3-torch and python3-torchvision, as tests/run.sh does";
  }
  static void TearDownTestSuite() {
    delete folder_;
    folder_ = nullptr;
  }

  static absl::StatusOr<std::unique_ptr<CalibrationData>> Read(const std::string& file,
                                                               const WantedInputs& wanted) {
    return ReadCalibration(folder_->File(file), file, wanted, {});
  }

  static std::string ErrorOf(const std::string& file, const WantedInputs& wanted) {
    const auto data = Read(file, wanted);
    EXPECT_EQ(data.status().code(), absl::StatusCode::kInvalidArgument) << data.status();
    return std::string(data.status().message());
  }

  static ScratchFolder* folder_;
};

ScratchFolder* PythonCalibrationTest::folder_ = nullptr;

TEST_F(PythonCalibrationTest, OfOneInputIsReadInAllTheWaysItIsWritten) {
  for (const char* file : {"tensor.pt", "list.pt", "parameter.pt", "array.npy", "double.npy"}) {
    const auto data = Read(file, Wanted({"float32[N,2]"}, 6));
    ASSERT_TRUE(data.ok()) << file << ": " << data.status();
    EXPECT_TRUE((*data)->Batch(0)->at(0).toTensor().equal(Counting({6, 2}))) << file;
  }
}

TEST_F(PythonCalibrationTest, OfAViewHasTheElementsThatTheViewHas) {
  const auto transposed = Read("view.pt", Wanted({"float32[N,2]"}, 6));
  ASSERT_TRUE(transposed.ok()) << transposed.status();
  EXPECT_TRUE((*transposed)->Batch(0)->at(0).toTensor().equal(Counting({2, 6}).t()));
  const auto slice = Read("slice.pt", Wanted({"float32[N,2]"}, 6));
  ASSERT_TRUE(slice.ok()) << slice.status();
  EXPECT_TRUE((*slice)->Batch(0)->at(0).toTensor().equal(Counting({6, 2}) + 20));
}

TEST_F(PythonCalibrationTest, OfTwoInputsIsReadByOrderOrByName) {
  for (const char* file : {"tuple.pt", "dict.pt", "batches.pt"}) {
    const auto data = Read(file, Wanted({"float32[N,2]", "int64[N,L]"}, 2));
    ASSERT_TRUE(data.ok()) << file << ": " << data.status();
    const auto batch = (*data)->Batch(0);
    ASSERT_TRUE(batch.ok()) << batch.status();
    EXPECT_TRUE(batch->at(0).toTensor().equal(Counting({2, 2}))) << file;
    EXPECT_TRUE(batch->at(1).toTensor().equal(Counting({2, 3}, at::kLong))) << file;
  }
}

TEST_F(PythonCalibrationTest, OfAnOrderedDictIsReadByName) {
  const auto data = Read("ordered.pt", Wanted({"float32[N,2]"}, 4));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE((*data)->Batch(0)->at(0).toTensor().equal(Counting({4, 2})));
}

TEST_F(PythonCalibrationTest, ThatHoldsOtherObjectsIsRefusedByTheirNames) {
  const WantedInputs wanted = Wanted({"float32[N,2]"});
  EXPECT_THAT(ErrorOf("array.pt", wanted), HasSubstr("numpy"));
  EXPECT_THAT(ErrorOf("module.pt", wanted), HasSubstr("torch.nn.modules.linear.Linear"));
  EXPECT_THAT(ErrorOf("text.pt", wanted),
              HasSubstr("text.pt: x holds a text where a tensor was expected"));
  EXPECT_THAT(ErrorOf("script.pt", wanted), HasSubstr("is a TorchScript model"));
  EXPECT_THAT(ErrorOf("old.pt", wanted), HasSubstr("torch.save of PyTorch 1.6"));
  EXPECT_THAT(ErrorOf("fortran.npy", wanted), HasSubstr("Fortran order"));
}

TEST(HeldOutBatches, AreOneInFourSpreadOverAllAndAtMostEight) {
  EXPECT_THAT(HeldOutBatches(1), IsEmpty());
  EXPECT_THAT(HeldOutBatches(3), IsEmpty());
  EXPECT_THAT(HeldOutBatches(4), ElementsAre(3));
  EXPECT_THAT(HeldOutBatches(11), ElementsAre(4, 10));
  EXPECT_THAT(HeldOutBatches(1000), ElementsAre(124, 249, 374, 499, 624, 749, 874, 999));
}

// y = 2 x, so that what was run shows in the outputs.
torch::jit::Module Doubling() {
  torch::jit::Module module("Doubling");
  module.define("def forward(self, x):\n    return 2 * x\n");
  return module;
}

TEST_F(CalibrationDataTest, PartOfManyBatchesIsHeldOut) {
  const auto data = Read(Save("a", Counting({8, 2})), Wanted({"float32[N,2]"}, 1));
  ASSERT_TRUE(data.ok()) << data.status();
  const auto held_out = HoldOut(Doubling(), **data, "dogs", /*calibrates=*/true, {});
  ASSERT_TRUE(held_out.ok()) << held_out.status();
  EXPECT_EQ(held_out->source, "2 of the 8 batches of dogs, held out");
  ASSERT_EQ(held_out->examples.size(), 2U);
  for (const size_t i : {0, 1}) {
    const at::Tensor batch = Batch(**data, i == 0 ? 3 : 7);
    EXPECT_TRUE(held_out->examples[i].inputs[0].toTensor().equal(batch));
    EXPECT_TRUE(held_out->examples[i].reference[0].equal(2 * batch));
  }
}

TEST_F(CalibrationDataTest, FewBatchesServeForBothAndItIsSaid) {
  const auto three = Read(Save("a", Counting({3, 2})), Wanted({"float32[N,2]"}, 1));
  const auto held_out = HoldOut(Doubling(), **three, "dogs", /*calibrates=*/true, {});
  ASSERT_TRUE(held_out.ok()) << held_out.status();
  EXPECT_EQ(held_out->source, "3 batches of dogs, which calibrated it too");
  EXPECT_EQ(held_out->examples.size(), 3U);
  const auto one = Read(Save("b", Counting({1, 2})), Wanted({"float32[N,2]"}, 1));
  EXPECT_EQ(HoldOut(Doubling(), **one, "cats", /*calibrates=*/true, {})->source,
            "1 batch of cats, which calibrated it too");
}

TEST_F(CalibrationDataTest, ThatCalibratesNothingHasTheSameBatchesHeldOut) {
  const auto eight = Read(Save("a", Counting({8, 2})), Wanted({"float32[N,2]"}, 1));
  const auto some = HoldOut(Doubling(), **eight, "dogs", /*calibrates=*/false, {});
  ASSERT_TRUE(some.ok()) << some.status();
  EXPECT_EQ(some->source, "2 of the 8 batches of dogs");
  ASSERT_EQ(some->examples.size(), 2U);
  EXPECT_TRUE(some->examples[0].inputs[0].toTensor().equal(Batch(**eight, 3)));
  const auto two = Read(Save("b", Counting({2, 2})), Wanted({"float32[N,2]"}, 1));
  const auto all = HoldOut(Doubling(), **two, "cats", /*calibrates=*/false, {});
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->source, "2 batches of cats");
}

}  // namespace
}  // namespace edgebench::worker
