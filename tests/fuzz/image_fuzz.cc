// Any bytes become an image of the size that it says, or an error.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "agent/worker/images/decode.h"
#include "agent/worker/images/preprocess.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace edgebench::images;
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto image = DecodeImage(bytes);
  if (!image.ok()) return 0;
  if (image->rgb.size() != size_t{3} * image->width * image->height) std::abort();
  Preprocessing how;
  how.resize_shorter_side = 9;
  how.crop = 8;
  std::vector<float> values(size_t{3} * how.crop * how.crop);
  if (!Preprocess(*image, how, values.data()).ok()) std::abort();
  return 0;
}
