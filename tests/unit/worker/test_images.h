#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace edgebench::images {

// Image files as libjpeg and libpng write them. Pixels are row by row, as many
// bytes each as the layout has channels.
enum class Layout { kGray = 1, kGrayAlpha = 2, kRgb = 3, kRgba = 4 };

std::string PngOf(int width, int height, const std::vector<uint8_t>& pixels,
                  Layout layout = Layout::kRgb);

// Quality 95. `channels`: 1 gray, 3 RGB, 4 CMYK.
std::string JpegOf(int width, int height, const std::vector<uint8_t>& pixels, int channels = 3,
                   bool progressive = false);

// Smooth colours that differ from pixel to pixel and from `seed` to `seed`.
std::vector<uint8_t> Pixels(int width, int height, int channels = 3, int seed = 0);

}  // namespace edgebench::images
