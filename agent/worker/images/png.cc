// libpng tells of errors by a jump, as libjpeg does: see jpeg.cc.

#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/images/decode.h"
#include "common/status_macros.h"

namespace edgebench::images {
namespace {

constexpr int kMaxSide = 1'000'000;
// Of a chunk beside the pixels, such as a colour profile, unpacked.
constexpr png_alloc_size_t kMaxChunkBytes = 8 << 20;

struct Decoder {
  png_structp library;
  png_infop info;
  const char* next;  // of the file
  size_t left;
  char message[200];
};

[[noreturn]] void Fail(png_structp library, png_const_charp message) {
  auto* decoder = static_cast<Decoder*>(png_get_error_ptr(library));
  std::snprintf(decoder->message, sizeof decoder->message, "%s", message);
  png_longjmp(library, 1);
}

void IgnoreWarning(png_structp, png_const_charp) {}

void Read(png_structp library, png_bytep to, png_size_t size) {
  auto* decoder = static_cast<Decoder*>(png_get_io_ptr(library));
  if (size > decoder->left) png_error(library, "the file ends too early");
  std::memcpy(to, decoder->next, size);
  decoder->next += size;
  decoder->left -= size;
}

// Whatever the file holds becomes three channels of 8 bits.
void AskForRgb(Decoder* decoder) {
  png_set_palette_to_rgb(decoder->library);
  png_set_expand_gray_1_2_4_to_8(decoder->library);
  png_set_strip_16(decoder->library);
  png_set_gray_to_rgb(decoder->library);
  png_set_strip_alpha(decoder->library);
  png_set_interlace_handling(decoder->library);
}

bool ReadHeader(Decoder* decoder) {
  if (setjmp(png_jmpbuf(decoder->library)) != 0) return false;
  png_set_user_limits(decoder->library, kMaxSide, kMaxSide);
  png_set_chunk_malloc_max(decoder->library, kMaxChunkBytes);
  png_set_read_fn(decoder->library, decoder, Read);
  png_read_info(decoder->library, decoder->info);
  return true;
}

bool ReadPixels(Decoder* decoder, png_bytepp rows, size_t row_bytes) {
  if (setjmp(png_jmpbuf(decoder->library)) != 0) return false;
  AskForRgb(decoder);
  png_read_update_info(decoder->library, decoder->info);
  if (png_get_rowbytes(decoder->library, decoder->info) != row_bytes) {
    png_error(decoder->library, "a layout of pixels that is not known");
  }
  png_read_image(decoder->library, rows);
  return true;
}

absl::Status Failure(const Decoder& decoder) {
  // libpng has no codes, but says "Out of memory" and "Insufficient memory".
  if (absl::StrContains(decoder.message, " memory")) {
    return absl::ResourceExhaustedError("no memory to decode a PNG file");
  }
  return absl::InvalidArgumentError(absl::StrCat("a damaged PNG file: ", decoder.message));
}

}  // namespace

absl::StatusOr<Image> DecodePng(absl::string_view bytes) {
  Decoder decoder = {};
  decoder.next = bytes.data();
  decoder.left = bytes.size();
  absl::Cleanup release = [&] {
    png_destroy_read_struct(&decoder.library, &decoder.info, nullptr);
  };
  decoder.library = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, Fail, IgnoreWarning);
  if (decoder.library != nullptr) decoder.info = png_create_info_struct(decoder.library);
  if (decoder.info == nullptr) return absl::ResourceExhaustedError("no memory for libpng");
  if (!ReadHeader(&decoder)) return Failure(decoder);
  const int64_t width = png_get_image_width(decoder.library, decoder.info);
  const int64_t height = png_get_image_height(decoder.library, decoder.info);
  EDGEBENCH_RETURN_IF_ERROR(CheckPixels(width, height));
  Image image;
  image.width = static_cast<int>(width);
  image.height = static_cast<int>(height);
  const size_t row_bytes = size_t{3} * image.width;
  image.rgb.resize(row_bytes * image.height);
  std::vector<png_bytep> rows;
  for (int y = 0; y < image.height; ++y) rows.push_back(image.rgb.data() + row_bytes * y);
  if (!ReadPixels(&decoder, rows.data(), row_bytes)) return Failure(decoder);
  return image;
}

}  // namespace edgebench::images
