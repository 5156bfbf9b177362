#include "agent/worker/tensor_files/pickle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace edgebench::tensor_files {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = PickleValue::Kind;

// What Python's pickle.dumps(torch.Tensor, 2) looks like, as torch.save writes it:
// {"x": tensor of 3 x 2 from element 4 on in record 7}.
constexpr char kDict[] =
    "\x80\x02}q\0X\1\0\0\0xq\1ctorch._utils\n_rebuild_tensor_v2\nq\2((X\7\0\0\0storageq\3"
    "ctorch\nFloatStorage\nq\4X\1\0\0\0"
    "7q\5X\3\0\0\0cpuq\6K\x0atq\7QK\4K\3K\2\x86q\x08K\2K\1\x86q\x09\x89"
    "ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0ds.";

std::string Bytes(const char* text, size_t size) { return std::string(text, size - 1); }

std::string MessageOf(const std::string& bytes) {
  const auto pickle = ParsePickle(bytes);
  EXPECT_EQ(pickle.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(pickle.status().message());
}

TEST(Pickle, OfADictOfOneTensorSaysWhereItsElementsLie) {
  const auto pickle = ParsePickle(Bytes(kDict, sizeof kDict));
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  ASSERT_EQ(pickle->root->kind, Kind::kDict);
  ASSERT_EQ(pickle->root->items.size(), 2);
  EXPECT_EQ(pickle->root->items[0]->text, "x");
  const PickleValue& tensor = *pickle->root->items[1];
  ASSERT_EQ(tensor.kind, Kind::kTensor);
  EXPECT_EQ(tensor.text, "7");
  EXPECT_EQ(tensor.type, "float32");
  EXPECT_EQ(tensor.offset, 4);
  EXPECT_THAT(tensor.shape, ElementsAre(3, 2));
  EXPECT_THAT(tensor.strides, ElementsAre(2, 1));
}

TEST(Pickle, OfNumbersKeepsTheirSigns) {
  const auto pickle =
      ParsePickle(std::string("(K\xffM\xff\xffJ\xfe\xff\xff\xff\x8a\x01\xfdt.", 17));
  ASSERT_TRUE(pickle.ok()) << pickle.status();
  ASSERT_EQ(pickle->root->items.size(), 4);
  EXPECT_EQ(pickle->root->items[0]->number, 255);
  EXPECT_EQ(pickle->root->items[1]->number, 65535);
  EXPECT_EQ(pickle->root->items[2]->number, -2);
  EXPECT_EQ(pickle->root->items[3]->number, -3);
}

TEST(Pickle, NamesTheClassOrFunctionThatItDoesNotKnow) {
  EXPECT_THAT(MessageOf("\x80\x02"
                        "cos\nsystem\nX\2\0\0\0ls\x85R."),
              HasSubstr("a Python object of os.system"));
  EXPECT_THAT(MessageOf("\x8c\x02os\x8c\x06system\x93."), HasSubstr("os.system"));
}

TEST(Pickle, CutShortAnywhereIsRefused) {
  const std::string whole = Bytes(kDict, sizeof kDict);
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(ParsePickle(whole.substr(0, length)).ok()) << length;
  }
}

TEST(Pickle, WithAnyByteChangedNeverCrashes) {
  std::string bytes = Bytes(kDict, sizeof kDict);
  for (char& byte : bytes) {
    const char before = byte;
    for (int value = 0; value < 256; ++value) {
      byte = static_cast<char>(value);
      ParsePickle(bytes).status().IgnoreError();
    }
    byte = before;
  }
}

TEST(Pickle, OfHostileStructureIsRefused) {
  EXPECT_THAT(MessageOf("."), HasSubstr("damaged"));
  EXPECT_THAT(MessageOf("e."), HasSubstr("damaged"));
  EXPECT_THAT(MessageOf("K\1a."), HasSubstr("damaged"));
  EXPECT_THAT(MessageOf("(."), HasSubstr("damaged"));
  EXPECT_THAT(MessageOf("h\7."), HasSubstr("damaged"));
  EXPECT_THAT(MessageOf(std::string("X\xff\xff\xff\xff", 5)), HasSubstr("damaged"));
  EXPECT_THAT(MessageOf("\xff"), HasSubstr("opcode 255"));
  // A list that holds itself, and one nested deeper than any stack of calls.
  EXPECT_TRUE(ParsePickle(std::string("]q\0h\0a.", 7)).ok());
  EXPECT_TRUE(ParsePickle("N" + std::string(1'000'000, '\x85') + ".").ok());
}

}  // namespace
}  // namespace edgebench::tensor_files
