#include "db/scratch_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace edgebench::db {
namespace {

namespace fs = std::filesystem;

// The file's own name is not part of it: a long one would not fit.
constexpr char kPrefix[] = ".edgebench-scratch-";

UniqueFd OpenFolder(const std::string& path) {
  return UniqueFd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

bool LockWhenFree(const UniqueFd& folder) {
  int locked = 0;
  do {
    locked = flock(folder.get(), LOCK_EX);
  } while (locked != 0 && errno == EINTR);
  return locked == 0;
}

// Whether the folder that is open is still the one of that name.
bool IsThere(const UniqueFd& folder, const std::string& path) {
  struct stat open_one, named_one;
  return fstat(folder.get(), &open_one) == 0 && lstat(path.c_str(), &named_one) == 0 &&
         open_one.st_dev == named_one.st_dev && open_one.st_ino == named_one.st_ino;
}

void RemoveIfAbandoned(const std::string& path) {
  const UniqueFd folder = OpenFolder(path);
  if (!folder.valid() || flock(folder.get(), LOCK_EX | LOCK_NB) != 0) return;
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ScratchFolder>> ScratchFolder::Beside(const std::string& file) {
  while (true) {
    std::string path = absl::StrCat(ParentOf(file), "/", kPrefix, "XXXXXX");
    if (mkdtemp(path.data()) == nullptr)
      return ErrnoStatus(errno, absl::StrCat("cannot make a folder beside ", file));
    UniqueFd lock = OpenFolder(path);
    // Before it is locked, another process may take it for abandoned.
    if (!lock.valid() && errno == ENOENT) continue;
    if (!lock.valid()) return ErrnoStatus(errno, absl::StrCat("cannot open the folder ", path));
    if (LockWhenFree(lock) && !IsThere(lock, path)) continue;
    return std::unique_ptr<ScratchFolder>(new ScratchFolder(std::move(path), std::move(lock)));
  }
}

void ScratchFolder::RemoveAbandoned(const std::string& file) {
  std::error_code ignored;
  for (fs::directory_iterator entry(ParentOf(file), ignored), end; entry != end;
       entry.increment(ignored)) {
    if (absl::StartsWith(entry->path().filename().string(), kPrefix))
      RemoveIfAbandoned(entry->path().string());
  }
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace edgebench::db
