// Any bytes are a file of tensors all of whose elements can be read, or an error.

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "agent/worker/files/tar.h"
#include "agent/worker/tensor_files/pickle.h"
#include "agent/worker/tensor_files/stored_tensor.h"
#include "common/file.h"

namespace {

using namespace edgebench::tensor_files;
using namespace edgebench::worker;

void ReadAll(const FileRange& range) {
  if (!range.ReadString(0, range.size()).ok()) std::abort();
}

void ReadTensors(const std::string& path) {
  const auto file = FileRange::Open(path);
  if (!file.ok()) std::abort();
  if (const auto tensor = ReadNpyHeader(*file); tensor.ok()) ReadAll(tensor->content);
  if (const auto tensors = ReadSafetensorsHeader(*file); tensors.ok()) {
    for (const StoredTensor& tensor : *tensors) ReadAll(tensor.content);
  }
  if (const auto members = ListTar(path); members.ok()) {
    for (const TarMember& member : *members) ReadAll(member.content);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  ParsePickle(bytes).status().IgnoreError();
  const edgebench::UniqueFd memory(memfd_create("fuzz", MFD_CLOEXEC));
  if (!edgebench::WriteAll(memory.get(), bytes, "fuzz").ok()) std::abort();
  ReadTensors("/proc/self/fd/" + std::to_string(memory.get()));
  return 0;
}
