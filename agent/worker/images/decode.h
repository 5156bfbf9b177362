#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace edgebench::images {

// Decoded, more is refused: a file of some kilobytes can claim any size.
inline constexpr int64_t kMaxPixels = int64_t{64} << 20;

struct Image {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;  // row by row, three bytes a pixel
};

enum class Format { kJpeg, kPng, kUnknown };
inline constexpr size_t kSignatureBytes = 8;  // as many of a file's first bytes tell its format
Format FormatOf(absl::string_view bytes);

// Decodes a JPEG or PNG file to 8-bit RGB as PIL's Image.open(file).convert("RGB")
// does: gray becomes three equal channels, a palette its colours, 16 bits their
// upper 8; alpha is dropped, and colour profiles, gamma and EXIF orientation are
// ignored.
//   INVALID_ARGUMENT    neither of them, damaged, cut short, with four inks
//                       (CMYK), or of more pixels than kMaxPixels
//   RESOURCE_EXHAUSTED  no memory
absl::StatusOr<Image> DecodeImage(absl::string_view bytes);

// Of the formats; call DecodeImage.
absl::StatusOr<Image> DecodeJpeg(absl::string_view bytes);
absl::StatusOr<Image> DecodePng(absl::string_view bytes);

// INVALID_ARGUMENT for no pixels or more than kMaxPixels.
absl::Status CheckPixels(int64_t width, int64_t height);

}  // namespace edgebench::images
