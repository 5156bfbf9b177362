#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/worker/files/file_range.h"

namespace edgebench::worker {

struct TarMember {
  std::string name;
  FileRange content;
};

// By as many of its first bytes as there are, up to kTarSignatureBytes.
inline constexpr size_t kTarSignatureBytes = 512;
bool IsTar(absl::string_view start);

// The regular files of an uncompressed tar file, in its order; of any dialect
// that libarchive knows.
//   INVALID_ARGUMENT  damaged, cut short, or a member is sparse
//   others            as ErrnoStatus
absl::StatusOr<std::vector<TarMember>> ListTar(const std::string& path);

}  // namespace edgebench::worker
