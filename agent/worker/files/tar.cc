#include "agent/worker/files/tar.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace edgebench::worker {
namespace {

constexpr size_t kBlockBytes = 64 << 10;

struct FreeArchive {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

absl::Status Damaged(archive* reader) {
  const char* reason = archive_error_string(reader);
  return absl::InvalidArgumentError(
      absl::StrCat("is a damaged tar file: ", reason == nullptr ? "no reason given" : reason));
}

// Where the member's content lies: right behind what of the file has been read
// when its header has been.
absl::StatusOr<TarMember> MemberOf(archive* reader, archive_entry* entry, const FileRange& file) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr) return absl::InvalidArgumentError("has a member without a name");
  if (archive_entry_sparse_count(entry) > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("has the sparse member ", name, ": write it without --sparse"));
  }
  const auto content = file.Part(static_cast<uint64_t>(archive_filter_bytes(reader, 0)),
                                 static_cast<uint64_t>(archive_entry_size(entry)));
  if (!content.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("is cut short within its member ", name));
  }
  return TarMember{name, *content};
}

}  // namespace

bool IsTar(absl::string_view start) {
  return start.size() >= 262 && start.substr(257, 5) == "ustar";
}

absl::StatusOr<std::vector<TarMember>> ListTar(const std::string& path) {
  EDGEBENCH_ASSIGN_OR_RETURN(const FileRange file, FileRange::Open(path));
  const std::unique_ptr<archive, FreeArchive> reader(archive_read_new());
  archive_read_support_format_tar(reader.get());
  if (archive_read_open_filename(reader.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) {
    return Damaged(reader.get());
  }
  std::vector<TarMember> members;
  archive_entry* entry = nullptr;
  int result = ARCHIVE_OK;
  while ((result = archive_read_next_header(reader.get(), &entry)) >= ARCHIVE_WARN &&
         result != ARCHIVE_EOF) {
    if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) {
      continue;
    }
    EDGEBENCH_ASSIGN_OR_RETURN(members.emplace_back(), MemberOf(reader.get(), entry, file));
  }
  if (result != ARCHIVE_EOF) return Damaged(reader.get());
  return members;
}

}  // namespace edgebench::worker
