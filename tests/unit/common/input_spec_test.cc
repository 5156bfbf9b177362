#include "common/input_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace edgebench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string MessageOf(const std::string& text) {
  return std::string(ParseInputSpec(text).status().message());
}

TEST(InputSpec, ReadsTypeSymbolsAndSizes) {
  const auto spec = ParseInputSpec("float32[N,3,H,W]");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->type, "float32");
  ASSERT_EQ(spec->shape.size(), 4u);
  EXPECT_EQ(spec->shape[0].symbol, 'N');
  EXPECT_EQ(spec->shape[1].symbol, 0);
  EXPECT_EQ(spec->shape[1].size, 3);
  EXPECT_EQ(spec->shape[3].symbol, 'W');
  EXPECT_FALSE(spec->low.has_value());
  EXPECT_FALSE(spec->high.has_value());
}

TEST(InputSpec, ReadsARange) {
  const auto tokens = ParseInputSpec("int64[N,L]:0..30521");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_EQ(*tokens->low, 0);
  EXPECT_EQ(*tokens->high, 30521);
  const auto sound = ParseInputSpec("float32[1,80,100]:-1.5..0.25");
  ASSERT_TRUE(sound.ok()) << sound.status();
  EXPECT_EQ(*sound->low, -1.5);
  EXPECT_EQ(*sound->high, 0.25);
}

TEST(InputSpec, ReadsAScalar) {
  const auto spec = ParseInputSpec("float32[]");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_THAT(spec->shape, IsEmpty());
}

TEST(InputSpec, KnowsEveryType) {
  for (const std::string type :
       {"float32", "float64", "float16", "bfloat16", "int64", "int32", "int8", "uint8", "bool"}) {
    EXPECT_TRUE(ParseInputSpec(type + "[1]").ok()) << type;
  }
}

TEST(InputSpec, RefusesWhatItCannotRead) {
  for (const std::string text : {"",
                                 "float32",
                                 "float32[",
                                 "float32[1",
                                 "[1]",
                                 "float32[1]x",
                                 "float32[1,]",
                                 "float32[,1]",
                                 "float32[0]",
                                 "float32[-1]",
                                 "float32[B]",
                                 "float32[n]",
                                 "float32[1.5]",
                                 "float32[99999999999]",
                                 "float32[1]:",
                                 "float32[1]:1",
                                 "float32[1]:1..",
                                 "float32[1]:..1",
                                 "float32[1]:2..1",
                                 "float32[1]:a..b",
                                 "float32[1]:nan..1",
                                 "float32[1]:0..inf",
                                 "int64[1]:0..0.5",
                                 "uint8[1]:-1..3",
                                 "int8[1]:0..128",
                                 "bool[1]:0..2",
                                 "float16[1]:0..70000"}) {
    EXPECT_EQ(ParseInputSpec(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(InputSpec, SaysWhereItStumbledAndWhatItExpected) {
  EXPECT_THAT(MessageOf("float[N]"), HasSubstr("position 1"));
  EXPECT_THAT(MessageOf("float33[N]"), HasSubstr("Did you mean float32"));
  EXPECT_THAT(MessageOf("float32[N,3,Q]"), HasSubstr("position 13"));
  EXPECT_THAT(MessageOf("float32[N,3,Q]"), HasSubstr("H, W (image size)"));
  EXPECT_THAT(MessageOf("float32[N"), HasSubstr("\"]\""));
  EXPECT_THAT(MessageOf("uint8[N]:0..256"), HasSubstr("0 to 255"));
}

TEST(ResolveShape, ReplacesSymbolsBySizes) {
  InputSizes sizes;
  sizes.batch = 8;
  sizes.image_size = 224;
  sizes.seq_len = 128;
  EXPECT_THAT(*ResolveShape(*ParseInputSpec("float32[N,3,H,W]"), sizes),
              ElementsAre(8, 3, 224, 224));
  EXPECT_THAT(*ResolveShape(*ParseInputSpec("int64[N,L]"), sizes), ElementsAre(8, 128));
  EXPECT_THAT(*ResolveShape(*ParseInputSpec("float32[]"), sizes), IsEmpty());
}

TEST(ResolveShape, NamesTheFlagThatIsMissing) {
  const auto image = ResolveShape(*ParseInputSpec("float32[N,3,H,W]"), {});
  EXPECT_EQ(image.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(image.status().message()), HasSubstr("--image-size"));
  const auto text = ResolveShape(*ParseInputSpec("int64[N,L]"), {});
  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(text.status().message()), HasSubstr("--seq-len"));
}

}  // namespace
}  // namespace edgebench
