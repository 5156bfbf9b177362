// Any bytes are a file of weights all of whose elements can be read, or an error.

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "agent/worker/tensor_files/checkpoint.h"
#include "agent/worker/tensor_files/stored_tensor.h"
#include "common/file.h"

namespace {

using namespace edgebench::tensor_files;

// The furthest elements are enough: between them there is nothing but the mapping.
void ReadEnds(const CheckpointTensor& tensor, const edgebench::worker::FileMapping& file) {
  uint64_t last = 0;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] == 0) return;
    last += static_cast<uint64_t>(tensor.shape[i] - 1) * static_cast<uint64_t>(tensor.strides[i]);
  }
  const auto bytes = static_cast<uint64_t>(ElementBytes(tensor.type));
  const uint8_t* end = tensor.data + (last + 1) * bytes;
  if (bytes == 0 || !file.Holds(tensor.data) || !file.Holds(end - 1)) std::abort();
  if (*tensor.data + *(end - 1) > 2 * 255) std::abort();  // so that both are read
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const edgebench::UniqueFd memory(memfd_create("fuzz", MFD_CLOEXEC));
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!edgebench::WriteAll(memory.get(), bytes, "fuzz").ok()) std::abort();
  const auto checkpoint = Checkpoint::Open("/proc/self/fd/" + std::to_string(memory.get()));
  if (!checkpoint.ok()) return 0;
  for (const CheckpointTensor& tensor : checkpoint->tensors())
    ReadEnds(tensor, *checkpoint->file());
  return 0;
}
