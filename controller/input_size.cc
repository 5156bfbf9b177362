#include "controller/input_size.h"

namespace edgebench::controller {
namespace {

std::optional<int32_t> If(bool known, int32_t value) {
  return known ? std::optional(value) : std::nullopt;
}

}  // namespace

const std::array<InputSize, 3>& InputSizesOfModels() {
  using Settings = v1::JobSettings;
  using Model = v1::ZooModel;
  static constexpr std::array<InputSize, 3> kSizes = {{
      {"--image-size", "image size", "image", "HW",
       [](const Settings& s) { return If(s.has_image_size(), s.image_size()); },
       [](Settings& s, int32_t size) { s.set_image_size(size); },
       [](const Model& m) { return If(m.has_default_image_size(), m.default_image_size()); }},
      {"--seq-len", "sequence length", "length", "L",
       [](const Settings& s) { return If(s.has_seq_len(), s.seq_len()); },
       [](Settings& s, int32_t size) { s.set_seq_len(size); },
       [](const Model& m) { return If(m.has_default_seq_len(), m.default_seq_len()); }},
      {"--frames", "frames", "frames", "T",
       [](const Settings& s) { return If(s.has_frames(), s.frames()); },
       [](Settings& s, int32_t size) { s.set_frames(size); },
       [](const Model& m) { return If(m.has_default_frames(), m.default_frames()); }},
  }};
  return kSizes;
}

}  // namespace edgebench::controller
