#include "controller/output_folder.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/file.h"
#include "common/status_macros.h"
#include "controller/exit_code.h"

namespace edgebench::controller {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFolderMode = 0755;

// Without the separators at its end, which would make its parent the folder itself.
std::string Plain(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  return end == std::string::npos ? path : path.substr(0, end + 1);
}

absl::Status WriteFiles(const std::string& folder, const std::vector<FolderFile>& files) {
  for (const FolderFile& file : files) {
    const std::string path = absl::StrCat(folder, "/", file.path);
    EDGEBENCH_RETURN_IF_ERROR(MakeDirectories(ParentOf(path), kFolderMode));
    EDGEBENCH_RETURN_IF_ERROR(WriteFileAtomically(path, file.content));
  }
  return absl::OkStatus();
}

absl::Status WriteNewFolder(const std::string& path, const std::vector<FolderFile>& files) {
  std::string temporary = TemporaryBeside(path);
  if (mkdtemp(temporary.data()) == nullptr)
    return ErrnoStatus(errno, absl::StrCat("cannot create a folder beside ", path));
  absl::Cleanup remove = [&temporary] {
    std::error_code ignored;
    fs::remove_all(temporary, ignored);
  };
  EDGEBENCH_RETURN_IF_ERROR(WriteFiles(temporary, files));
  // mkdtemp makes it for its owner only.
  if (chmod(temporary.c_str(), kFolderMode) != 0)
    return ErrnoStatus(errno, absl::StrCat("cannot open up ", temporary));
  EDGEBENCH_RETURN_IF_ERROR(RenameWithoutReplacing(temporary, path));
  std::move(remove).Cancel();
  return SyncFolder(ParentOf(path));
}

}  // namespace

absl::Status CheckOutputFolder(const std::string& flag, const std::string& path, bool overwrite) {
  const std::string plain = Plain(path);
  std::error_code error;
  const bool exists = fs::exists(plain, error);
  if (exists && !fs::is_directory(plain, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(flag, " ", path, " is a file; this format is written as a folder"));
  }
  const bool has_content = exists && !fs::is_empty(plain, error) && !error;
  if (has_content && !overwrite) {
    return absl::AlreadyExistsError(
        absl::StrCat(path, " has files already; --force replaces those of a report"));
  }
  const std::string written = exists ? plain : ParentOf(plain);
  if (access(written.c_str(), W_OK | X_OK) != 0) {
    return WithExitCode(ErrnoStatus(errno, absl::StrCat("cannot write into the folder ", written)),
                        ExitCode::kUsage);
  }
  return absl::OkStatus();
}

absl::Status WriteFolder(const std::string& path, const std::vector<FolderFile>& files) {
  const std::string plain = Plain(path);
  std::error_code ignored;
  return fs::exists(plain, ignored) ? WriteFiles(plain, files) : WriteNewFolder(plain, files);
}

}  // namespace edgebench::controller
