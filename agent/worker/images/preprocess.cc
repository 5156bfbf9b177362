#include "agent/worker/images/preprocess.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace edgebench::images {
namespace {

constexpr int kChannels = 3;
// Weights are integers of so many fractional bits, as in Pillow.
constexpr int kFractionBits = 32 - 8 - 2;

// The pixels that one pixel of the result is a weighted mean of.
struct Window {
  int64_t first = 0;
  std::vector<int32_t> weights;
};

// Along one side: what is wanted of an image of `size` pixels resized to `resized`.
struct Side {
  int64_t size = 0;
  int64_t resized = 0;
  int64_t begin = 0;  // of the middle, in resized pixels
};

double Triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

// Where nothing is resized it has the one weight 1, which changes nothing.
Window WindowAt(const Side& side, int64_t position) {
  const double scale = static_cast<double>(side.size) / static_cast<double>(side.resized);
  const double support = std::max(scale, 1.0);
  const double center = (static_cast<double>(position) + 0.5) * scale;
  Window window;
  window.first = std::max<int64_t>(static_cast<int64_t>(std::floor(center - support + 0.5)), 0);
  const int64_t end =
      std::min<int64_t>(static_cast<int64_t>(std::floor(center + support + 0.5)), side.size);
  std::vector<double> weights;
  double sum = 0;
  for (int64_t at = window.first; at < end; ++at) {
    weights.push_back(Triangle((static_cast<double>(at) - center + 0.5) * (1.0 / support)));
    sum += weights.back();
  }
  for (const double weight : weights) {
    window.weights.push_back(
        static_cast<int32_t>(std::floor(weight / sum * (1 << kFractionBits) + 0.5)));
  }
  return window;
}

std::vector<Window> WindowsOf(const Side& side, int count) {
  std::vector<Window> windows;
  for (int i = 0; i < count; ++i) windows.push_back(WindowAt(side, side.begin + i));
  return windows;
}

// Weights sum to 1 but for rounding, so the sum may pass 255 by a trifle.
uint8_t WeightedMean(const uint8_t* values, int64_t stride, const Window& window) {
  int64_t sum = int64_t{1} << (kFractionBits - 1);
  for (const int32_t weight : window.weights) {
    sum += int64_t{weight} * *values;
    values += stride;
  }
  return static_cast<uint8_t>(std::clamp<int64_t>(sum >> kFractionBits, 0, 255));
}

// The longer side keeps the proportions, rounded down; the middle is centred with
// halves rounded to even: both as in torchvision.
Side MakeSide(int64_t size, int64_t shorter, int resize_to, int crop) {
  Side side;
  side.size = size;
  side.resized = size == shorter ? resize_to
                                 : static_cast<int64_t>(static_cast<double>(resize_to * size) /
                                                        static_cast<double>(shorter));
  side.begin = static_cast<int64_t>(std::nearbyint(static_cast<double>(side.resized - crop) / 2.0));
  return side;
}

// Columns first, for all rows that the windows of rows look at.
class Resizer {
 public:
  Resizer(const Image& image, const Preprocessing& how) : image_(image), crop_(how.crop) {
    const int64_t shorter = std::min(image.width, image.height);
    columns_ = WindowsOf(MakeSide(image.width, shorter, how.resize_shorter_side, crop_), crop_);
    rows_ = WindowsOf(MakeSide(image.height, shorter, how.resize_shorter_side, crop_), crop_);
  }

  // crop x crop pixels, RGB.
  std::vector<uint8_t> Run() const {
    const int64_t first = rows_.front().first;
    const std::vector<uint8_t> narrow = ResizeRows(first, EndOf(rows_.back()));
    const int64_t stride = int64_t{kChannels} * crop_;
    std::vector<uint8_t> pixels;
    pixels.reserve(stride * crop_);
    for (const Window& row : rows_) {
      const uint8_t* from = narrow.data() + (row.first - first) * stride;
      for (int64_t i = 0; i < stride; ++i) pixels.push_back(WeightedMean(from + i, stride, row));
    }
    return pixels;
  }

 private:
  static int64_t EndOf(const Window& window) {
    return window.first + static_cast<int64_t>(window.weights.size());
  }

  std::vector<uint8_t> ResizeRows(int64_t begin, int64_t end) const {
    std::vector<uint8_t> pixels;
    pixels.reserve((end - begin) * crop_ * kChannels);
    for (int64_t y = begin; y < end; ++y) {
      const uint8_t* row = image_.rgb.data() + y * image_.width * kChannels;
      for (const Window& column : columns_) {
        for (int channel = 0; channel < kChannels; ++channel) {
          pixels.push_back(
              WeightedMean(row + column.first * kChannels + channel, kChannels, column));
        }
      }
    }
    return pixels;
  }

  const Image& image_;
  const int crop_;
  std::vector<Window> columns_, rows_;
};

}  // namespace

absl::Status Preprocess(const Image& image, const Preprocessing& how, float* values) {
  if (how.crop < 1 || how.crop > how.resize_shorter_side) {
    return absl::InvalidArgumentError(absl::StrCat("a middle of ", how.crop, " x ", how.crop,
                                                   " pixels does not fit where the shorter side "
                                                   "has ",
                                                   how.resize_shorter_side));
  }
  EDGEBENCH_RETURN_IF_ERROR(CheckPixels(image.width, image.height));
  const std::vector<uint8_t> pixels = Resizer(image, how).Run();
  const size_t plane = size_t{1} * how.crop * how.crop;
  for (int channel = 0; channel < kChannels; ++channel) {
    for (size_t i = 0; i < plane; ++i) {
      const float unit = static_cast<float>(pixels[i * kChannels + channel]) / 255.0F;
      *values++ = (unit - how.mean[channel]) / how.std[channel];
    }
  }
  return absl::OkStatus();
}

}  // namespace edgebench::images
