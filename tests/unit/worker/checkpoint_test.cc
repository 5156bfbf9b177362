#include "agent/worker/tensor_files/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>

#include "absl/strings/str_cat.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/worker/tensor_bytes.h"
#include "tests/unit/worker/torch_archive.h"

namespace edgebench::tensor_files {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kSixFloats = BytesOfValues<float>({0, 1, 2, 3, 4, 5});

class CheckpointTest : public testing::Test {
 protected:
  std::string Written(const std::string& content) {
    std::ofstream(folder_.File("weights"), std::ios::binary) << content;
    return folder_.File("weights");
  }

  absl::StatusOr<Checkpoint> Open(const std::string& content) {
    return Checkpoint::Open(Written(content));
  }

  std::string Error(const std::string& content) {
    const auto checkpoint = Open(content);
    EXPECT_EQ(checkpoint.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(checkpoint.status().message());
  }

  // Of a state dict of one tensor in a record of six floats.
  std::string ErrorOf(const PickledTensor& tensor) {
    return Error(TorchFileOf(PickledDict({{"w", Pickled(tensor)}}), {kSixFloats}));
  }

  TempDir folder_;
};

std::vector<std::string> NamesIn(const Checkpoint& checkpoint) {
  std::vector<std::string> names;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) names.push_back(tensor.name);
  return names;
}

float FloatAt(const CheckpointTensor& tensor, int64_t index) {
  float value = 0;
  std::memcpy(&value, tensor.data + index * sizeof value, sizeof value);
  return value;
}

TEST_F(CheckpointTest, OfAStateDictSaysWhereTheElementsLie) {
  const auto checkpoint =
      Open(TorchFileOf(PickledDict({{"b", Pickled({"FloatStorage", "0", 4, {2}, {1}})},
                                    {"a", Pickled({"FloatStorage", "0", 0, {2, 2}, {2, 1}})}}),
                       {kSixFloats}));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  ASSERT_THAT(NamesIn(*checkpoint), ElementsAre("a", "b"));
  const CheckpointTensor& a = checkpoint->tensors()[0];
  const CheckpointTensor& b = checkpoint->tensors()[1];
  EXPECT_EQ(a.type, "float32");
  EXPECT_THAT(a.shape, ElementsAre(2, 2));
  EXPECT_TRUE(IsContiguous(a));
  EXPECT_EQ(FloatAt(a, 3), 3);
  EXPECT_EQ(FloatAt(b, 1), 5);
  EXPECT_TRUE(checkpoint->file()->Holds(b.data));
}

TEST_F(CheckpointTest, OfATransposedTensorHasItsStrides) {
  const auto checkpoint = Open(TorchFileOf(
      PickledDict({{"w", Pickled({"FloatStorage", "0", 0, {3, 2}, {1, 3}})}}), {kSixFloats}));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(checkpoint->tensors()[0].strides, ElementsAre(1, 3));
  EXPECT_FALSE(IsContiguous(checkpoint->tensors()[0]));
}

TEST_F(CheckpointTest, FindsAStateDictUnderTheKeysThatTrainingScriptsUse) {
  const std::string tensor = Pickled({"FloatStorage", "0", 0, {6}, {1}});
  const std::string inner = PickledDict({{"w", tensor}});
  for (const char* key : {"state_dict", "model", "model_state_dict"}) {
    // An accuracy that is a tensor is no weight.
    const auto checkpoint = Open(TorchFileOf(
        PickledDict({{"epoch", PickledNumber(3)}, {"best", tensor}, {key, inner}}), {kSixFloats}));
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_THAT(NamesIn(*checkpoint), ElementsAre("w")) << key;
  }
}

TEST_F(CheckpointTest, PassesOverWhatLiesBesideTheTensors) {
  const auto checkpoint =
      Open(TorchFileOf(PickledDict({{"epoch", PickledNumber(3)},
                                    {"name", PickledText("run 7")},
                                    {"optimizer", PickledDict({{"lr", PickledNumber(1)}})},
                                    {"w", Pickled({"FloatStorage", "0", 0, {6}, {1}})}}),
                       {kSixFloats}));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(NamesIn(*checkpoint), ElementsAre("w"));
}

TEST_F(CheckpointTest, OfSafetensorsSaysWhereTheElementsLie) {
  const auto checkpoint = Open(SafetensorsOf(
      R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"__metadata__":{"format":"pt"}})",
      kSixFloats));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  const CheckpointTensor& w = checkpoint->tensors()[0];
  EXPECT_THAT(w.strides, ElementsAre(3, 1));
  EXPECT_EQ(FloatAt(w, 5), 5);
}

TEST_F(CheckpointTest, OfAPickleThatAsksForCodeNamesItAndTheNextStep) {
  const std::string call = absl::StrCat("cos\nsystem\n", PickledText("true"), "\x85R");
  EXPECT_THAT(Error(TorchFileOf(PickledDict({{"w", call}}), {})),
              AllOf(HasSubstr("os.system"), HasSubstr("nothing in a file is run"),
                    HasSubstr("torch.save(model.state_dict(), FILE)")));
  EXPECT_THAT(Error(TorchFileOf(absl::StrCat("c", std::string(1'000'000, 'm'), "\nx\n"), {})),
              testing::SizeIs(testing::Lt(1000)));
}

TEST_F(CheckpointTest, OfTensorsThatReachBeyondTheirRecordIsRefused) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  const auto damaged = AllOf(HasSubstr("damaged tensor w"), HasSubstr("beyond the 24 bytes"));
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", 0, {7}, {1}}), damaged);
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", 1, {6}, {1}}), damaged);
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", 0, {2, 3}, {4, 1}}), damaged);
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", -1, {1}, {1}}), damaged);
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", 0, {2}, {-1}}), damaged);
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", most, {2}, {1}}), damaged);
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", 1, {3}, {most}}), damaged);
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", 0, {-6}, {1}}), HasSubstr("a dimension of -6"));
  EXPECT_THAT(ErrorOf({"FloatStorage", "0", 0, {most, most}, {0, 0}}),
              HasSubstr("larger than any file"));
  EXPECT_THAT(ErrorOf({"FloatStorage", "9", 0, {1}, {1}}), HasSubstr("lacks its record data/9"));
}

TEST_F(CheckpointTest, OfTensorsWithoutElementsHasNothingToRead) {
  const auto checkpoint = Open(TorchFileOf(
      PickledDict({{"w", Pickled({"FloatStorage", "0", 99, {0, 5}, {5, 1}})}}), {kSixFloats}));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_THAT(checkpoint->tensors()[0].shape, ElementsAre(0, 5));
}

TEST_F(CheckpointTest, OfArchivesThatTorchDoesNotWriteSaysWhatIsWrong) {
  const std::string pickle =
      PickledDict({{"w", Pickled({"FloatStorage", "0", 0, {6}, {1}})}}) + ".";
  const ArchiveRecord data = {"a/data.pkl", pickle}, storage = {"a/data/0", kSixFloats};
  EXPECT_THAT(Error(ZipOf({data, {"a/data/0", kSixFloats, 8}})), HasSubstr("compressed"));
  EXPECT_THAT(Error(ZipOf({{"a/data.pkl", pickle, 8}, storage})), HasSubstr("compressed"));
  EXPECT_THAT(Error(ZipOf({data, storage, storage})), HasSubstr("data/0 twice"));
  EXPECT_THAT(Error(ZipOf({data, storage}, 1)), HasSubstr("overlap"));
  EXPECT_THAT(Error(ZipOf({{"readme.txt", "hello"}})), HasSubstr("none that torch.save wrote"));
  EXPECT_THAT(Error(ZipOf({data, storage, {"a/constants.pkl", ""}})),
              HasSubstr("is a TorchScript model, not weights"));
  EXPECT_THAT(Error(ZipOf({data, storage, {"a/byteorder", "big"}})), HasSubstr("big-endian"));
  EXPECT_TRUE(Open(ZipOf({data, storage, {"a/byteorder", "little"}})).ok());
}

TEST_F(CheckpointTest, OfObjectsThatAreNoStateDictSaysWhatWasExpected) {
  EXPECT_THAT(Error(TorchFileOf("]", {})), HasSubstr("holds a list: expected a state dict"));
  EXPECT_THAT(Error(TorchFileOf(Pickled({"FloatStorage", "0", 0, {6}, {1}}), {kSixFloats})),
              HasSubstr("holds a tensor"));
  EXPECT_THAT(Error(TorchFileOf(PickledDict({{"epoch", PickledNumber(1)}}), {})),
              HasSubstr("it has epoch"));
  EXPECT_THAT(Error("once upon a time there was a file"), HasSubstr("holds no weights"));
  EXPECT_THAT(Error(SafetensorsOf("{}", "")), HasSubstr("holds no tensors"));
}

TEST_F(CheckpointTest, OfTheOldFormatSaysHowToConvert) {
  EXPECT_THAT(Error("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03."),
              AllOf(HasSubstr("before version 1.6"), HasSubstr("torch.save(torch.load(OLD")));
  EXPECT_THAT(Error("\x80\x04}."), HasSubstr("_use_new_zipfile_serialization"));
}

TEST_F(CheckpointTest, WithANameTwiceIsRefused) {
  const std::string tensor = Pickled({"FloatStorage", "0", 0, {6}, {1}});
  EXPECT_THAT(Error(TorchFileOf(PickledDict({{"w", tensor}, {"w", tensor}}), {kSixFloats})),
              HasSubstr("the tensor w twice"));
  const std::string entry = R"("w":{"dtype":"F32","shape":[1],"data_offsets":[)";
  EXPECT_THAT(Error(SafetensorsOf(absl::StrCat("{", entry, "0,4]},", entry, "4,8]}}"), "01234567")),
              HasSubstr("w is in it twice"));
}

TEST_F(CheckpointTest, CutShortAnywhereIsRefused) {
  for (const std::string& whole :
       {TorchFileOf(PickledDict({{"w", Pickled({"FloatStorage", "0", 0, {6}, {1}})}}),
                    {kSixFloats}),
        SafetensorsOf(R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})",
                      kSixFloats)}) {
    for (size_t length = 1; length < whole.size(); ++length) {
      EXPECT_FALSE(Open(whole.substr(0, length)).ok()) << length;
    }
  }
}

TEST_F(CheckpointTest, WithAnyByteChangedNeverCrashes) {
  const std::string whole =
      TorchFileOf(PickledDict({{"w", Pickled({"FloatStorage", "0", 0, {6}, {1}})}}), {kSixFloats});
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char flipped : {'\x01', '\x80', '\xff'}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ flipped);
      Open(bytes).status().IgnoreError();
    }
  }
}

// A few megabytes that would become gigabytes, or a stack of calls a million deep.
// Sanitizers keep freed memory for a while, and notes on all of it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kOverhead = 8;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kOverhead = 8;
#else
constexpr int kOverhead = 1;
#endif
#else
constexpr int kOverhead = 1;
#endif

TEST_F(CheckpointTest, OfBombsTakesBoundedMemory) {
  rusage before = {};
  getrusage(RUSAGE_SELF, &before);
  const auto repeat = [](const std::string& text, size_t times) {
    std::string all;
    for (size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  const std::string wide = PickledNumbers(std::vector<int64_t>(64, 1));
  const std::string storage =
      absl::StrCat("(", PickledText("storage"), "ctorch\nFloatStorage\n", PickledText("0"),
                   PickledText("cpu"), PickledNumber(1), "tQ");
  const std::string arguments = absl::StrCat("(", storage, PickledNumber(0), wide, wide, "tq\1");
  const std::vector<std::string> bombs = {
      repeat("N", 2'000'000),                   // of values
      repeat("(", 10'000'000) + "t",            // of marks
      "N" + repeat("\x94", 5'000'000),          // of the memo
      "Nq\1" + repeat("h\1", 5'000'000) + "t",  // of what is recalled
      absl::StrCat("ctorch._utils\n_rebuild_tensor_v2\nq\2", arguments,
                   repeat("h\2h\1R", 400'000)),  // of tensors with long shapes
      "N" + repeat("\x85", 2'000'000),           // nested
  };
  for (const std::string& bomb : bombs) {
    EXPECT_THAT(Error(TorchFileOf(bomb, {kSixFloats})),
                testing::AnyOf(HasSubstr("of memory"), HasSubstr("damaged pickle"),
                               HasSubstr("holds a tuple")));
  }
  const std::string tensor = Pickled({"FloatStorage", "0", 0, {1}, {1}});
  EXPECT_THAT(Error(TorchFileOf(PickledDict({{std::string(2000, 'n'), tensor}}), {kSixFloats})),
              HasSubstr("name has 2000 bytes"));
  EXPECT_THAT(Error(SafetensorsOf(R"({"a":{"shape":)" + std::string(30'000'000, '['), "")),
              HasSubstr("wrong place"));
  EXPECT_THAT(Error(SafetensorsOf(repeat(R"({"a":)", 5'000'000), "")), HasSubstr("too deep"));
  rusage after = {};
  getrusage(RUSAGE_SELF, &after);
  // In KiB; the files are up to 30 MB.
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 700'000 * kOverhead);
}

TEST_F(CheckpointTest, OfAHeaderOfTwoGigabytesIsRefusedUnread) {
  const std::string path = folder_.File("large.safetensors");
  std::ofstream(path) << LittleEndian(uint64_t{2} << 30, 8) << "{";
  std::filesystem::resize_file(path, (uint64_t{2} << 30) + 100);  // sparse
  const auto checkpoint = Checkpoint::Open(path);
  EXPECT_THAT(std::string(checkpoint.status().message()),
              AllOf(HasSubstr("has 2147483648 bytes"), HasSubstr("at most 100000000 are read")));
}

}  // namespace
}  // namespace edgebench::tensor_files
