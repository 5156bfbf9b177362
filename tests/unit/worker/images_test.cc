#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "agent/worker/images/decode.h"
#include "agent/worker/images/preprocess.h"
#include "tests/unit/worker/test_images.h"

namespace edgebench::images {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

std::string MessageOf(const std::string& file) {
  const auto image = DecodeImage(file);
  EXPECT_EQ(image.status().code(), absl::StatusCode::kInvalidArgument) << image.status();
  return std::string(image.status().message());
}

std::vector<uint8_t> RgbOf(const std::string& file) {
  const auto image = DecodeImage(file);
  EXPECT_TRUE(image.ok()) << image.status();
  return image.ok() ? image->rgb : std::vector<uint8_t>{};
}

TEST(Images, OfPngAreDecodedToTheirPixels) {
  const std::vector<uint8_t> pixels = Pixels(7, 5);
  const auto image = DecodeImage(PngOf(7, 5, pixels));
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->width, 7);
  EXPECT_EQ(image->height, 5);
  EXPECT_EQ(image->rgb, pixels);
}

TEST(Images, OfPngInGrayHaveThreeEqualChannels) {
  EXPECT_THAT(RgbOf(PngOf(2, 1, {10, 200}, Layout::kGray)), ElementsAre(10, 10, 10, 200, 200, 200));
}

TEST(Images, OfPngLoseTheirAlphaAndKeepTheirColours) {
  EXPECT_THAT(RgbOf(PngOf(2, 1, {10, 20, 30, 0, 40, 50, 60, 255}, Layout::kRgba)),
              ElementsAre(10, 20, 30, 40, 50, 60));
}

TEST(Images, OfJpegAreDecodedToAboutTheirPixels) {
  const std::vector<uint8_t> pixels(16 * 8 * 3, 90);
  for (const bool progressive : {false, true}) {
    const auto image = DecodeImage(JpegOf(16, 8, pixels, 3, progressive));
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_EQ(image->width, 16);
    EXPECT_EQ(image->height, 8);
    EXPECT_THAT(image->rgb, Each(testing::AllOf(testing::Ge(89), testing::Le(91))));
  }
}

TEST(Images, OfJpegInGrayHaveThreeEqualChannels) {
  const std::vector<uint8_t> rgb = RgbOf(JpegOf(8, 8, std::vector<uint8_t>(64, 120), 1));
  EXPECT_EQ(rgb.size(), 8 * 8 * 3);
  EXPECT_THAT(rgb, Each(120));
}

TEST(Images, OfJpegWithFourInksAreRefusedByName) {
  EXPECT_THAT(MessageOf(JpegOf(8, 8, std::vector<uint8_t>(256, 120), 4)), HasSubstr("CMYK"));
}

TEST(Images, ThatAreNoneSaySo) {
  EXPECT_THAT(MessageOf(""), HasSubstr("neither JPEG nor PNG"));
  EXPECT_THAT(MessageOf("GIF89a"), HasSubstr("neither JPEG nor PNG"));
}

TEST(Images, CutShortAnywhereAreRefused) {
  for (const std::string& file :
       {JpegOf(40, 40, Pixels(40, 40)), JpegOf(40, 40, Pixels(40, 40), 3, true),
        PngOf(40, 40, Pixels(40, 40))}) {
    const bool is_png = FormatOf(file) == Format::kPng;
    // What follows the pixels of a PNG file, its end chunk, is not needed.
    const size_t needed = is_png ? file.size() - 16 : file.size() - 2;
    for (size_t length = 0; length < needed; ++length) {
      EXPECT_FALSE(DecodeImage(absl::string_view(file).substr(0, length)).ok()) << length;
    }
  }
}

// A small step towards fuzzing; tests/fuzz goes further.
TEST(Images, WithBytesChangedAnywhereNeverCrash) {
  for (std::string file : {JpegOf(24, 24, Pixels(24, 24)), JpegOf(24, 24, Pixels(24, 24), 3, true),
                           PngOf(24, 24, Pixels(24, 24))}) {
    for (char& byte : file) {
      const char before = byte;
      for (const int flip : {0x01, 0x80, 0xff}) {
        byte = static_cast<char>(before ^ flip);
        const auto image = DecodeImage(file);
        if (image.ok()) {
          EXPECT_EQ(image->rgb.size(), size_t{3} * image->width * image->height);
        }
      }
      byte = before;
    }
  }
}

TEST(Images, ThatClaimMorePixelsThanTheLimitAreRefusedBeforeTheyAreDecoded) {
  std::string jpeg = JpegOf(16, 16, Pixels(16, 16));
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xff\xdc\xff\xdc");  // height and width of the frame header
  EXPECT_THAT(MessageOf(jpeg), AllOf(HasSubstr("65500 x 65500"), HasSubstr("64 Mi pixels")));
}

std::vector<float> Preprocessed(const Image& image, Preprocessing how) {
  std::vector<float> values(size_t{3} * how.crop * how.crop);
  const absl::Status status = Preprocess(image, how, values.data());
  EXPECT_TRUE(status.ok()) << status;
  return values;
}

Preprocessing Plain(int shorter, int crop) {
  Preprocessing how;
  how.resize_shorter_side = shorter;
  how.crop = crop;
  how.mean = {0, 0, 0};
  how.std = {1, 1, 1};
  return how;
}

TEST(Preprocess, CutsTheMiddleOutAndPutsChannelsApart) {
  Image image{4, 2, {}};
  for (uint8_t i = 0; i < 24; ++i) image.rgb.push_back(i);
  const std::vector<float> values = Preprocessed(image, Plain(2, 2));
  const auto is = [](float byte) { return testing::FloatEq(byte / 255.0F); };
  EXPECT_THAT(values, ElementsAre(is(3), is(6), is(15), is(18), is(4), is(7), is(16), is(19), is(5),
                                  is(8), is(17), is(20)));
}

TEST(Preprocess, ResizesTheShorterSideWithATriangleAsWideAsTheStep) {
  // Four columns become two: the first is (3 a + 3 b + c) / 7 by the triangle of
  // half-width 2 around the boundary of a and b, where d has weight 0 or less.
  const Image image{
      4, 4, {0,   0,   0,   70,  70,  70,  140, 140, 140, 210, 210, 210, 0,   0,   0,   70,
             70,  70,  140, 140, 140, 210, 210, 210, 0,   0,   0,   70,  70,  70,  140, 140,
             140, 210, 210, 210, 0,   0,   0,   70,  70,  70,  140, 140, 140, 210, 210, 210}};
  const std::vector<float> values = Preprocessed(image, Plain(2, 2));
  EXPECT_THAT(values[0] * 255, FloatNear((3 * 70 + 140) / 7.0, 0.5));
  EXPECT_THAT(values[1] * 255, FloatNear((70 + 3 * 140 + 3 * 210) / 7.0, 0.5));
}

TEST(Preprocess, TakesTheMeanAwayAndDividesByTheDeviationOfEachChannel) {
  Preprocessing how = Plain(1, 1);
  how.mean = {0.5, 0.25, 0};
  how.std = {0.5, 0.25, 2};
  EXPECT_THAT(Preprocessed(Image{1, 1, {255, 0, 255}}, how), ElementsAre(1, -1, 0.5));
}

TEST(Preprocess, OfALineOfPixelsNeedsNoMoreThanItsMiddle) {
  const Image image{100'000, 1, std::vector<uint8_t>(300'000, 51)};
  EXPECT_THAT(Preprocessed(image, Plain(256, 224)), Each(FloatNear(0.2, 1e-6)));
}

TEST(Preprocess, RefusesAMiddleThatIsLargerThanTheImage) {
  float value = 0;
  const absl::Status status = Preprocess(Image{1, 1, {0, 0, 0}}, Plain(8, 9), &value);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace edgebench::images
