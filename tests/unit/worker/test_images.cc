#include "tests/unit/worker/test_images.h"

#include <png.h>

#include <cstdio>
#include <cstdlib>
// In this order: jpeglib.h needs what <cstdio> declares.
#include <jpeglib.h>

namespace edgebench::images {
namespace {

png_uint_32 FormatOf(Layout layout) {
  switch (layout) {
    case Layout::kGray:
      return PNG_FORMAT_GRAY;
    case Layout::kGrayAlpha:
      return PNG_FORMAT_GA;
    case Layout::kRgb:
      return PNG_FORMAT_RGB;
    case Layout::kRgba:
      return PNG_FORMAT_RGBA;
  }
  return PNG_FORMAT_RGB;
}

J_COLOR_SPACE ColorsOf(int channels) {
  if (channels == 1) return JCS_GRAYSCALE;
  return channels == 3 ? JCS_RGB : JCS_CMYK;
}

}  // namespace

std::string PngOf(int width, int height, const std::vector<uint8_t>& pixels, Layout layout) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = width;
  image.height = height;
  image.format = FormatOf(layout);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string file(size, 0);
  if (!png_image_write_to_memory(&image, file.data(), &size, 0, pixels.data(), 0, nullptr)) {
    std::abort();
  }
  file.resize(size);
  return file;
}

std::string JpegOf(int width, int height, const std::vector<uint8_t>& pixels, int channels,
                   bool progressive) {
  jpeg_compress_struct library = {};
  jpeg_error_mgr errors = {};
  library.err = jpeg_std_error(&errors);  // ends the program on an error
  jpeg_create_compress(&library);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&library, &bytes, &size);
  library.image_width = width;
  library.image_height = height;
  library.input_components = channels;
  library.in_color_space = ColorsOf(channels);
  jpeg_set_defaults(&library);
  jpeg_set_quality(&library, 95, TRUE);
  if (progressive) jpeg_simple_progression(&library);
  jpeg_start_compress(&library, TRUE);
  while (library.next_scanline < library.image_height) {
    auto* row =
        const_cast<uint8_t*>(pixels.data()) + size_t{1} * library.next_scanline * width * channels;
    jpeg_write_scanlines(&library, &row, 1);
  }
  jpeg_finish_compress(&library);
  std::string file(reinterpret_cast<char*>(bytes), size);
  jpeg_destroy_compress(&library);
  std::free(bytes);
  return file;
}

std::vector<uint8_t> Pixels(int width, int height, int channels, int seed) {
  std::vector<uint8_t> pixels;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int channel = 0; channel < channels; ++channel) {
        pixels.push_back(static_cast<uint8_t>((3 * x + 5 * y + 70 * channel + 11 * seed) % 256));
      }
    }
  }
  return pixels;
}

}  // namespace edgebench::images
