#include "controller/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "controller/exit_code.h"

namespace edgebench::controller {

absl::Status CheckOutputFile(const std::string& flag, const std::string& path, bool overwrite) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " ", path, " is a folder; name a file in it"));
  }
  std::error_code unnameable;  // too long, or below a file
  if (fs::exists(path, unnameable) && !overwrite)
    return absl::AlreadyExistsError(absl::StrCat(path, " exists already; --force overwrites it"));
  if (unnameable) {
    return WithExitCode(ErrnoStatus(unnameable.value(), absl::StrCat(flag, " ", path)),
                        ExitCode::kUsage);
  }
  const std::string folder =
      fs::path(path).has_parent_path() ? fs::path(path).parent_path().string() : ".";
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return WithExitCode(ErrnoStatus(errno, absl::StrCat("cannot write into the folder ", folder)),
                        ExitCode::kUsage);
  }
  return absl::OkStatus();
}

absl::Status WriteOutputFile(const std::string& path, absl::string_view content) {
  return WithExitCode(WriteFileAtomically(path, content), ExitCode::kUsage);
}

}  // namespace edgebench::controller
