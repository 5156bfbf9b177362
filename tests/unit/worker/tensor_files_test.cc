#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "agent/worker/files/tar.h"
#include "agent/worker/tensor_files/stored_tensor.h"
#include "common/file.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/worker/tensor_bytes.h"

namespace edgebench::tensor_files {
using worker::IsTar;
using worker::kTarSignatureBytes;
using worker::ListTar;
using worker::TarMember;
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class TensorFilesTest : public testing::Test {
 protected:
  FileRange Written(const std::string& content, const std::string& name = "file") {
    EXPECT_TRUE(WriteFileAtomically(folder_.File(name), content).ok());
    return *FileRange::Open(folder_.File(name));
  }

  std::string NpyError(const std::string& content) {
    const auto tensor = ReadNpyHeader(Written(content));
    EXPECT_EQ(tensor.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(tensor.status().message());
  }

  std::string SafetensorsError(const std::string& content) {
    const auto tensors = ReadSafetensorsHeader(Written(content));
    EXPECT_EQ(tensors.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(tensors.status().message());
  }

  TempDir folder_;
};

TEST_F(TensorFilesTest, ARangeReadsNothingBeyondItsEnd) {
  const FileRange file = Written("0123456789");
  const auto part = file.Part(2, 5);
  ASSERT_TRUE(part.ok());
  EXPECT_EQ(*part->ReadString(1, 4), "3456");
  EXPECT_EQ(*part->Start(100), "23456");
  EXPECT_FALSE(part->ReadString(1, 5).ok());
  EXPECT_FALSE(part->ReadString(~uint64_t{0}, 2).ok());
  EXPECT_FALSE(part->Part(1, ~uint64_t{0}).ok());
}

TEST_F(TensorFilesTest, OfNumPyGiveTypeShapeAndValuesInEveryVersion) {
  for (const int version : {1, 2, 3}) {
    const std::string file = NpyOf("<f4", "(2, 3)", std::string(24, 'v'), version);
    EXPECT_TRUE(IsNpy(file));
    const auto tensor = ReadNpyHeader(Written(file));
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->type, "float32");
    EXPECT_THAT(tensor->shape, ElementsAre(2, 3));
    EXPECT_EQ(*tensor->content.ReadString(0, 24), std::string(24, 'v'));
  }
}

TEST_F(TensorFilesTest, OfNumPyMayHaveOneDimensionOrNone) {
  EXPECT_THAT(ReadNpyHeader(Written(NpyOf("|u1", "(2,)", "ab")))->shape, ElementsAre(2));
  EXPECT_THAT(ReadNpyHeader(Written(NpyOf("|b1", "()", "\x01")))->shape, ElementsAre());
}

TEST_F(TensorFilesTest, OfNumPyThatCannotBeReadSayWhatIsWrong) {
  EXPECT_THAT(NpyError(NpyOf(">f4", "(1,)", "abcd")), HasSubstr("type >f4"));
  EXPECT_THAT(NpyError(NpyOf("<c8", "(1,)", "abcdefgh")), HasSubstr("type <c8"));
  EXPECT_THAT(NpyError(NpyOf("<f4", "(1, 1)", "abcd", 1, "True")), HasSubstr("Fortran order"));
  EXPECT_THAT(NpyError(NpyOf("<f4", "(2,)", "abcd")), HasSubstr("cut short"));
  EXPECT_THAT(NpyError(NpyOf("<f4", "(-1,)", "abcd")), HasSubstr("dimension of -1"));
  EXPECT_THAT(NpyError(NpyOf("<f4", "(4294967296, 4294967296)", "abcd")),
              HasSubstr("larger than any file"));
  EXPECT_THAT(NpyError(NpyOf("<f4", "(99999999999999999999,)", "abcd")), HasSubstr("its shape"));
  EXPECT_THAT(NpyError(NpyOf("<f4", "(1,)", "abcd", 4)), HasSubstr("version 4"));
  EXPECT_THAT(NpyError("\x93NUMPY"), HasSubstr("cut short"));
  EXPECT_THAT(NpyError(std::string("\x93NUMPY\x02\x00\xff\xff\xff\xff", 12)),
              HasSubstr("too long"));
}

TEST_F(TensorFilesTest, OfSafetensorsGiveNamesTypesShapesAndValues) {
  const std::string file = SafetensorsOf(
      R"({"__metadata__":{"format":"pt"},"mask":{"dtype":"BOOL","shape":[2],"data_offsets":[8,10]},)"
      R"("ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})",
      "01234567ab");
  EXPECT_TRUE(IsSafetensors(file));
  const auto tensors = ReadSafetensorsHeader(Written(file));
  ASSERT_TRUE(tensors.ok()) << tensors.status();
  ASSERT_EQ(tensors->size(), 2);
  EXPECT_EQ(tensors->at(0).name, "ids");
  EXPECT_EQ(tensors->at(0).type, "int64");
  EXPECT_EQ(tensors->at(1).name, "mask");
  EXPECT_EQ(*tensors->at(1).content.ReadString(0, 2), "ab");
}

TEST_F(TensorFilesTest, OfSafetensorsThatAreDamagedOrHostileSayWhatIsWrong) {
  const auto entry = [](const std::string& text) { return SafetensorsOf(text, "01234567"); };
  EXPECT_THAT(SafetensorsError(std::string(8, '\xff') + "{}"),
              HasSubstr("at most 100000000 are read"));
  EXPECT_THAT(SafetensorsError(std::string("\x09\0\0\0\0\0\0\0{}", 10)), HasSubstr("cut short"));
  EXPECT_THAT(SafetensorsError("abc"), HasSubstr("cut short"));
  EXPECT_THAT(SafetensorsError(entry("{]")), HasSubstr("no JSON object"));
  EXPECT_THAT(SafetensorsError(entry(std::string(100'000, '['))), HasSubstr("wrong place"));
  EXPECT_THAT(SafetensorsError(entry(R"({"a":1})")), HasSubstr("a is not described"));
  EXPECT_THAT(SafetensorsError(entry(R"({"a":{"dtype":"F8_E4M3","shape":[1]}})")),
              HasSubstr("F8_E4M3"));
  EXPECT_THAT(SafetensorsError(entry(R"({"a":{"dtype":"F32","shape":[-1]}})")),
              HasSubstr("else than whole numbers in its shape"));
  EXPECT_THAT(SafetensorsError(entry(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})")),
              HasSubstr("no two data_offsets"));
  EXPECT_THAT(SafetensorsError(entry(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})")),
              HasSubstr("has 4 bytes, by its shape 8"));
  EXPECT_THAT(SafetensorsError(entry(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})")),
              HasSubstr("beyond the end"));
  EXPECT_THAT(SafetensorsError(entry(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                                     R"("b":{"dtype":"F32","shape":[1],"data_offsets":[3,7]}})")),
              HasSubstr("a and b overlap"));
  EXPECT_THAT(SafetensorsError(entry(R"({"a":{"dtype":"F64","data_offsets":[0,8],)"
                                     R"("shape":[4294967296,4294967296]}})")),
              HasSubstr("larger than any file"));
}

// Runs tar in the folder of the test.
int Tar(const TempDir& folder, const std::string& arguments) {
  return std::system(
      absl::StrCat("cd ", folder.path(), " && tar --create --file=made.tar ", arguments).c_str());
}

TEST_F(TensorFilesTest, InATarFileOfAnyDialectAreFoundWithTheirContent) {
  const std::string long_name = std::string(95, 'l') + "änger.npy";
  Written("first", "a.npy");
  Written(std::string(70'000, 'z'), long_name);
  Written("last", "z.npy");
  for (const char* dialect : {"gnu", "oldgnu", "posix", "ustar"}) {
    const bool holds_long_names = dialect != std::string("ustar");
    ASSERT_EQ(Tar(folder_, absl::StrCat("--format=", dialect, " a.npy ",
                                        holds_long_names ? long_name : "", " z.npy")),
              0);
    EXPECT_TRUE(IsTar(*FileRange::Open(folder_.File("made.tar"))->Start(kTarSignatureBytes)));
    const auto members = ListTar(folder_.File("made.tar"));
    ASSERT_TRUE(members.ok()) << dialect << ": " << members.status();
    ASSERT_EQ(members->size(), holds_long_names ? 3 : 2) << dialect;
    EXPECT_EQ(members->front().name, "a.npy");
    EXPECT_EQ(*members->front().content.Start(100), "first") << dialect;
    EXPECT_EQ(*members->back().content.Start(100), "last") << dialect;
    if (holds_long_names) {
      EXPECT_EQ(members->at(1).name, long_name) << dialect;
      EXPECT_EQ(*members->at(1).content.Start(80'000), std::string(70'000, 'z')) << dialect;
    }
  }
}

TEST_F(TensorFilesTest, OfATarFileAreOnlyItsRegularFiles) {
  Written("first", "a.npy");
  ASSERT_EQ(std::system(("cd " + folder_.path() +
                         " && mkdir below && ln -s ../a.npy below/link.npy && "
                         "ln a.npy below/hard.npy && tar -cf made.tar a.npy below")
                            .c_str()),
            0);
  const auto members = ListTar(folder_.File("made.tar"));
  ASSERT_TRUE(members.ok()) << members.status();
  ASSERT_EQ(members->size(), 1);
}

TEST_F(TensorFilesTest, InATarFileThatIsCutShortAreRefused) {
  Written(std::string(5'000, 'x'), "a.npy");
  ASSERT_EQ(Tar(folder_, "a.npy"), 0);
  const std::string whole = *ReadFile(folder_.File("made.tar"));
  Written(whole.substr(0, 3'000), "made.tar");
  const auto members = ListTar(folder_.File("made.tar"));
  EXPECT_EQ(members.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(members.status().message()),
              AllOf(HasSubstr("cut short"), HasSubstr("a.npy")));
}

TEST_F(TensorFilesTest, InATarFileThatAreSparseAreRefusedByName) {
  Written("x", "a.npy");
  ASSERT_EQ(std::system(("truncate --size=1M " + folder_.File("a.npy")).c_str()), 0);
  ASSERT_EQ(Tar(folder_, "--sparse a.npy"), 0);
  const auto members = ListTar(folder_.File("made.tar"));
  EXPECT_EQ(members.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(members.status().message()), HasSubstr("sparse member a.npy"));
}

}  // namespace
}  // namespace edgebench::tensor_files
