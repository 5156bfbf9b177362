#include "agent/worker/images/decode.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace edgebench::images {

Format FormatOf(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\xff\xd8\xff")) return Format::kJpeg;
  if (absl::StartsWith(bytes, "\x89PNG\r\n\x1a\n")) return Format::kPng;
  return Format::kUnknown;
}

absl::StatusOr<Image> DecodeImage(absl::string_view bytes) {
  switch (FormatOf(bytes)) {
    case Format::kJpeg:
      return DecodeJpeg(bytes);
    case Format::kPng:
      return DecodePng(bytes);
    case Format::kUnknown:
      break;
  }
  return absl::InvalidArgumentError("neither JPEG nor PNG");
}

absl::Status CheckPixels(int64_t width, int64_t height) {
  if (width < 1 || height < 1) return absl::InvalidArgumentError("an image without pixels");
  if (width <= kMaxPixels / height) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("an image of ", width, " x ", height,
                                                 " pixels, the limit is ", kMaxPixels >> 20,
                                                 " Mi pixels: make it smaller"));
}

}  // namespace edgebench::images
