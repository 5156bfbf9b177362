#include "controller/calibration_folder.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/file.h"
#include "common/quantities.h"
#include "common/status_macros.h"

namespace edgebench::controller {
namespace {

namespace fs = std::filesystem;

constexpr char kExpected[] = "images (.jpg, .jpeg, .png) or tensors (.pt, .npy, .safetensors)";

enum class Kind { kImage, kTensors, kOther };

// "JPG" and "jpg" are one ending.
std::string EndingOf(const fs::path& path) {
  return absl::AsciiStrToLower(path.extension().string());
}

Kind KindOf(const std::string& ending) {
  if (ending == ".jpg" || ending == ".jpeg" || ending == ".png") return Kind::kImage;
  if (ending == ".pt" || ending == ".npy" || ending == ".safetensors") return Kind::kTensors;
  return Kind::kOther;
}

bool IsHidden(const fs::path& path) { return path.filename().string().front() == '.'; }

// What a folder holds that can be packed.
class Listing {
 public:
  explicit Listing(std::string folder) : folder_(std::move(folder)) {}

  // The names below the folder, sorted.
  absl::StatusOr<std::vector<std::string>> Read() {
    std::error_code error;
    if (!fs::is_directory(folder_, error)) {
      return absl::InvalidArgumentError(absl::StrCat(folder_, " is no folder"));
    }
    fs::recursive_directory_iterator entry(folder_, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (IsHidden(entry->path())) {
        entry.disable_recursion_pending();
      } else if (std::error_code dangling; entry->is_regular_file(dangling)) {
        Count(entry->path());
      }
    }
    if (error) return ErrnoStatus(error.value(), folder_);
    EDGEBENCH_RETURN_IF_ERROR(Check());
    std::sort(names_.begin(), names_.end());
    return std::move(names_);
  }

 private:
  void Count(const fs::path& path) {
    const std::string ending = EndingOf(path);
    const Kind kind = KindOf(ending);
    ++endings_[ending.empty() ? "no ending" : ending];
    if (kind == Kind::kOther) return;
    (kind == Kind::kImage ? an_image_ : a_tensor_) = path.string();
    names_.push_back(path.lexically_relative(folder_).string());
  }

  absl::Status Check() const {
    if (names_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(folder_,
                                                     " holds nothing to calibrate with: expected ",
                                                     kExpected, ", found ", DescribeEndings()));
    }
    if (!an_image_.empty() && !a_tensor_.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(folder_, " holds images (", an_image_,
                                                     ") and tensors (", a_tensor_,
                                                     "): expected one of them"));
    }
    if (static_cast<int64_t>(names_.size()) > kMaxCalibrationFolderFiles) {
      return absl::InvalidArgumentError(
          absl::StrCat(folder_, " holds ", names_.size(), " files, the limit is ",
                       kMaxCalibrationFolderFiles, ": some hundred are enough to calibrate with"));
    }
    return absl::OkStatus();
  }

  std::string DescribeEndings() const {
    if (endings_.empty()) return "no files";
    return absl::StrJoin(endings_, ", ", [](std::string* out, const auto& ending) {
      absl::StrAppend(out, ending.second, " with ", ending.first);
    });
  }

  const std::string folder_;
  std::vector<std::string> names_;
  std::map<std::string, int> endings_;
  std::string an_image_, a_tensor_;
};

struct FreeArchive {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

// A tar file that is being written.
class TarWriter {
 public:
  TarWriter(int fd, std::string path) : archive_(archive_write_new()), path_(std::move(path)) {
    // Of the formats that know long names the one whose headers hold names as
    // they are, whatever the locale.
    archive_write_set_format_gnutar(archive_.get());
    archive_write_open_fd(archive_.get(), fd);
  }

  absl::Status Add(const std::string& file, const std::string& name) {
    UniqueFd fd(open(file.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat facts = {};
    if (!fd.valid() || fstat(fd.get(), &facts) != 0) return ErrnoStatus(errno, file);
    EDGEBENCH_RETURN_IF_ERROR(AddHeader(name, facts.st_size));
    return AddContent(fd.get(), file, facts.st_size);
  }

  absl::Status Close() { return Check(archive_write_close(archive_.get())); }

 private:
  absl::Status Check(int64_t result) {
    if (result >= 0) return absl::OkStatus();
    return ErrnoStatus(archive_errno(archive_.get()), path_);
  }

  absl::Status AddHeader(const std::string& name, int64_t size) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_size(entry.get(), size);
    return Check(archive_write_header(archive_.get(), entry.get()));
  }

  absl::Status AddContent(int fd, const std::string& file, int64_t size) {
    std::vector<char> buffer(1 << 20);
    while (size > 0) {
      const ssize_t got = read(fd, buffer.data(), std::min<size_t>(buffer.size(), size));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return ErrnoStatus(errno, file);
      if (got == 0) {
        return absl::InvalidArgumentError(absl::StrCat(file, " became shorter while it was read"));
      }
      EDGEBENCH_RETURN_IF_ERROR(Check(archive_write_data(archive_.get(), buffer.data(), got)));
      size -= got;
    }
    return absl::OkStatus();
  }

  std::unique_ptr<archive, FreeArchive> archive_;
  const std::string path_;
};

absl::Status CheckSize(const std::string& folder, const std::vector<std::string>& names) {
  int64_t bytes = 0;
  for (const std::string& name : names) {
    std::error_code error;
    const fs::path file = fs::path(folder) / name;
    const auto size = fs::file_size(file, error);
    if (error) return ErrnoStatus(error.value(), file.string());
    bytes += static_cast<int64_t>(size);
  }
  if (bytes <= kMaxCalibrationFolderBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(folder, " holds ", FormatBytes(bytes), " of calibration data, the limit is ",
                   FormatBytes(kMaxCalibrationFolderBytes), ": some hundred samples are enough"));
}

std::string NameOf(const std::string& folder) {
  std::error_code error;
  const std::string name = fs::canonical(folder, error).filename().string();
  return name.empty() ? folder : name;
}

}  // namespace

PackedFolder::~PackedFolder() {
  if (!path_.empty()) unlink(path_.c_str());
}

PackedFolder::PackedFolder(PackedFolder&& other) noexcept
    : path_(std::exchange(other.path_, "")), name_(std::move(other.name_)), files_(other.files_) {}

PackedFolder& PackedFolder::operator=(PackedFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(name_, other.name_);
  std::swap(files_, other.files_);
  return *this;
}

absl::StatusOr<PackedFolder> PackCalibrationFolder(const std::string& folder) {
  EDGEBENCH_ASSIGN_OR_RETURN(const std::vector<std::string> names, Listing(folder).Read());
  EDGEBENCH_RETURN_IF_ERROR(CheckSize(folder, names));
  std::error_code error;
  std::string path = (fs::temp_directory_path(error) / "edgebench-XXXXXX.tar").string();
  UniqueFd fd(mkostemps(path.data(), 4, O_CLOEXEC));
  if (!fd.valid()) return ErrnoStatus(errno, path);
  PackedFolder packed(path, NameOf(folder), static_cast<int64_t>(names.size()));
  TarWriter tar(fd.get(), path);
  for (const std::string& name : names) {
    EDGEBENCH_RETURN_IF_ERROR(tar.Add((fs::path(folder) / name).string(), name));
  }
  EDGEBENCH_RETURN_IF_ERROR(tar.Close());
  return packed;
}

}  // namespace edgebench::controller
