// libjpeg tells of errors by a function that must not return. Throwing out of it
// needs unwind tables in the library, which C does not promise, so it jumps. What
// is jumped over must have no destructors: the functions that call setjmp have
// parameters of plain types and no objects, and they alone call libjpeg.

#include <csetjmp>
#include <cstdio>
// In this order: jpeglib.h needs what <cstdio> declares.
#include <jerror.h>
#include <jpeglib.h>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "agent/worker/images/decode.h"
#include "common/status_macros.h"

namespace edgebench::images {
namespace {

// A progressive file of some kilobytes can have the whole image decoded anew in
// each of thousands of scans; real ones have about ten.
constexpr int kMaxScans = 200;

struct Decoder {
  jpeg_decompress_struct library;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void Fail(j_common_ptr library) {
  auto* decoder = static_cast<Decoder*>(library->client_data);
  library->err->format_message(library, decoder->message);
  std::longjmp(decoder->failed, 1);
}

// The library carries on after a warning, with grey in place of what is missing.
// Only what leaves the pixels whole is let pass.
void Warn(j_common_ptr library, int level) {
  const int code = library->err->msg_code;
  const bool harmless = code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM;
  if (level < 0 && !harmless) Fail(library);
}

void CountScans(j_common_ptr library) {
  if (reinterpret_cast<j_decompress_ptr>(library)->input_scan_number <= kMaxScans) return;
  auto* decoder = static_cast<Decoder*>(library->client_data);
  std::snprintf(decoder->message, sizeof decoder->message, "more than %d scans", kMaxScans);
  std::longjmp(decoder->failed, 1);
}

// All zero, and fit for `jpeg_destroy_decompress`, before anything can fail.
void Prepare(Decoder* decoder) {
  decoder->library.err = jpeg_std_error(&decoder->errors);
  decoder->library.client_data = decoder;
  decoder->errors.error_exit = Fail;
  decoder->errors.emit_message = Warn;
  decoder->progress.progress_monitor = CountScans;
}

bool ReadHeader(Decoder* decoder, const unsigned char* bytes, unsigned long size) {
  if (setjmp(decoder->failed) != 0) return false;
  jpeg_create_decompress(&decoder->library);
  decoder->library.progress = &decoder->progress;
  jpeg_mem_src(&decoder->library, bytes, size);
  jpeg_read_header(&decoder->library, TRUE);
  return true;
}

bool ReadPixels(Decoder* decoder, uint8_t* rgb) {
  if (setjmp(decoder->failed) != 0) return false;
  decoder->library.out_color_space = JCS_RGB;
  jpeg_start_decompress(&decoder->library);
  while (decoder->library.output_scanline < decoder->library.output_height) {
    JSAMPROW row =
        rgb + size_t{3} * decoder->library.output_width * decoder->library.output_scanline;
    jpeg_read_scanlines(&decoder->library, &row, 1);
  }
  jpeg_finish_decompress(&decoder->library);
  return true;
}

absl::Status Failure(const Decoder& decoder) {
  if (decoder.errors.msg_code == JERR_OUT_OF_MEMORY) {
    return absl::ResourceExhaustedError("no memory to decode a JPEG file");
  }
  return absl::InvalidArgumentError(absl::StrCat("a damaged JPEG file: ", decoder.message));
}

}  // namespace

absl::StatusOr<Image> DecodeJpeg(absl::string_view bytes) {
  Decoder decoder = {};
  Prepare(&decoder);
  absl::Cleanup release = [&] { jpeg_destroy_decompress(&decoder.library); };
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  if (!ReadHeader(&decoder, data, bytes.size())) return Failure(decoder);
  const J_COLOR_SPACE colors = decoder.library.jpeg_color_space;
  if (colors == JCS_CMYK || colors == JCS_YCCK) {
    return absl::InvalidArgumentError("a JPEG file of four inks (CMYK): convert it to RGB");
  }
  EDGEBENCH_RETURN_IF_ERROR(CheckPixels(decoder.library.image_width, decoder.library.image_height));
  Image image;
  image.width = static_cast<int>(decoder.library.image_width);
  image.height = static_cast<int>(decoder.library.image_height);
  image.rgb.resize(size_t{3} * image.width * image.height);
  if (!ReadPixels(&decoder, image.rgb.data())) return Failure(decoder);
  return image;
}

}  // namespace edgebench::images
