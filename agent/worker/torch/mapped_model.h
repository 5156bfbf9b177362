#pragma once

#include <torch/script.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "agent/worker/files/file_mapping.h"

namespace edgebench::worker {

inline constexpr uint64_t kWorthMapping = 32 << 20;

struct MappedModel {
  torch::jit::Module module;

  // Where the module's large tensors are; null when the module was copied. Each of
  // them keeps it alive.
  std::shared_ptr<const FileMapping> mapping;

  // Gives back the memory of weights that were read. They stay readable.
  void DropPages() const {
    if (mapping != nullptr) mapping->DropPages();
  }
};

// As LoadModelFile, with the same errors, but tensors of 64 KiB and more stay in the
// file, which is mapped into memory: they cost no anonymous memory, and nobody may
// write to them (file_mapping.h). Records that are compressed or not aligned are
// copied, and so is a whole module that may write to a mapped tensor or that only
// torch::jit::load can read. Checksums of the records are not checked.
//
// Less than `worth_mapping` bytes are copied too: to find out whether a module writes
// to its tensors its code is inlined, which takes longer than copying a few megabytes.
absl::StatusOr<MappedModel> LoadMapped(const std::string& path, const std::string& name,
                                       uint64_t worth_mapping = kWorthMapping);

}  // namespace edgebench::worker
