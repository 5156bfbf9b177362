#pragma once

#include <array>
#include <cstdint>

#include "absl/status/status.h"
#include "agent/worker/images/decode.h"

namespace edgebench::images {

// How an image becomes the input of a model, step by step: the shorter side
// resized, the middle cut out, values divided by 255, minus mean, over std.
struct Preprocessing {
  int resize_shorter_side = 256;
  int crop = 224;  // at most resize_shorter_side
  std::array<float, 3> mean = {0.485F, 0.456F, 0.406F};
  std::array<float, 3> std = {0.229F, 0.224F, 0.225F};
};

// Writes 3 x crop x crop values, channel by channel. What torchvision's Resize,
// CenterCrop, ToTensor and Normalize make of a PIL image, to the bit: resizing
// is bilinear with antialiasing, a triangle filter as wide as the step between
// pixels, in Pillow's fixed-point arithmetic (Pillow's libImaging/Resample.c).
// Pixels that are cut off are not computed.
//   INVALID_ARGUMENT  crop above resize_shorter_side, or one below 1
absl::Status Preprocess(const Image& image, const Preprocessing& how, float* values);

}  // namespace edgebench::images
